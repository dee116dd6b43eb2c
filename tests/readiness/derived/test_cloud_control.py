"""A call of Cloud Control API needs its own action and what the handler of the resource type calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from preflight.documents.plans.plan import PlannedResource
from preflight.readiness.derived.cloud_control import needs_of_resource_call
from tests.readiness.derived.test_needs import document

QUEUE = {"TypeName": "AWS::SQS::Queue"}


def needs(operation: str, **parameters: Any) -> tuple[dict[str, Any] | None, str]:
    call = f"cloudcontrol:{operation}"
    found, why = needs_of_resource_call(PlannedResource(call, call, "call", parameters, document("r.json", {})))
    return (None if found is None else {each.action: each for each in found if each.certainty != "not-needed"}), why


def test_what_the_handler_calls_is_needed() -> None:
    found, _ = needs("CreateResource", **QUEUE, DesiredState=json.dumps({"QueueName": "q"}))
    assert found is not None and {"cloudformation:CreateResource", "sqs:CreateQueue"} <= set(found)
    assert found["sqs:CreateQueue"].values["QueueName"] == "q"
    deleted, _ = needs("DeleteResource", **QUEUE, Identifier="https://sqs.us-east-1.amazonaws.com/111122223333/q")
    assert deleted is not None and {"cloudformation:DeleteResource", "sqs:DeleteQueue"} <= set(deleted)
    patch = json.dumps([{"op": "replace", "path": "/RetentionInDays", "value": 7}])
    changed, _ = needs("UpdateResource", TypeName="AWS::Logs::LogGroup", Identifier="g", PatchDocument=patch)
    assert changed is not None and {"cloudformation:UpdateResource", "logs:PutRetentionPolicy"} <= set(changed)
    assert changed["logs:PutRetentionPolicy"].values["LogGroupName"] == "g"
    read, _ = needs("GetResource", TypeName="AWS::Logs::LogGroup", Identifier="g")
    assert read is not None and {"cloudformation:GetResource", "logs:DescribeLogGroups"} <= set(read)
    assert needs("ListResources", **QUEUE)[0] is not None


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"TypeName": "AWS::Nope::Thing", "DesiredState": "{}"}, "AWS::Nope::Thing"),
        ({**QUEUE, "DesiredState": "[]"}, "DesiredState"),
        ({**QUEUE, "DesiredState": "{"}, "DesiredState"),
        ({**QUEUE, "DesiredState": "{}", "RoleArn": "arn:aws:iam::111122223333:role/x"}, "RoleArn"),
    ],
)
def test_what_is_not_known_of_it_is_said(parameters: dict[str, Any], why: str) -> None:
    found, said = needs("CreateResource", **parameters)
    assert found is None and why in said


def test_a_patch_of_another_form_touches_nothing() -> None:
    for patch in ("{", "{}", "[1]", '[{"path": 5}]'):
        assert needs("UpdateResource", **QUEUE, Identifier="q", PatchDocument=patch)[0] is not None
