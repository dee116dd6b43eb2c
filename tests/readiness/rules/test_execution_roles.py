"""PRE120 and PRE121: execution roles, their trust and their permissions."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.account.facts import Ask, Fact, Unknown
from preflight.account.snapshots.snapshot import Snapshot
from preflight.engine.result import Result
from tests.readiness.worlds import (
    ACCOUNT,
    CREATE,
    EXECUTION,
    REGION,
    allow,
    kinds,
    managed,
    plan,
    policy,
    results,
    role,
    snapshot,
    trust,
)

IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/serve:v1"
PUBLIC = f"763104351884.dkr.ecr.{REGION}.amazonaws.com/pytorch-inference:2.6"
MODEL = {"ModelName": "m", "ExecutionRoleArn": EXECUTION}
HERE = {"objects": [{"Bucket": "models", "Key": "m.tar.gz", "BucketRegion": REGION}]}


def assumable(*roles: Any, role_arn: str = EXECUTION, **more: Any) -> Result:
    request = ("CreateModel", {"ModelName": "m", "ExecutionRoleArn": role_arn})
    (found,) = results("PRE120", plan(request), snapshot(*roles, **more))
    return found


def needs(request: Any, *statements: Any, **parts: Any) -> dict[str, Result]:
    """Return the results of PRE121 by action and resource."""
    facts = snapshot(role("endpoint-execution", *statements), **parts)
    found = results("PRE121", plan(request), facts)
    return {f"{each.message.partition(' on ')[0].rpartition(' ')[2]} {each.subject}": each for each in found}


def model(**container: Any) -> Any:
    return ("CreateModel", {**MODEL, "PrimaryContainer": container})


def test_the_trust_policy_of_the_guide() -> None:
    found = assumable(role("endpoint-execution"))
    assert found.kind.value == "pass"
    assert found.subject == EXECUTION


def test_another_service_is_trusted() -> None:
    found = assumable(role("endpoint-execution", AssumeRolePolicyDocument=trust("lambda.amazonaws.com")))
    assert found.kind.value == "fail"
    assert '"Service": "sagemaker.amazonaws.com"' in found.remedy


def test_trust_that_denies() -> None:
    denies = {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Sid": "Nobody"}
    document = policy(trust()["Statement"][0], denies)
    found = assumable(role("endpoint-execution", AssumeRolePolicyDocument=document))
    assert found.kind.value == "fail"
    assert "Nobody" in found.message


def test_no_such_role() -> None:
    found = assumable()
    assert (found.kind.value, "does not exist" in found.message) == ("fail", True)


def test_a_role_of_another_account() -> None:
    found = assumable(role_arn="arn:aws:iam::444455556666:role/x")
    assert (found.kind.value, "within its own account" in found.message) == ("fail", True)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, "open"),
        ({"StringEquals": {"aws:SourceAccount": "444455556666"}}, "fail"),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:sagemaker:*:{ACCOUNT}:*"}}, "open"),
        ({"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}, "open"),
        ({"Bool": {"aws:SecureTransport": "true"}}, "pass"),
    ],
)
def test_conditions_of_trust(condition: Any, expected: str) -> None:
    found = assumable(role("endpoint-execution", AssumeRolePolicyDocument=trust(Condition=condition)))
    assert found.kind.value == expected


def test_a_trust_policy_that_is_not_known() -> None:
    unread = role("endpoint-execution")
    del unread["AssumeRolePolicyDocument"]
    assert assumable(unread).kind.value == "open"


def test_a_call_without_roles() -> None:
    delete = ("DeleteEndpointConfig", {"EndpointConfigName": "c"})
    facts = snapshot(endpoint_configs=[{"EndpointConfigName": "c"}])
    assert kinds(results("PRE120", plan(delete), facts)) == ["notApplicable"]
    assert kinds(results("PRE121", plan(delete), facts)) == ["notApplicable"]


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_the_service_is_called_the_same_in_every_partition(partition: str) -> None:
    facts = snapshot(role("endpoint-execution", partition=partition), partition=partition)
    request = ("CreateModel", {"ModelName": "m", "ExecutionRoleArn": EXECUTION.replace("aws", partition, 1)})
    assert kinds(results("PRE120", plan(request), facts)) == ["pass"]


def test_reading_the_models_data() -> None:
    read = f"s3:GetObject {'arn:aws:s3:::models/m.tar.gz'}"
    request = model(ModelDataUrl="s3://models/m.tar.gz")
    assert needs(request, allow("s3:GetObject", "arn:aws:s3:::models/*"), **HERE)[read].kind.value == "pass"
    failed = needs(request, allow("s3:GetObject", "arn:aws:s3:::other/*"), **HERE)[read]
    assert failed.kind.value == "fail"
    assert '"Resource": "arn:aws:s3:::models/m.tar.gz"' in failed.remedy


def test_a_bucket_that_may_be_anybodys_is_open_even_if_the_role_may() -> None:
    found = needs(model(ModelDataUrl="s3://models/m.tar.gz"), allow("s3:*"), objects=[])
    assert [each.kind.value for each in found.values()] == ["open"]


def test_a_bucket_policy_that_is_known_counts() -> None:
    deny = policy({"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::models/*"})
    bucket = {"Name": "models", "BucketRegion": REGION, "Policy": deny}
    found = needs(model(ModelDataUrl="s3://models/m.tar.gz"), allow("s3:*"), buckets=[bucket], **HERE)
    assert [each.kind.value for each in found.values()] == ["fail"]
    assert "the policy of bucket `models`" in next(iter(found.values())).message


@pytest.mark.parametrize(("known", "said"), [({"Policy": None}, False), ({}, True)])
def test_a_bucket_policy_that_a_snapshot_leaves_out_is_said_to_be_unread(known: Any, said: bool) -> None:
    bucket = {"Name": "models", "BucketRegion": REGION, **known}
    (found,) = needs(model(ModelDataUrl="s3://models/m.tar.gz"), allow("s3:*"), buckets=[bucket], **HERE).values()
    assert found.kind.value == "pass"
    assert ("the policy of bucket `models` was not read, and could still deny it" in found.message) is said


@pytest.mark.parametrize(
    ("principal", "expected"), [({"AWS": EXECUTION}, "pass"), ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/x"}, "fail")]
)
def test_a_bucket_policy_may_allow_what_no_other_does(principal: Any, expected: str) -> None:
    lets = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::models/*"}
    bucket = {"Name": "models", "BucketRegion": REGION, "Policy": policy(lets)}
    (found,) = needs(model(ModelDataUrl="s3://models/m.tar.gz"), buckets=[bucket], **HERE).values()
    assert found.kind.value == expected


class Refused(Snapshot):
    """A snapshot whose policies of resources AWS would not show, as it is live."""

    def read(self, ask: Ask) -> Fact[Any]:
        if ask.kind.endswith("-policy"):
            return Unknown("it was denied", "allow it on *", "AccessDenied")
        return super().read(ask)


@pytest.mark.parametrize("granted", [("*",), ()])
def test_a_policy_that_aws_did_not_show_leaves_it_open(granted: tuple[str, ...]) -> None:
    role_document = role("endpoint-execution", *map(allow, granted))
    there = snapshot(role_document, buckets=[{"Name": "models", "BucketRegion": REGION}], **HERE)
    request = plan(model(Image=IMAGE, ModelDataUrl="s3://models/m.tar.gz"))
    found = results("PRE121", request, Refused(there, "snapshot.json"))
    told = {each.message.partition(" on ")[0].rpartition(" ")[2]: each for each in found}
    assert {action for action, each in told.items() if each.kind.value == "open"} == {"s3:GetObject", *PULL}
    assert told["s3:GetObject"].remedy.startswith(
        "Allow it on *. Or look at the policy of arn:aws:s3:::models/m.tar.gz:"
    )
    assert "must not deny" in told["s3:GetObject"].remedy


def test_the_managed_policy_reads_buckets_by_their_name() -> None:
    arn = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    executing = role("endpoint-execution", AttachedManagedPolicies=[{"PolicyName": "x", "PolicyArn": arn}])
    for bucket, expected in (("sagemaker-us-east-1-111122223333", "pass"), ("models", "open")):
        objects = [{"Bucket": bucket, "Key": "m.tar.gz"}]
        facts = snapshot(executing, policies=[managed("AmazonSageMakerFullAccess")], objects=objects)
        (found,) = results("PRE121", plan(model(ModelDataUrl=f"s3://{bucket}/m.tar.gz")), facts)
        assert found.kind.value == expected
    assert "s3:ExistingObjectTag" in found.message
    assert "--context" not in found.remedy


def test_a_prefix_is_listed_and_read() -> None:
    source = {"S3DataSource": {"S3Uri": "s3://models/llm/", "S3DataType": "S3Prefix", "CompressionType": "None"}}
    found = needs(model(ModelDataSource=source), objects=[{"Bucket": "models", "Key": "llm/a"}])
    assert set(found) == {"s3:GetObject arn:aws:s3:::models/llm/*", "s3:ListBucket arn:aws:s3:::models"}


def test_a_multi_model_endpoint_lists_its_models() -> None:
    found = needs(
        model(ModelDataUrl="s3://models/all/", Mode="MultiModel"), objects=[{"Bucket": "models", "Key": "all/a"}]
    )
    assert set(found) == {"s3:GetObject arn:aws:s3:::models/all/*", "s3:ListBucket arn:aws:s3:::models"}


PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


def test_pulling_the_image() -> None:
    repository = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/serve"
    found = needs(model(Image=IMAGE), allow("ecr:GetAuthorizationToken"), allow(PULL[0], repository))
    assert {name: each.kind.value for name, each in found.items()} == {
        "ecr:GetAuthorizationToken *": "pass",
        f"ecr:BatchGetImage {repository}": "pass",
        f"ecr:GetDownloadUrlForLayer {repository}": "fail",
    }


def test_awss_own_images_are_everybodys_to_pull() -> None:
    found = needs(model(Image=PUBLIC), allow(["ecr:GetAuthorizationToken", *PULL]))
    assert {each.kind.value for each in found.values()} == {"pass"}
    # AWS and its users say differently whose credentials pull a Deep Learning Container.
    assert {each.kind.value for each in needs(model(Image=PUBLIC)).values()} == {"open"}


def test_an_image_of_another_account_is_open() -> None:
    other = IMAGE.replace(ACCOUNT, "444455556666")
    found = needs(model(Image=other), allow(["ecr:GetAuthorizationToken", *PULL]))
    assert sorted(each.kind.value for each in found.values()) == ["open", "open", "pass"]
    assert any("account 444455556666" in each.message for each in found.values())


def test_a_vpc_takes_network_interfaces() -> None:
    vpc = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    found = needs(("CreateModel", {**MODEL, "VpcConfig": vpc}), allow("ec2:*"))
    assert {each.kind.value for each in found.values()} == {"pass"}
    assert f"ec2:CreateNetworkInterface arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/subnet-1" in found
    assert f"ec2:CreateNetworkInterface arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/sg-1" in found
    assert f"ec2:DeleteNetworkInterfacePermission arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/*" in found
    assert "ec2:DescribeSubnets *" in found


CONFIG = {"EndpointConfigName": "demo-config", "ProductionVariants": [{"VariantName": "v", "ModelName": "m"}]}


def test_an_endpoint_writes_logs_as_the_roles_of_its_models() -> None:
    found = needs(CREATE, allow("logs:*"), endpoint_configs=[CONFIG], models=[MODEL])
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/Demo"
    assert {name: (each.kind.value, each.level.value) for name, each in found.items()} == {
        f"logs:CreateLogGroup {group}": ("pass", "warning"),
        f"logs:CreateLogStream {group}:log-stream:*": ("pass", "warning"),
        f"logs:PutLogEvents {group}:log-stream:*": ("pass", "warning"),
        "cloudwatch:PutMetricData *": ("fail", "warning"),
    }


def test_a_configurations_own_role_goes_before_those_of_its_models() -> None:
    own = {**CONFIG, "ExecutionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/config-role"}
    facts = snapshot(
        role("endpoint-execution"), role("config-role", allow("*")), endpoint_configs=[own], models=[MODEL]
    )
    found = results("PRE121", plan(CREATE), facts)
    assert kinds(found) == ["pass"] * 4
    assert all("role/config-role" in each.message for each in found)


def test_destinations_are_written_by_the_models_roles() -> None:
    config = {
        **CONFIG,
        "DataCaptureConfig": {
            "DestinationS3Uri": "s3://captured/x",
            "KmsKeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k",
        },
        "AsyncInferenceConfig": {
            "OutputConfig": {
                "S3OutputPath": "s3://out",
                "NotificationConfig": {"ErrorTopic": f"arn:aws:sns:{REGION}:{ACCOUNT}:errors"},
            }
        },
    }
    found = needs(("CreateEndpointConfig", config), models=[MODEL])
    assert set(found) == {
        "s3:PutObject arn:aws:s3:::captured/x/*",
        "s3:PutObject arn:aws:s3:::out/*",
        f"sns:Publish arn:aws:sns:{REGION}:{ACCOUNT}:errors",
        f"kms:GenerateDataKey arn:aws:kms:{REGION}:{ACCOUNT}:key/k",
    }


def test_a_model_package_is_read_with_the_role_of_its_model() -> None:
    package = {
        "ModelPackageName": "p",
        "InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://models/m.tar.gz"}]},
    }
    found = needs(model(ModelPackageName="p"), allow("s3:*"), model_packages=[package], **HERE)
    assert {name: each.kind.value for name, each in found.items()} == {
        "s3:GetObject arn:aws:s3:::models/m.tar.gz": "pass"
    }


def test_a_plan_asks_each_thing_once() -> None:
    requests = (model(ModelDataUrl="s3://models/m.tar.gz"), ("CreateEndpointConfig", CONFIG), CREATE)
    facts = snapshot(role("endpoint-execution", allow("*")), **HERE)
    found = results("PRE121", plan(*requests), facts)
    asked = [(each.message.partition(" on ")[0], each.subject) for each in found if each.subject]
    assert len(asked) == len(set(asked)) == 5
    assert kinds(results("PRE120", plan(*requests), facts)) == ["pass", "notApplicable", "notApplicable"]


def test_a_role_that_cannot_be_read_is_open() -> None:
    facts = snapshot(**HERE)
    del facts["iam"]
    request = plan(model(ModelDataUrl="s3://models/m.tar.gz"))
    assert kinds(results("PRE121", request, facts)) == ["open"]
    assert kinds(results("PRE120", request, facts)) == ["open"]


def test_an_object_that_is_encrypted_takes_its_key() -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/data"
    account = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    parts: dict[str, Any] = {
        "objects": [{**HERE["objects"][0], "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}],
        "kms_keys": [{"KeyId": "data", "Arn": key, "Policy": policy(account)}],
    }
    request = model(ModelDataUrl="s3://models/m.tar.gz")
    through = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
    for statements, expected in (
        ([allow("s3:*")], "fail"),
        ([allow("s3:*"), allow("kms:Decrypt", key, Condition=through)], "pass"),
    ):
        found = needs(request, *statements, **parts)
        assert found[f"kms:Decrypt {key}"].kind.value == expected
        assert "decrypt the model's data" in found[f"kms:Decrypt {key}"].message


def test_alarms_are_watched_by_the_models_role() -> None:
    alarms = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}
    request = ("CreateEndpoint", {**CREATE[1], "DeploymentConfig": alarms})
    found = needs(request, endpoint_configs=[CONFIG], models=[MODEL])
    watching = found[f"cloudwatch:DescribeAlarms arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:errors"]
    assert (watching.kind.value, watching.level.value) == ("fail", "error")


def test_an_image_of_a_built_in_algorithm_needs_nothing_of_the_role() -> None:
    """AWS: "service-owned credentials" pull it, so that not even a Deny is in the way."""
    (found,) = needs(model(Image=f"683313688378.dkr.ecr.{REGION}.amazonaws.com/sagemaker-xgboost:1.7-1")).values()
    assert found.kind.value == "notApplicable"
    image = f"811284229777.dkr.ecr.{REGION}.amazonaws.com/image-classification:1"
    algorithm = {"TrainingImage": image, "TrainingInputMode": "File"}
    job = ("CreateTrainingJob", {"TrainingJobName": "j", "RoleArn": EXECUTION, "AlgorithmSpecification": algorithm})
    assert not any(each.startswith("ecr:") for each in needs(job))


def test_a_container_of_each_sort_needs_its_own() -> None:
    both = (
        "CreateModel",
        {"ModelName": "m", "ExecutionRoleArn": EXECUTION, "Containers": [{"Image": IMAGE}, {"Image": PUBLIC}]},
    )
    found = needs(both)
    assert found["ecr:GetAuthorizationToken *"].kind.value == "fail"
    assert found[f"ecr:BatchGetImage arn:aws:ecr:{REGION}:{ACCOUNT}:repository/serve"].kind.value == "fail"
    (unsure,) = [each for name, each in found.items() if name.startswith("ecr:BatchGetImage") and ACCOUNT not in name]
    assert unsure.kind.value == "open" and "credentials of its own" in unsure.message
