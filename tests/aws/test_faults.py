from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.aws.control import StandIn

CALLER = "arn:aws:sts::111122223333:assumed-role/deployer/test"


def refused(call: Any, **parameters: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_denied_call_names_the_caller_the_action_and_the_resource(aws: StandIn) -> None:
    aws.deny("sagemaker:DescribeModel")
    assert refused(aws.client("sagemaker").describe_model, ModelName="Churn") == (
        "AccessDeniedException",
        f"User: {CALLER} is not authorized to perform: sagemaker:DescribeModel on resource: "
        "arn:aws:sagemaker:us-east-1:111122223333:model/churn because no identity-based policy allows the "
        "sagemaker:DescribeModel action",
        400,
    )


@pytest.mark.parametrize(
    ("service", "pattern", "method", "parameters", "code", "status"),
    [
        ("iam", "iam:GetRole", "get_role", {"RoleName": "r"}, "AccessDenied", 403),
        ("s3", "s3:GetObject", "head_object", {"Bucket": "bucket", "Key": "k"}, "403", 403),
        ("s3", "s3:ListBucket", "list_objects_v2", {"Bucket": "bucket"}, "AccessDenied", 403),
        ("ec2", "ec2:Describe*", "describe_subnets", {}, "UnauthorizedOperation", 403),
        ("kms", "kms:*", "describe_key", {"KeyId": "k"}, "AccessDeniedException", 400),
        ("ecr", "ecr:DescribeImages", "describe_images", {"repositoryName": "r2"}, "AccessDeniedException", 400),
        ("account", "account:*", "get_region_opt_status", {"RegionName": "us-east-1"}, "AccessDeniedException", 403),
        ("service-quotas", "servicequotas:ListServiceQuotas", "list_service_quotas", {"ServiceCode": "sagemaker"},
         "AccessDeniedException", 400),
        ("organizations", "organizations:*", "describe_organization", {}, "AccessDeniedException", 400),
        ("cloudwatch", "cloudwatch:DescribeAlarms", "describe_alarms", {}, "AccessDeniedException", 400),
    ],
)  # fmt: skip
def test_every_protocol_has_its_own_refusal(
    aws: StandIn, service: str, pattern: str, method: str, parameters: dict[str, str], code: str, status: int
) -> None:
    aws.deny(pattern)
    found = refused(getattr(aws.client(service), method), **parameters)
    assert (found[0], found[2]) == (code, status)


def test_throttling_ends(aws: StandIn) -> None:
    aws.throttle("sagemaker:ListModels", 2)
    client = aws.client("sagemaker")
    assert [refused(client.list_models)[0] for _ in range(2)] == ["ThrottlingException"] * 2
    assert client.list_models()["Models"] == []


def test_a_lost_answer_does_what_was_asked_and_a_reset_does_not(aws: StandIn) -> None:
    client = aws.client("sagemaker")
    aws.lose_answer("sagemaker:CreateModel", times=1)
    with pytest.raises(ConnectionClosedError):
        client.create_model(ModelName="kept")
    aws.cut("sagemaker:CreateModel", times=1)
    with pytest.raises(ConnectionClosedError):
        client.create_model(ModelName="lost")
    assert [model["ModelName"] for model in client.list_models()["Models"]] == ["kept"]


def test_silence_ends_with_the_fault(aws: StandIn) -> None:
    aws.hang("sagemaker:ListModels")
    ended: list[str] = []

    def ask() -> None:
        try:
            aws.client("sagemaker").list_models()
        except ConnectionClosedError:
            ended.append("cut")

    aws.client("sagemaker")
    thread = threading.Thread(target=ask)
    thread.start()
    while not aws.calls.of("sagemaker:ListModels"):
        time.sleep(0.01)
    assert not ended
    aws.mend()
    thread.join(60)
    assert ended == ["cut"]


def test_latency_and_the_log_show_what_ran_at_the_same_time(aws: StandIn) -> None:
    aws.latency(0.5)
    client = aws.client("sagemaker")
    threads = [threading.Thread(target=client.list_models) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert aws.calls.count() == {"sagemaker:ListModels": 4}
    assert aws.calls.most_at_once() >= 2
    assert all(call.end - call.start >= 0.5 and call.status == 200 for call in aws.calls)


def test_internal_errors_and_any_other(aws: StandIn) -> None:
    aws.broken("sagemaker:ListModels", times=1)
    client = aws.client("sagemaker")
    assert refused(client.list_models)[2] == 500
    aws.error("sagemaker:ListModels", "OptInRequired", "Not signed up", status=403, times=1)
    assert refused(client.list_models)[:2] == ("OptInRequired", "Not signed up")
    assert client.list_models()["Models"] == []


def test_faults_in_one_region_only(aws: StandIn) -> None:
    aws.deny("sagemaker:*", region="eu-west-1")
    assert refused(aws.client("sagemaker", "eu-west-1").list_models)[0] == "AccessDeniedException"
    assert aws.client("sagemaker", "us-east-1").list_models()["Models"] == []
