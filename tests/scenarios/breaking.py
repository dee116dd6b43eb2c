"""What goes wrong in an account, one thing at a time: each takes the ready account and breaks it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.aws.account import Ready, Statement, deployer_statements, execution_statements, policy
from tests.aws.control import StandIn

DENIES = policy({"Sid": "NotThisOne", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})

Plan = dict[str, Any]
Breaking = Callable[[StandIn, Ready], Plan | None]

MODEL, CONFIG = "sagemaker:CreateModel", "sagemaker:CreateEndpointConfig"
UPDATE, DELETE = "sagemaker:UpdateEndpoint", "sagemaker:DeleteEndpointConfig"


def nothing(aws: StandIn, ready: Ready) -> None:
    """Leave the account as it is."""


def denied(*patterns: str) -> Breaking:
    """Refuse reads."""

    def breaking(aws: StandIn, ready: Ready) -> None:
        for pattern in patterns:
            aws.deny(pattern)

    return breaking


def no_way_to_s3(aws: StandIn, ready: Ready) -> None:
    """Delete the endpoint of S3 in the VPC."""
    ec2 = aws.client("ec2", ready.region)
    ec2.delete_vpc_endpoints(
        VpcEndpointIds=[each["VpcEndpointId"] for each in ec2.describe_vpc_endpoints()["VpcEndpoints"]]
    )


def also(*breakings: Breaking) -> Breaking:
    """Do several things; the last plan that one of them gives counts."""

    def breaking(aws: StandIn, ready: Ready) -> Plan | None:
        plans = [each(aws, ready) for each in breakings]
        return next((plan for plan in reversed(plans) if plan is not None), None)

    return breaking


def by(principal: str) -> Breaking:
    """Let the plan name another principal."""
    return lambda aws, ready: {**ready.plan(), "principal": f"arn:aws:iam::{aws.account}:{principal}"}


def deployer_without(*sids: str) -> Breaking:
    """Take statements out of the deployer's policy."""
    return lambda aws, ready: _allowed(aws, "deployer", "deploy", deployer_statements(ready), sids)


def execution_without(*sids: str) -> Breaking:
    """Take statements out of the execution role's policy."""
    return lambda aws, ready: _allowed(aws, "endpoint-execution", "serve", execution_statements(ready), sids)


def no_execution_role(aws: StandIn, ready: Ready) -> None:
    """Delete the execution role."""
    iam = aws.client("iam")
    iam.delete_role_policy(RoleName="endpoint-execution", PolicyName="serve")
    iam.delete_role(RoleName="endpoint-execution")


def another_model(aws: StandIn, ready: Ready) -> Plan:
    """Plan a second model, made as the first."""
    return ready.plan((MODEL, {**ready.model_request, "ModelName": "churn-two"}))


def configured(name: str = "churn-two", **variant: Any) -> Breaking:
    """Plan an endpoint on a configuration that exists and whose only variant is like this."""

    def breaking(aws: StandIn, ready: Ready) -> Plan:
        (usual,) = ready.config_request["ProductionVariants"]
        wanted = {**usual, **variant}
        request = {
            "EndpointConfigName": name,
            "ProductionVariants": [{key: value for key, value in wanted.items() if value is not None}],
        }
        aws.client("sagemaker", ready.region).create_endpoint_config(**request)
        return ready.plan(("sagemaker:CreateEndpoint", {**ready.request, "EndpointConfigName": name}))

    return breaking


SERVERLESS = configured(
    InstanceType=None,
    InitialInstanceCount=None,
    ServerlessConfig={"MemorySizeInMB": 2048, "MaxConcurrency": 4},
)


def running(name: str = "churn-now", *statuses: str) -> Breaking:
    """Let an endpoint be there already, on the configuration that the plan is about."""

    def breaking(aws: StandIn, ready: Ready) -> None:
        aws.endpoint_goes(*(statuses or ("InService",)), name=name)
        aws.client("sagemaker", ready.region).create_endpoint(EndpointName=name, EndpointConfigName=ready.config)

    return breaking


def planned(operation: str, **parameters: Any) -> Breaking:
    """Plan another request."""
    return lambda aws, ready: ready.plan((operation, parameters))


ALARM = "churn-errors"


def alarm(aws: StandIn, ready: Ready) -> None:
    """Let there be an alarm, for `rolled_back_by_alarm`."""
    aws.client("cloudwatch", ready.region).put_metric_alarm(
        AlarmName=ALARM, ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1, Threshold=1.0,
        MetricName="Invocation5XXErrors", Namespace="AWS/SageMaker", Period=60, Statistic="Sum",
    )  # fmt: skip


def rolled_back_by_alarm(aws: StandIn, ready: Ready) -> Plan:
    """Plan an endpoint whose updates an alarm rolls back."""
    rollback = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": ALARM}]}}
    return ready.plan(("sagemaker:CreateEndpoint", {**ready.request, "DeploymentConfig": rollback}))


def encrypted_data(aws: StandIn, ready: Ready) -> None:
    """Encrypt the model's data with the key."""
    how: dict[str, Any] = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": ready.kms_key}
    aws.client("s3", ready.region).put_object(Bucket=ready.bucket, Key=ready.artifact, Body=b"model", **how)


def update(aws: StandIn, ready: Ready) -> Plan:
    """Plan the update of `churn-now`."""
    return ready.plan((UPDATE, {"EndpointName": "churn-now", "EndpointConfigName": ready.config}))


def called(service: str, operation: str, **parameters: Any) -> Breaking:
    """Make a call to the stand-in; parameters that are functions are given the ready account."""

    def breaking(aws: StandIn, ready: Ready) -> None:
        given = {name: value(ready) if callable(value) else value for name, value in parameters.items()}
        getattr(aws.client(service, ready.region), operation)(**given)

    return breaking


def region(name: str, status: str) -> Breaking:
    """Set a region's RegionOptStatus."""
    return lambda aws, ready: aws.region(name, status)


def stale(reads: int) -> Breaking:
    """Let the next reads of a configuration not see it yet."""
    return lambda aws, ready: aws.stale(reads=reads)


def user_of(region: str, *, sts: bool = True) -> Breaking:
    """Let a user's own access key be in use, and STS be active in a region or not."""

    def breaking(aws: StandIn, ready: Ready) -> None:
        aws.call_as_user("ann")
        if not sts:
            aws.sts_off(region)

    return breaking


def bucket_in(region: str) -> Breaking:
    """Plan an endpoint on a model whose data is in a bucket in another region."""

    def breaking(aws: StandIn, ready: Ready) -> Plan:
        s3 = aws.client("s3", region)
        s3.create_bucket(Bucket="churn-far", CreateBucketConfiguration={"LocationConstraint": region})
        s3.put_object(Bucket="churn-far", Key=ready.artifact, Body=b"model")
        container = {**ready.model_request["PrimaryContainer"], "ModelDataUrl": f"s3://churn-far/{ready.artifact}"}
        model = {**ready.model_request, "ModelName": "churn-two", "PrimaryContainer": container}
        aws.client("sagemaker", ready.region).create_model(**model)
        return configured(ModelName="churn-two")(aws, ready) or {}

    return breaking


def quota(name: str, value: float | None) -> Breaking:
    """Set a quota."""
    return lambda aws, ready: aws.quota(name, value)


def _allowed(aws: StandIn, role: str, name: str, statements: Sequence[Statement], without: Sequence[str]) -> None:
    left = [statement for statement in statements if statement["Sid"] not in without]
    aws.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=policy(*left))
