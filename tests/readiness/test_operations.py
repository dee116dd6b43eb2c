"""Each operation that is declared beside those of hosting: what it relies on is there, is not, or is not known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.readiness.checking import judge
from tests.readiness.least_privilege.test_least_privilege import (
    CASES,
    COMPONENT,
    FUNCTION,
    PROCESSING,
    SCALING,
    TRAINING,
    TRANSFORM,
    WEIGHT,
    job,
)
from tests.readiness.worlds import ACCOUNT, DEPLOYER, EXECUTION, allow, kinds, plan, results, role, snapshot

ENDPOINT = {"EndpointName": "Demo", "EndpointConfigName": "c", "EndpointStatus": "InService"}
COMPONENT_SCALING = {
    **SCALING,
    "ResourceId": "inference-component/Part",
    "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
}
REGISTER = "application-autoscaling:RegisterScalableTarget"
WEIGHTS = {"EndpointName": "Demo", "DesiredWeightsAndCapacities": [WEIGHT]}

RELIED_ON = [
    ("PRE401", ("CreateInferenceComponent", COMPONENT), "endpoints", [ENDPOINT]),
    ("PRE402", ("CreateInferenceComponent", COMPONENT), "models", [{"ModelName": "M-1"}]),
    ("PRE302", ("UpdateEndpointWeightsAndCapacities", WEIGHTS), "endpoints", [ENDPOINT]),
    ("PRE401", (REGISTER, SCALING), "endpoints", [ENDPOINT]),
    ("PRE401", (REGISTER, COMPONENT_SCALING), "inference_components", [{"InferenceComponentName": "Part"}]),
    ("PRE402", job("TransformJob", TRANSFORM), "models", [{"ModelName": "M-1"}]),
]


@pytest.mark.parametrize(("rule", "request_", "part", "there"), RELIED_ON)
def test_what_a_call_relies_on(rule: str, request_: tuple[str, dict[str, Any]], part: str, there: list[Any]) -> None:
    assert kinds(judge(rule, request_, **{part: there}))[0] == "pass"
    assert kinds(judge(rule, request_, **{part: []}))[0] == "fail"
    assert kinds(judge(rule, request_))[0] == "open"


NAMES = [
    ("CreateInferenceComponent", COMPONENT, "inference_components", "InferenceComponentName"),
    *[
        (*job(kind, parameters), part, f"{kind}Name")
        for kind, parameters, part in (
            ("TrainingJob", TRAINING, "training_jobs"),
            ("ProcessingJob", PROCESSING, "processing_jobs"),
            ("TransformJob", TRANSFORM, "transform_jobs"),
        )
    ],
]


@pytest.mark.parametrize(("name", "parameters", "part", "member"), NAMES)
def test_a_name_is_free_taken_or_not_known(name: str, parameters: dict[str, Any], part: str, member: str) -> None:
    request = (name, parameters)
    assert kinds(judge("PRE302", request, **{part: []})) == ["pass"]
    assert kinds(judge("PRE302", request, **{part: [{member: parameters[member]}]})) == ["fail"]
    assert kinds(judge("PRE302", request)) == ["open"]


PASSING = [
    ("training", "sagemaker.amazonaws.com"),
    ("processing", "sagemaker.amazonaws.com"),
    ("function", "lambda.amazonaws.com"),
]


@pytest.mark.parametrize(("case", "service"), PASSING)
def test_the_role_is_passed_to_the_service_that_takes_it(case: str, service: str) -> None:
    def passed(to: str) -> list[str]:
        condition = {"StringEquals": {"iam:PassedToService": to}}
        facts = snapshot(role("deployer", allow("iam:PassRole", EXECUTION, Condition=condition)))
        return kinds(results("PRE122", plan(*CASES[case], principal=DEPLOYER), facts))

    assert passed(service) == ["pass"]
    assert passed("ec2.amazonaws.com") == ["fail"]


def test_the_archive_of_a_function_is_read_by_the_caller() -> None:
    both = ["lambda:CreateFunction", "s3:GetObject"]
    bucket = {"Name": "code", "BucketRegion": "us-east-1", "Policy": None}
    request = ("lambda:CreateFunction", FUNCTION)
    for actions, kind in ((both, "pass"), (both[:1], "fail")):
        found = results("PRE110", plan(request), snapshot(role("deployer", allow(actions)), buckets=[bucket]))
        assert {each.kind.value for each in found if "s3:GetObject" in each.message} == {kind}


def test_scaling_a_component_asks_for_no_endpoint() -> None:
    actions = [REGISTER, "sagemaker:DescribeInferenceComponent", "sagemaker:UpdateInferenceComponentRuntimeConfig",
               "iam:CreateServiceLinkedRole"]  # fmt: skip
    found = results("PRE110", plan((REGISTER, COMPONENT_SCALING)), snapshot(role("deployer", allow(actions))))
    assert "fail" not in kinds(found)
    assert not any("sagemaker:DescribeEndpoint" in each.message for each in found)


@pytest.mark.parametrize(("there", "may", "kind"), [(True, False, ""), (False, True, "pass"), (False, False, "fail")])
def test_a_service_linked_role_is_there_or_is_made(there: bool, may: bool, kind: str) -> None:
    name = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    path = "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com"
    linked = {**role(name), "Arn": f"arn:aws:iam::{ACCOUNT}:{path}/{name}"}
    allowed = allow(["sagemaker:*", "application-autoscaling:*", *(["iam:CreateServiceLinkedRole"] if may else [])])
    facts = snapshot(role("deployer", allowed), *([linked] if there else []))
    found = results("PRE110", plan((REGISTER, COMPONENT_SCALING)), facts)
    assert {each.kind.value for each in found if "iam:CreateServiceLinkedRole" in each.message} == {kind} - {""}


def test_what_is_to_be_deleted_is_not_to_be_created_first() -> None:
    (missing,) = judge("PRE402", ("DeleteModel", {"ModelName": "m"}), models=[])
    assert "Create it" not in missing.remedy
    assert "there is nothing to delete" in missing.remedy


@pytest.mark.parametrize(
    ("rule", "code", "parts"),
    [
        ("PRE403", FUNCTION["Code"], {"buckets": [{"Name": "code", "BucketRegion": "eu-west-1", "Policy": None}]}),
        ("PRE404", {"ImageUri": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/tools:1"}, {}),
    ],
)
def test_a_function_is_told_nothing_of_sagemaker(rule: str, code: dict[str, str], parts: dict[str, Any]) -> None:
    found = [
        each for each in judge(rule, ("lambda:CreateFunction", {**FUNCTION, "Code": code}), **parts) if each.remedy
    ]
    assert found
    assert not any("SageMaker" in each.message + each.remedy or "model" in each.message for each in found)
