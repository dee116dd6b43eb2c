"""Every rule of readiness, live: what makes it fail, pass and stay open, seen by the command line over HTTP.

One run shows several rules at once, for each run puts a whole account together first.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from preflight.data_files import folder
from tests.aws.account import populate
from tests.aws.control import StandIn
from tests.scenarios import breaking as b
from tests.scenarios.running import check

OF_TYPE = "ml.m5.xlarge for endpoint usage"
TOTAL = "Number of instances across active endpoints"
CONCURRENCY = "Maximum total concurrency that can be allocated across all serverless endpoints"
BLOCKED, OPEN, READY = 1, 3, 0


@dataclass(frozen=True, slots=True)
class Says:
    """What a rule says: every result of a pass passes; a result of the kind is among those of a failure."""

    rule: str
    kind: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is broken and what is then said, with the exit code."""

    name: str
    breaking: b.Breaking
    code: int | None
    says: tuple[Says, ...]
    region: str = "us-east-1"
    encrypted: bool = False


SCENARIOS = [
    Scenario(
        "everything is ready",
        b.configured(),
        READY,
        (
            Says("PRE101", "pass", "role/deployer makes the call"),
            Says("PRE110", "pass", "sagemaker:CreateEndpoint"),
            Says("PRE120", "pass", "role/endpoint-execution"),
            Says("PRE121", "pass", "s3:GetObject"),
            Says("PRE201", "pass", "us-east-1"),
            Says("PRE210", "pass", "STS is active in us-east-1"),
            Says("PRE301", "pass"),
            Says("PRE303", "pass"),
            Says("PRE304", "pass"),
            Says("PRE302", "pass", "is free in account 111122223333 in us-east-1, compared without case"),
            Says("PRE401", "pass", "`churn-two`"),
            Says("PRE402", "pass", "`churn-model`"),
            Says("PRE403", "pass", "in us-east-1"),
            Says("PRE404", "pass", "churn:1.4.2"),
            Says("PRE405", "notApplicable"),
            Says("PRE406", "pass", "2 instances need one each"),
            Says("PRE409", "pass", "gateway endpoint vpce-"),
            Says("PRE410", "pass", "ml.m5.xlarge is offered in zones of the subnets"),
            Says("PRE501", "pass", "headroom of 2 after it"),
            Says("PRE502", "pass", "headroom of 18 after it"),
            Says("PRE503", "notApplicable", "no quota on the number of endpoints"),
            Says("PRE504", "notApplicable"),
            Says("PRE505", "pass", "ml.m5.xlarge"),
        ),
    ),
    Scenario(
        "the key of the volumes is usable, and its policy lets the deployer make grants",
        b.nothing,
        READY,
        (Says("PRE405", "pass", "is enabled"), Says("PRE110", "pass", "kms:CreateGrant")),
        encrypted=True,
    ),
    Scenario(
        "the policies of the bucket, the repository and the key deny",
        b.also(
            b.called("s3", "put_bucket_policy", Bucket=lambda ready: ready.bucket, Policy=b.DENIES),
            b.called("ecr", "set_repository_policy", repositoryName="churn", policyText=b.DENIES),
            b.called("kms", "put_key_policy", KeyId=lambda ready: ready.kms_key, PolicyName="default", Policy=b.DENIES),
        ),
        BLOCKED,
        (
            Says("PRE110", "fail", "NotThisOne of the policy of key"),
            Says("PRE121", "fail", "s3:GetObject on resource: arn:aws:s3:::churn-models-us-east-1/churn/model.tar.gz"),
            Says("PRE121", "fail", "NotThisOne of the policy of repository `111122223333/churn`"),
        ),
        encrypted=True,
    ),
    Scenario(
        "the policies of the bucket, the repository and the key may not be read",
        b.denied("s3:GetBucketPolicy", "ecr:GetRepositoryPolicy", "kms:GetKeyPolicy"),
        OPEN,
        (
            Says("PRE110", "open", "Allow kms:GetKeyPolicy on arn:aws:kms:us-east-1:111122223333:key/"),
            Says("PRE121", "open", "Allow s3:GetBucketPolicy on arn:aws:s3:::churn-models-us-east-1."),
            Says(
                "PRE121",
                "open",
                "Allow ecr:GetRepositoryPolicy on arn:aws:ecr:us-east-1:111122223333:repository/churn.",
            ),
        ),
        encrypted=True,
    ),
    Scenario(
        "there is no such principal",
        b.by("role/nobody"),
        BLOCKED,
        (Says("PRE101", "fail", "role/nobody does not exist"),),
    ),
    Scenario(
        "the deployer may do nothing, the execution role may not read the data",
        b.also(b.deployer_without("Hosting", "PassRole"), b.execution_without("Artifacts"), b.another_model),
        BLOCKED,
        (
            Says("PRE110", "fail", "sagemaker:CreateModel"),
            Says("PRE121", "fail", "s3:GetObject"),
            Says("PRE122", "fail", "iam:PassRole"),
        ),
    ),
    Scenario(
        "a model is created with a role that may be passed",
        b.another_model,
        READY,
        (Says("PRE122", "pass", "iam:PassRole"), Says("PRE210", "notApplicable")),
    ),
    Scenario("there is no execution role", b.no_execution_role, BLOCKED, (Says("PRE120", "fail", "does not exist"),)),
    Scenario(
        "IAM may not be read",
        b.also(b.denied("iam:*"), b.another_model),
        OPEN,
        (
            Says("PRE101", "open", "cannot be read"),
            Says("PRE110", "open", "sagemaker:CreateModel"),
            Says("PRE120", "open", "role/endpoint-execution"),
            Says("PRE121", "open", "s3:GetObject"),
            Says("PRE122", "open", "iam:PassRole"),
        ),
    ),
    Scenario(
        "the region is not enabled",
        b.region("eu-south-1", "DISABLED"),
        BLOCKED,
        (Says("PRE201", "fail", "aws account enable-region --region-name eu-south-1"),),
        "eu-south-1",
    ),
    Scenario(
        "whether the region is enabled may not be read",
        b.denied("account:GetRegionOptStatus", "ec2:DescribeRegions"),
        OPEN,
        (Says("PRE201", "open", "account:GetRegionOptStatus"),),
        "eu-south-1",
    ),
    Scenario(
        "a user tries and finds STS active",
        b.user_of("eu-west-1"),
        READY,
        (Says("PRE210", "pass", "STS is active in eu-west-1"), Says("PRE201", "pass")),
        "eu-west-1",
    ),
    Scenario(
        "a user tries and finds STS not active",
        b.user_of("eu-west-1", sts=False),
        BLOCKED,
        (Says("PRE210", "fail", "Account settings"),),
        "eu-west-1",
    ),
    Scenario(
        "a session cannot try whether STS is active",
        b.nothing,
        OPEN,
        (Says("PRE210", "open", "eu-west-1"),),
        "eu-west-1",
    ),
    Scenario(
        "a name with an underscore",
        b.planned("sagemaker:CreateEndpoint", EndpointName="churn_1", EndpointConfigName="churn-config"),
        BLOCKED,
        (Says("PRE301", "fail", "has `_` at position 6"),),
    ),
    Scenario(
        "tags that are no list",
        b.planned("sagemaker:CreateEndpoint", EndpointName="churn-1", EndpointConfigName="churn-config", Tags={}),
        BLOCKED,
        (Says("PRE303", "fail", "`Tags` must be a list, and is an object"),),
    ),
    Scenario(
        "a tag key that is given twice",
        b.planned(
            "sagemaker:CreateEndpoint",
            EndpointName="churn-1",
            EndpointConfigName="churn-config",
            Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
        ),
        BLOCKED,
        (Says("PRE304", "fail", "the tag key `a` is given twice"),),
    ),
    Scenario(
        "the name is taken by one that differs in case",
        b.running("CHURN"),
        BLOCKED,
        (Says("PRE302", "fail", "status InService as `CHURN`"), Says("PRE501", "pass", "utilization of 2 Instances")),
    ),
    Scenario(
        "the name is taken by one that failed",
        b.running("churn", "Failed"),
        BLOCKED,
        (Says("PRE302", "fail", "aws sagemaker delete-endpoint --endpoint-name churn --region us-east-1"),),
    ),
    Scenario(
        "an endpoint in service takes an update, on instances beside the old ones",
        b.also(b.running(), b.quota(OF_TYPE, 3), b.update),
        BLOCKED,
        (
            Says("PRE302", "pass", "is InService and takes changes"),
            Says("PRE501", "fail", "current utilization of 2 Instances and a request delta of 2 Instances: 1 too many"),
        ),
    ),
    Scenario(
        "an endpoint at work takes no update",
        b.also(b.running("churn-now", "Creating"), b.update),
        BLOCKED,
        (Says("PRE302", "fail", "is Creating and takes no changes"),),
    ),
    Scenario(
        "there is no endpoint to update",
        b.update,
        BLOCKED,
        (Says("PRE302", "fail", "endpoint `churn-now` does not exist"),),
    ),
    Scenario(
        "an endpoint in service can be deleted",
        b.also(b.running(), b.planned("sagemaker:DeleteEndpoint", EndpointName="churn-now")),
        READY,
        (
            Says("PRE302", "pass", "is InService and can be deleted"),
            Says("PRE110", "pass", "sagemaker:DeleteEndpoint"),
        ),
    ),
    Scenario(
        "there is no model to delete",
        b.planned("sagemaker:DeleteModel", ModelName="missing"),
        BLOCKED,
        (Says("PRE402", "fail", "model `missing`"), Says("PRE110", "fail", "sagemaker:DeleteModel")),
    ),
    Scenario(
        "an inference component names an endpoint and a model",
        b.also(
            b.running(),
            b.planned(
                "sagemaker:CreateInferenceComponent",
                InferenceComponentName="part",
                EndpointName="churn-now",
                VariantName="main",
                Specification={"ModelName": "missing", "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 128}},
            ),
        ),
        BLOCKED,
        (
            Says("PRE401", "pass", "endpoint `churn-now`"),
            Says("PRE402", "fail", "model `missing`"),
            Says("PRE110", "fail", "sagemaker:CreateInferenceComponent"),
        ),
    ),
    Scenario(
        "there is no endpoint whose weights change",
        b.planned(
            "sagemaker:UpdateEndpointWeightsAndCapacities",
            EndpointName="churn-now",
            DesiredWeightsAndCapacities=[{"VariantName": "main", "DesiredWeight": 1}],
        ),
        BLOCKED,
        (Says("PRE302", "fail", "endpoint `churn-now` does not exist"),),
    ),
    Scenario(
        "there is no endpoint to scale",
        b.planned(
            "application-autoscaling:RegisterScalableTarget",
            ServiceNamespace="sagemaker",
            ResourceId="endpoint/churn-now/variant/main",
            ScalableDimension="sagemaker:variant:DesiredInstanceCount",
            MinCapacity=1,
            MaxCapacity=2,
        ),
        BLOCKED,
        (
            Says("PRE401", "fail", "endpoint `churn-now`"),
            Says("PRE110", "fail", "application-autoscaling:RegisterScalableTarget"),
        ),
    ),
    Scenario(
        "a function of Lambda's without its archive",
        b.planned(
            "lambda:CreateFunction",
            FunctionName="score",
            Role="arn:aws:iam::123456789012:role/missing",
            Code={"S3Bucket": "no-such-bucket-of-ours", "S3Key": "score.zip"},
        ),
        BLOCKED,
        (
            Says("PRE110", "fail", "lambda:CreateFunction"),
            Says("PRE403", "fail", "no-such-bucket-of-ours"),
        ),
    ),
    Scenario(
        "SageMaker may not be read",
        b.denied("sagemaker:*"),
        OPEN,
        (
            Says("PRE302", "open", "sagemaker:DescribeEndpoint"),
            Says("PRE401", "open", "sagemaker:DescribeEndpointConfig"),
            Says("PRE402", "open", "`churn-config`"),
            Says("PRE403", "open", "`churn-config`"),
            Says("PRE404", "open", "`churn-config`"),
            Says("PRE405", "open", "`churn-config`"),
            Says("PRE406", "open", "`churn-config`"),
            Says("PRE501", "open", "the configuration of endpoint `churn`"),
            Says("PRE502", "open", "the configuration of endpoint `churn`"),
            Says("PRE504", "open", "the configuration of endpoint `churn`"),
            Says("PRE505", "open", "`churn-config`"),
        ),
    ),
    Scenario(
        "the configuration is seen after a while",
        b.stale(2),
        READY,
        (Says("PRE401", "pass", "(after 3 reads)"),),
    ),
    Scenario(
        "there is no configuration",
        b.called("sagemaker", "delete_endpoint_config", EndpointConfigName="churn-config"),
        BLOCKED,
        (Says("PRE401", "fail", "(after 6 reads)"), Says("PRE501", "open", "does not exist")),
    ),
    Scenario(
        "there is no model any more",
        b.called("sagemaker", "delete_model", ModelName="churn-model"),
        BLOCKED,
        (Says("PRE402", "fail", "model `churn-model`"), Says("PRE403", "open", "model `churn-model`")),
    ),
    Scenario(
        "models may not be read",
        b.denied("sagemaker:DescribeModel"),
        OPEN,
        (Says("PRE402", "open", "sagemaker:DescribeModel"),),
    ),
    Scenario(
        "the data, the image and a subnet are gone, and the key is about to go",
        b.also(
            b.called("s3", "delete_object", Bucket=lambda ready: ready.bucket, Key=lambda ready: ready.artifact),
            b.called("ecr", "batch_delete_image", repositoryName="churn", imageIds=[{"imageTag": "1.4.2"}]),
            b.called("ec2", "delete_subnet", SubnetId=lambda ready: ready.subnets[0]),
            b.called("kms", "schedule_key_deletion", KeyId=lambda ready: ready.kms_key.rpartition("/")[2]),
        ),
        BLOCKED,
        (
            Says("PRE403", "fail", "does not exist"),
            Says("PRE404", "fail", "churn:1.4.2"),
            Says("PRE405", "fail", "is PendingDeletion"),
            Says("PRE406", "fail", "does not exist"),
        ),
        encrypted=True,
    ),
    Scenario(
        "the VPC has no way to S3",
        b.no_way_to_s3,
        BLOCKED,
        (Says("PRE409", "fail", "create-vpc-endpoint"),),
    ),
    Scenario(
        "the data, the image, the key and the subnets may not be read",
        b.denied("s3:GetObject", "ecr:*", "kms:DescribeKey", "ec2:DescribeSubnets"),
        OPEN,
        (
            Says("PRE403", "open", "s3:GetObject"),
            Says("PRE404", "open", "ecr:DescribeImages"),
            Says("PRE405", "open", "kms:DescribeKey"),
            Says("PRE406", "open", "ec2:DescribeSubnets"),
            Says("PRE409", "open", "ec2:DescribeSubnets"),
            Says("PRE410", "open", "ec2:DescribeSubnets"),
        ),
        encrypted=True,
    ),
    Scenario(
        "the alarm of the automatic rollback is there, and the execution role may not look at it",
        b.also(b.alarm, b.rolled_back_by_alarm),
        BLOCKED,
        (Says("PRE408", "pass", "alarm `churn-errors`"), Says("PRE121", "fail", "cloudwatch:DescribeAlarms")),
    ),
    Scenario(
        "there is no such alarm",
        b.rolled_back_by_alarm,
        BLOCKED,
        (Says("PRE408", "fail", "alarm `churn-errors` (the automatic rollback of endpoint `churn`) does not exist"),),
    ),
    Scenario(
        "alarms may not be read",
        b.also(b.denied("cloudwatch:DescribeAlarms"), b.rolled_back_by_alarm),
        BLOCKED,
        (Says("PRE408", "open", "cloudwatch:DescribeAlarms"),),
    ),
    Scenario(
        "the model's data is encrypted with a key that the execution role may use",
        b.also(b.encrypted_data, b.configured()),
        READY,
        (Says("PRE405", "pass", "the key that encrypts it"), Says("PRE121", "pass", "kms:Decrypt")),
    ),
    Scenario(
        "the model's data is encrypted with a key that the execution role may not use",
        b.also(b.encrypted_data, b.execution_without("Key"), b.configured()),
        BLOCKED,
        (Says("PRE121", "fail", "kms:Decrypt"),),
    ),
    Scenario(
        "the model's data is in another region",
        b.bucket_in("eu-west-1"),
        BLOCKED,
        (Says("PRE403", "fail", "is in a bucket in eu-west-1"),),
    ),
    Scenario(
        "more instances than addresses and quotas",
        b.also(b.quota("Number of endpoints", 0), b.configured(InitialInstanceCount=900)),
        BLOCKED,
        (
            Says("PRE406", "fail", "900 instances need one each"),
            Says("PRE501", "fail", "--quota-code L-2F737F8D --desired-value 900 --region us-east-1"),
            Says("PRE502", "fail", "'Number of instances across active endpoints' is 20 Instances"),
            Says("PRE503", "fail", "'Number of endpoints' is 0 Endpoints"),
        ),
    ),
    Scenario(
        "a configuration that no endpoint uses is deleted",
        b.planned(b.DELETE, EndpointConfigName="churn-config"),
        READY,
        (Says("PRE407", "pass"), Says("PRE401", "pass")),
    ),
    Scenario(
        "a configuration that an endpoint uses is deleted",
        b.also(b.running(), b.planned(b.DELETE, EndpointConfigName="churn-config")),
        READY,
        (Says("PRE407", "fail", "in use by endpoint `churn-now` (InService)"),),
    ),
    Scenario(
        "whether a configuration is in use may not be read",
        b.also(b.denied("sagemaker:ListEndpoints"), b.planned(b.DELETE, EndpointConfigName="churn-config")),
        OPEN,
        (Says("PRE407", "open", "sagemaker:ListEndpoints"),),
    ),
    Scenario(
        "quotas may not be read",
        b.also(b.denied("servicequotas:*"), b.configured()),
        OPEN,
        tuple(
            Says(rule, "open", "servicequotas:ListServiceQuotas") for rule in ("PRE501", "PRE502", "PRE503", "PRE505")
        ),
    ),
    Scenario(
        "what AWS's list of defaults would tell may not be read",
        b.also(b.denied("servicequotas:ListAWSDefaultServiceQuotas"), b.configured(InstanceType="ml.c5.large")),
        OPEN,
        tuple(
            Says(rule, "open", "llow servicequotas:ListAWSDefaultServiceQuotas on *")
            for rule in ("PRE501", "PRE503", "PRE505")
        ),
    ),
    Scenario(
        "only the default of a quota is known",
        b.quota(OF_TYPE, None),
        OPEN,
        (Says("PRE501", "open", "AWS's default"), Says("PRE502", "pass")),
    ),
    Scenario(
        "the endpoints in use may not be read",
        b.denied("sagemaker:ListEndpoints"),
        OPEN,
        (Says("PRE501", "open", "sagemaker:ListEndpoints"), Says("PRE502", "open", "at least 0 Instances")),
    ),
    Scenario(
        "a serverless endpoint fits",
        b.also(b.quota("Number of endpoints", 1), b.SERVERLESS),
        READY,
        (
            Says("PRE501", "notApplicable"),
            Says("PRE503", "pass", "headroom of 0 after it"),
            Says("PRE504", "pass", "request delta of 4 concurrent invocations"),
        ),
    ),
    Scenario(
        "a serverless endpoint asks for too much",
        b.also(b.quota(CONCURRENCY, 3), b.SERVERLESS),
        BLOCKED,
        (Says("PRE504", "fail", "1 too many"),),
    ),
    Scenario(
        "a type that no quota names",
        b.configured(InstanceType="ml.c5.large"),
        BLOCKED,
        (Says("PRE505", "fail", "ml.c5.large"), Says("PRE501", "open", "lists no such quota")),
    ),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_what_the_rules_say_live(aws: StandIn, scenario: Scenario) -> None:
    if scenario.region == "eu-south-1":
        aws.region(scenario.region, "ENABLED")
    ready = populate(aws, scenario.region, encrypted=scenario.encrypted)
    plan = scenario.breaking(aws, ready) or ready.plan()
    outcome = check(aws, plan, "--config-retry-delay", "0.01")
    assert outcome.err == ""
    for says in scenario.says:
        found = outcome.of(says.rule)
        kinds = outcome.kinds(says.rule)
        if says.kind in ("pass", "notApplicable"):
            assert kinds in ([says.kind], ["notApplicable", says.kind]), found
        elif says.kind == "open":
            assert says.kind in kinds and "fail" not in kinds, found
        else:
            assert says.kind in kinds, found
        assert says.words in outcome.said(says.rule, says.kind), found
    assert scenario.code in (None, outcome.code), [
        each for each in outcome.report["results"] if each["kind"] in ("fail", "open")
    ]


def test_every_rule_is_seen_to_pass_to_fail_and_to_stay_open() -> None:
    # PRE102 and PRE103 are about templates and plans themselves, whatever the account; PRE506 is about their resources.
    of_templates = {"PRE102", "PRE103", "PRE506"}
    rules = {path.stem for path in (folder("rules") / "readiness").glob("PRE[1-5]*.yaml")} - of_templates
    seen = {(says.rule, says.kind) for scenario in SCENARIOS for says in scenario.says}
    # Whether a name or a request is well-formed depends on no fact of the account.
    not_of_the_account = {("PRE301", "open"), ("PRE303", "open"), ("PRE304", "open")}
    # EC2's zones are evidence, not SageMaker's word: where they don't fit, it is unknown.
    never_certain = {("PRE410", "fail")}
    expected = not_of_the_account | never_certain
    assert {(rule, kind) for rule in rules for kind in ("pass", "fail", "open")} - seen == expected
