"""What the answers of AWS mean, for the kinds that need no Python of their own."""

from typing import Any

import pytest

from preflight.account.facts import Absent, Ask, Known, Unknown
from preflight.account.live.calls import Answered, Call
from preflight.account.live.errors import Failed
from tests.account.live.scripted import ACCOUNT, DENIED, REGION, Scripted

NOT_FOUND = Failed("ValidationException", 'Could not find endpoint configuration "arn".', 400)


def test_one_resource_is_read_by_its_identity() -> None:
    aws = Scripted({"sagemaker:DescribeModel": {"ModelName": "m", "ResponseMetadata": {}}})
    assert aws.one("sagemaker:model", ModelName="m") == Known({"ModelName": "m"})
    assert aws.made == [Call("sagemaker", "describe_model", {"ModelName": "m"}, REGION)]


def test_not_found_is_absent_with_awss_words() -> None:
    aws = Scripted({"sagemaker:DescribeEndpointConfig": NOT_FOUND})
    fact = aws.one("sagemaker:endpoint-config", EndpointConfigName="c")
    assert fact == Absent('Could not find endpoint configuration "arn".')


def test_another_validation_error_is_not_absence() -> None:
    aws = Scripted({"sagemaker:DescribeEndpointConfig": Failed("ValidationException", "1 validation error", 400)})
    assert isinstance(aws.one("sagemaker:endpoint-config", EndpointConfigName="c"), Unknown)


def test_denied_names_the_permission_and_the_resource() -> None:
    fact = Scripted({}).one("sagemaker:model", ModelName="MyModel")
    assert fact == Unknown(
        "sagemaker:DescribeModel was denied",
        f"allow sagemaker:DescribeModel on arn:aws:sagemaker:us-east-1:{ACCOUNT}:model/mymodel",
        "AccessDeniedException",
    )


def test_denied_when_not_even_the_account_is_known() -> None:
    fact = Scripted({"sts:GetCallerIdentity": DENIED}).one("ec2:subnet", SubnetId="subnet-1")
    assert isinstance(fact, Unknown)
    assert fact.resolution == "allow ec2:DescribeSubnets on *"


@pytest.mark.parametrize(
    ("failed", "words"),
    [
        (Failed("ThrottlingException", "Rate exceeded", 400, attempts=5), "throttled, 5 times in a row"),
        (Failed("ExpiredTokenException", "The security token is expired", 403), "AWS rejected the credentials"),
        (Failed("InvalidClientTokenId", "invalid", 403), "AWS rejected the credentials"),
        (Failed("RegionDisabledException", "STS is not activated in this region", 403), "not activated"),
        (Failed("ConnectTimeoutError", "Connect timeout on endpoint URL"), "could not reach AWS"),
        (Failed("ReadTimeoutError", "Read timeout on endpoint URL"), "could not reach AWS"),
        (Failed("EndpointConnectionError", "Could not connect"), "could not reach AWS"),
        (Failed("ParamValidationError", "Invalid length"), "cannot be made"),
        (Failed("UnauthorizedSSOTokenError", "The SSO session has expired"), "could not be signed"),
        (Failed("InternalFailure", "oops", 500), "AWS returned InternalFailure"),
    ],
)
def test_what_cannot_be_found_out_says_why_and_what_next(failed: Failed, words: str) -> None:
    fact = Scripted({"sagemaker:DescribeModel": failed}).one("sagemaker:model", ModelName="m")
    assert isinstance(fact, Unknown)
    assert words in fact.reason
    assert fact.resolution
    assert fact.code == failed.code


def stale(times: int) -> Any:
    seen: list[Call] = []

    def answer(call: Call) -> Any:
        seen.append(call)
        return NOT_FOUND if len(seen) <= times else {"EndpointConfigName": "c"}

    return answer


def test_a_stale_read_is_tried_again_and_says_how_often() -> None:
    aws = Scripted({"sagemaker:DescribeEndpointConfig": stale(2)}, reread_delay=0.01)
    fact = aws.one("sagemaker:endpoint-config", expected=True, EndpointConfigName="c")
    assert fact == Known({"EndpointConfigName": "c"}, reads=3)
    delays = [call.delay for call in aws.made]
    assert delays[0] == 0
    assert 0.0075 <= delays[1] <= 0.0125
    assert 0.015 <= delays[2] <= 0.025


@pytest.mark.parametrize("rereads", [0, 1, 5])
def test_absent_after_all_reads(rereads: int) -> None:
    aws = Scripted({"sagemaker:DescribeEndpointConfig": NOT_FOUND}, rereads=rereads)
    fact = aws.one("sagemaker:endpoint-config", expected=True, EndpointConfigName="c")
    assert isinstance(fact, Absent)
    assert fact.reads == rereads + 1
    assert len(aws.made) == rereads + 1


def test_what_nobody_relies_on_is_read_once() -> None:
    aws = Scripted({"sagemaker:DescribeEndpointConfig": NOT_FOUND})
    assert aws.one("sagemaker:endpoint-config", EndpointConfigName="c") == Absent(NOT_FOUND.message)
    assert len(aws.made) == 1


def test_a_denied_reread_ends_the_reading() -> None:
    outcomes = iter([NOT_FOUND, DENIED])
    aws = Scripted({"sagemaker:DescribeEndpointConfig": lambda _: next(outcomes)})
    assert isinstance(aws.one("sagemaker:endpoint-config", expected=True, EndpointConfigName="c"), Unknown)


ENDPOINT_NOT_FOUND = Failed("ValidationException", 'Could not find endpoint "arn".', 400)


def described(call: Call) -> Any:
    return {"EndpointName": "Fraud"} if call.parameters["EndpointName"] == "Fraud" else ENDPOINT_NOT_FOUND


def test_a_name_that_differs_in_case_is_found_in_the_list() -> None:
    aws = Scripted(
        {"sagemaker:DescribeEndpoint": described, "sagemaker:ListEndpoints": {"Endpoints": [{"EndpointName": "Fraud"}]}}
    )
    assert aws.one("sagemaker:endpoint", EndpointName="FRAUD") == Known({"EndpointName": "Fraud"})
    assert aws.labels.count("sagemaker:DescribeEndpoint") == 2
    assert aws.reads.longest.calls == 2


def test_a_free_name() -> None:
    aws = Scripted({"sagemaker:DescribeEndpoint": described, "sagemaker:ListEndpoints": {"Endpoints": []}})
    assert isinstance(aws.one("sagemaker:endpoint", EndpointName="new"), Absent)


def test_a_name_is_not_called_free_when_the_list_is_denied() -> None:
    fact = Scripted({"sagemaker:DescribeEndpoint": described}).one("sagemaker:endpoint", EndpointName="new")
    assert isinstance(fact, Unknown)
    assert "differ in case" in fact.reason
    assert "sagemaker:ListEndpoints" in fact.resolution


def test_the_list_tells_a_free_name_where_describing_is_denied() -> None:
    listed = {"sagemaker:ListEndpoints": {"Endpoints": [{"EndpointName": "Fraud"}]}}
    assert isinstance(Scripted(listed).one("sagemaker:endpoint", EndpointName="new"), Absent)
    assert isinstance(Scripted(listed).one("sagemaker:endpoint", EndpointName="fraud"), Unknown)


def test_objects_and_prefixes() -> None:
    aws = Scripted(
        {"s3:HeadObject": {"ContentLength": 1}, "s3:ListObjectsV2": {"KeyCount": 1, "Contents": [{"Key": "p/1"}]}}
    )
    assert aws.one("s3:object", Bucket="b", Key="k") == Known({"Bucket": "b", "Key": "k", "ContentLength": 1})
    assert aws.one("s3:object", Bucket="b", Key="p/") == Known({"Bucket": "b", "Key": "p/1"})
    assert aws.one("s3:object", Bucket="b", Prefix="p") == Known({"Bucket": "b", "Prefix": "p", "Key": "p/1"})
    assert [call.parameters for call in aws.made] == [
        {"Bucket": "b", "Key": "k"},
        {"Bucket": "b", "Prefix": "p/", "MaxKeys": 1},
        {"Bucket": "b", "Prefix": "p", "MaxKeys": 1},
    ]
    assert isinstance(Scripted({"s3:ListObjectsV2": {"KeyCount": 0}}).one("s3:object", Bucket="b", Key="p/"), Absent)


def test_a_refused_object_may_or_may_not_exist() -> None:
    aws = Scripted({"s3:HeadObject": Failed("403", "Forbidden", 403)})
    fact = aws.one("s3:object", Bucket="b", Key="k")
    assert isinstance(fact, Unknown)
    assert fact.resolution == "allow s3:GetObject on arn:aws:s3:::b/k and s3:ListBucket on arn:aws:s3:::b"
    aws = Scripted({"s3:HeadObject": Failed("404", "Not Found", 404)})
    assert isinstance(aws.one("s3:object", Bucket="b", Key="k"), Absent)


IMAGE = {"registryId": "763104351884", "repositoryName": "pytorch", "imageTag": "2.0"}


def test_an_image_of_another_account_is_read_as_a_pull_would() -> None:
    pulled = {"images": [{"registryId": "763104351884", "repositoryName": "pytorch", "imageId": {"imageTag": "2.0"}}]}
    aws = Scripted({"ecr:BatchGetImage": pulled})
    fact = aws.one("ecr:image", **IMAGE)
    assert isinstance(fact, Known)
    assert fact.value["imageTags"] == ["2.0"]
    assert aws.labels == ["ecr:DescribeImages", "sts:GetCallerIdentity", "ecr:BatchGetImage"]
    missing = {"images": [], "failures": [{"failureCode": "ImageNotFound"}]}
    assert isinstance(Scripted({"ecr:BatchGetImage": missing}).one("ecr:image", **IMAGE), Absent)
    broken = {"images": [], "failures": [{"failureCode": "KmsError"}]}
    assert isinstance(Scripted({"ecr:BatchGetImage": broken}).one("ecr:image", **IMAGE), Unknown)
    both = Scripted({}).one("ecr:image", **IMAGE)
    assert isinstance(both, Unknown)
    assert "ecr:DescribeImages on arn:aws:ecr:us-east-1:763104351884:repository/pytorch" in both.resolution
    assert "ecr:BatchGetImage" in both.resolution


@pytest.mark.parametrize(
    ("status", "expected"),
    [("opted-in", "ENABLED"), ("not-opted-in", "DISABLED"), ("opt-in-not-required", "ENABLED_BY_DEFAULT")],
)
def test_the_region_by_ec2_where_the_account_service_is_denied(status: str, expected: str) -> None:
    aws = Scripted({"ec2:DescribeRegions": {"Regions": [{"RegionName": "eu-south-1", "OptInStatus": status}]}})
    fact = aws.one("account:region", "", RegionName="eu-south-1")
    assert fact == Known({"RegionName": "eu-south-1", "RegionOptStatus": expected})


def test_the_region() -> None:
    aws = Scripted({"account:GetRegionOptStatus": {"RegionName": "eu-south-1", "RegionOptStatus": "DISABLED"}})
    fact = aws.one("account:region", "", RegionName="eu-south-1")
    assert fact == Known({"RegionName": "eu-south-1", "RegionOptStatus": "DISABLED"})
    assert aws.labels == ["account:GetRegionOptStatus"]


def quota(name: str, code: str, value: float = 1.0) -> dict[str, Any]:
    return {"ServiceCode": "sagemaker", "QuotaName": name, "QuotaCode": code, "Value": value}


def test_quotas_are_the_accounts_own_and_defaults_say_so() -> None:
    aws = Scripted(
        {
            "service-quotas:ListServiceQuotas": {"Quotas": [quota("a", "L-1", 200)]},
            "service-quotas:ListAwsDefaultServiceQuotas": {"Quotas": [quota("a", "L-1", 4), quota("b", "L-2", 3)]},
        }
    )
    fact = aws.all("service-quotas:quota", ServiceCode="sagemaker")
    assert fact == Known([quota("a", "L-1", 200), {**quota("b", "L-2", 3), "Default": True}])
    assert aws.reads.longest.calls == 1


@pytest.mark.parametrize("missing", ["QuotaCode", "QuotaName", "Value"])
def test_a_quota_that_is_not_whole_makes_the_list_unknown(missing: str) -> None:
    own = {name: value for name, value in quota("a", "L-1").items() if name != missing}
    aws = Scripted({"service-quotas:ListServiceQuotas": {"Quotas": [own, quota("b", "L-2")]},
                    "service-quotas:ListAwsDefaultServiceQuotas": {"Quotas": []}})  # fmt: skip
    fact = aws.all("service-quotas:quota", ServiceCode="sagemaker")
    assert isinstance(fact, Unknown) and fact.reason.endswith(f"the response has a quota without {missing}")


def test_quotas_by_default_only_and_not_at_all() -> None:
    aws = Scripted({"service-quotas:ListAwsDefaultServiceQuotas": {"Quotas": [quota("a", "L-1", 4)]}})
    fact = aws.all("service-quotas:quota", ServiceCode="sagemaker")
    assert fact == Known([{**quota("a", "L-1", 4), "Default": True}])
    nothing = Scripted({}).all("service-quotas:quota", ServiceCode="sagemaker")
    assert isinstance(nothing, Unknown)
    assert "servicequotas:ListServiceQuotas" in nothing.resolution


def test_instance_types_are_those_with_an_endpoint_quota() -> None:
    quotas = [
        quota("ml.m5.large for endpoint usage", "L-1"),
        quota("ml.g5.xlarge for training job usage", "L-2"),
        quota("Number of instances across active endpoints", "L-3"),
        quota("ml.c5.large for endpoint usage", "L-4"),
    ]
    own, default = "service-quotas:ListServiceQuotas", "service-quotas:ListAwsDefaultServiceQuotas"
    aws = Scripted({own: {"Quotas": quotas[:2]}, default: {"Quotas": quotas}})
    assert aws.all("sagemaker:instance-type") == Known(["ml.c5.large", "ml.m5.large"])
    assert isinstance(aws.one("sagemaker:instance-type", InstanceType="ml.m5.large"), Known)
    assert isinstance(aws.one("sagemaker:instance-type", InstanceType="ml.g5.xlarge"), Absent)
    assert aws.labels.count(default) == 1
    nothing = Scripted({}).all("sagemaker:instance-type")
    assert isinstance(nothing, Unknown)
    assert "servicequotas:ListServiceQuotas" in nothing.resolution


def test_a_type_is_not_missing_from_a_list_that_leaves_some_out() -> None:
    quotas = {"Quotas": [quota("ml.m5.large for endpoint usage", "L-1")]}
    aws = Scripted({"service-quotas:ListServiceQuotas": quotas})
    assert isinstance(aws.one("sagemaker:instance-type", InstanceType="ml.m5.large"), Known)
    other = aws.one("sagemaker:instance-type", InstanceType="ml.c5.large")
    assert isinstance(other, Unknown)
    assert other.resolution == "allow servicequotas:ListAWSDefaultServiceQuotas on *"


NO_POLICY = {
    "s3:GetBucketPolicy": "NoSuchBucketPolicy",
    "ecr:GetRepositoryPolicy": "RepositoryPolicyNotFoundException",
    "lambda:GetPolicy": "ResourceNotFoundException",
}


@pytest.mark.parametrize(
    ("kind", "key", "call", "answer", "arn"),
    [
        ("s3:bucket-policy", {"Bucket": "b"}, "s3:GetBucketPolicy", {"Policy": "{}"}, "arn:aws:s3:::b"),
        (
            "ecr:repository-policy",
            {"registryId": ACCOUNT, "repositoryName": "r"},
            "ecr:GetRepositoryPolicy",
            {"policyText": "{}"},
            f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/r",
        ),
        (
            "kms:key-policy",
            {"KeyId": "k"},
            "kms:GetKeyPolicy",
            {"Policy": "{}"},
            f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k",
        ),
        (
            "lambda:function-policy",
            {"FunctionName": "f"},
            "lambda:GetPolicy",
            {"Policy": "{}"},
            f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f",
        ),
        (
            "sns:topic-policy",
            {"TopicArn": "arn:aws:sns:us-east-1:1:t"},
            "sns:GetTopicAttributes",
            {"Attributes": {"Policy": "{}"}},
            "arn:aws:sns:us-east-1:1:t",
        ),
    ],
)
def test_the_policies_of_resources(kind: str, key: dict[str, str], call: str, answer: Any, arn: str) -> None:
    assert Scripted({call: answer}).one(kind, **key) == Known("{}")
    denied = Scripted({}).one(kind, **key)
    assert isinstance(denied, Unknown)
    assert denied.resolution == f"allow {call} on {arn}"
    if call in NO_POLICY:
        assert isinstance(Scripted({call: Failed(NO_POLICY[call], "none", 404)}).one(kind, **key), Absent)


def test_the_bucket_and_its_region() -> None:
    header = {"x-amz-bucket-region": "eu-west-1"}
    for answer, expected in [
        ({"BucketRegion": "eu-west-1"}, {"Name": "b", "BucketRegion": "eu-west-1"}),
        ({"ResponseMetadata": {"HTTPHeaders": header}}, {"Name": "b", "BucketRegion": "eu-west-1"}),
        (Failed("403", "Forbidden", 403, header), {"Name": "b", "BucketRegion": "eu-west-1", "Denied": True}),
        (Failed("301", "Moved", 301, header), {"Name": "b", "BucketRegion": "eu-west-1", "Denied": False}),
    ]:
        assert Scripted({"s3:HeadBucket": answer}).one("s3:bucket", Bucket="b") == Known(expected)
    assert isinstance(Scripted({"s3:HeadBucket": Failed("404", "", 404)}).one("s3:bucket", Bucket="b"), Absent)
    refused = Scripted({"s3:HeadBucket": Failed("403", "Forbidden", 403)}).one("s3:bucket", Bucket="b")
    assert isinstance(refused, Unknown)
    assert refused.resolution == "allow s3:ListBucket on arn:aws:s3:::b"


def test_a_list_that_is_denied() -> None:
    fact = Scripted({}).all("sagemaker:endpoint")
    assert isinstance(fact, Unknown)
    assert fact.resolution == "allow sagemaker:ListEndpoints on *"


def test_a_log_group_is_the_one_of_exactly_that_name() -> None:
    groups = {"logGroups": [{"logGroupName": "/a/b-2"}, {"logGroupName": "/a/b"}]}
    aws = Scripted({"logs:DescribeLogGroups": groups})
    assert aws.one("logs:log-group", logGroupName="/a/b") == Known({"logGroupName": "/a/b"})
    assert isinstance(Scripted({"logs:DescribeLogGroups": groups}).one("logs:log-group", logGroupName="/a"), Absent)


def test_reads_go_to_the_region_that_is_asked_for() -> None:
    aws = Scripted({"sagemaker:DescribeModel": {"ModelName": "m"}})
    aws.one("sagemaker:model", "eu-west-1", ModelName="m")
    assert aws.made[0].region == "eu-west-1"


def test_scalable_targets_of_a_service() -> None:
    aws = Scripted({"application-autoscaling:DescribeScalableTargets": {"ScalableTargets": []}})
    assert aws.all("application-autoscaling:scalable-target", ServiceNamespace="sagemaker") == Known([])
    assert aws.made[0].parameters == {"ServiceNamespace": "sagemaker"}


def test_a_kind_that_cannot_be_listed_says_so() -> None:
    fact = Scripted({}).all("s3:object")
    assert isinstance(fact, Unknown)
    assert "snapshot" in fact.resolution


def test_an_answer_without_the_resource_is_not_an_answer() -> None:
    assert isinstance(
        Scripted({"ec2:DescribeSubnets": Answered({"Subnets": []})}).one("ec2:subnet", SubnetId="s"), Unknown
    )


def test_questions_are_remembered_by_what_is_expected_of_them() -> None:
    aws = Scripted({"sagemaker:DescribeModel": {"ModelName": "m"}})
    aws.reads.ask([Ask.one("sagemaker:model", REGION, {"ModelName": "m"}, expected=e) for e in (False, True, True)])
    assert len(aws.made) == 1
