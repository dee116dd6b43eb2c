"""Resources that grant access without a policy document: the same statement in whatever form they are written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from preflight.documents.hcl.policies import policies_of
from preflight.documents.policies.files import HCL_WORDS, may_hold_policy
from preflight.documents.policies.find import read_all
from preflight.documents.policies.found_policy import FoundPolicies
from preflight.documents.policies.grants.declared import grant_types
from preflight.lint.policy.subject import Subject
from preflight.lint.rules.security.public_access import open_resource

FUNCTION = "arn:aws:lambda:us-east-1:900000000009:function:f"
INVOKE = {"action": "lambda:InvokeFunction", "function_name": "f"}
OPEN = {"principal": "*"}
EVERYONE = {"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": FUNCTION}


def plan(type_: str, after: Any, unknown: Any = None) -> FoundPolicies:
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown or {}}
    resource = {"address": f"{type_}.r", "mode": "managed", "type": type_, "name": "r"}
    document = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [{**resource, "values": after}]}},
        "resource_changes": [{**resource, "change": change}],
    }
    return read_all(json.dumps(document), "plan.json")


def written(type_: str, attributes: str) -> FoundPolicies:
    return policies_of(f'resource "{type_}" "r" {{\n{attributes}\n}}\n', "main.tf")


def template(type_: str, **properties: Any) -> FoundPolicies:
    document = {"Resources": {"R": {"Type": type_, "Properties": properties}, "Role": {"Type": "AWS::IAM::Role"}}}
    return read_all(json.dumps(document), "a.json")


def statement(found: FoundPolicies) -> Any:
    ((policy,), passed_over, _) = found
    assert not passed_over
    assert policy.type == "resource"
    return policy.value["Statement"]


def conditions(**given: str) -> dict[str, Any]:
    return {**EVERYONE, "Condition": {"StringEquals": given}}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (OPEN, EVERYONE),
        ({**OPEN, "source_arn": None, "source_account": "", "invoked_via_function_url": False}, EVERYONE),
        ({**OPEN, "principal_org_id": "o-1a2b3c4d5e"}, conditions(**{"aws:PrincipalOrgID": "o-1a2b3c4d5e"})),
        ({**OPEN, "source_account": "111122223333"}, conditions(**{"aws:SourceAccount": "111122223333"})),
        ({**OPEN, "function_url_auth_type": "NONE"}, conditions(**{"lambda:FunctionUrlAuthType": "NONE"})),
        ({**OPEN, "invoked_via_function_url": True},
         {**EVERYONE, "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}}),
        ({"principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::b"},
         {**EVERYONE, "Principal": {"Service": "s3.amazonaws.com"},
          "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}}}),
        ({"principal": "111122223333"}, {**EVERYONE, "Principal": {"AWS": "111122223333"}}),
    ],
)  # fmt: skip
def test_a_lambda_permission_in_every_form(values: dict[str, Any], expected: Any) -> None:
    attributes = "\n".join(f"{name} = {json.dumps(value)}" for name, value in {**INVOKE, **values}.items())
    assert statement(plan("aws_lambda_permission", {**INVOKE, **values})) == expected
    assert statement(written("aws_lambda_permission", attributes)) == expected
    properties = {"".join(map(str.title, name.split("_"))): value for name, value in {**INVOKE, **values}.items()}
    properties = {name.replace("PrincipalOrgId", "PrincipalOrgID"): value for name, value in properties.items()}
    assert statement(template("AWS::Lambda::Permission", **properties)) == expected


@pytest.mark.parametrize(
    ("type_", "values", "expected"),
    [
        ("aws_lambda_layer_version_permission",
         {"layer_name": "l", "version_number": 2, "principal": "*", "action": "lambda:GetLayerVersion"},
         {"Action": "lambda:GetLayerVersion", "Resource": "arn:aws:lambda:us-east-1:900000000009:layer:l:2"}),
        ("aws_cloudwatch_event_permission", {"principal": "*", "statement_id": "s"},
         {"Action": "events:PutEvents", "Resource": "arn:aws:events:us-east-1:900000000009:event-bus/default"}),
        ("aws_lambda_function_url", {"function_name": "f", "authorization_type": "NONE"},
         {"Action": "lambda:InvokeFunctionUrl", "Resource": FUNCTION,
          "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}}),
    ],
)  # fmt: skip
def test_its_kin(type_: str, values: dict[str, Any], expected: dict[str, Any]) -> None:
    whole = {"Effect": "Allow", "Principal": "*", **expected}
    assert statement(plan(type_, values)) == whole
    assert (
        statement(written(type_, "\n".join(f"{name} = {json.dumps(each)}" for name, each in values.items()))) == whole
    )


def test_the_condition_of_an_event_bus_is_a_block_of_its_own() -> None:
    block = {"type": "StringEquals", "key": "aws:PrincipalOrgID", "value": "o-1a2b3c4d5e"}
    text = "\n".join(f"{name} = {json.dumps(value)}" for name, value in block.items())
    properties = {name.title(): value for name, value in block.items()}
    for found in (
        plan("aws_cloudwatch_event_permission", {**OPEN, "condition": [block]}),
        written("aws_cloudwatch_event_permission", f'principal = "*"\ncondition {{\n{text}\n}}'),
        template("AWS::Events::EventBusPolicy", Principal="*", Action="events:PutEvents", Condition=properties),
    ):
        assert statement(found)["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-1a2b3c4d5e"}}


def test_a_function_url_for_authenticated_callers_grants_nothing() -> None:
    values = {"function_name": "f", "authorization_type": "AWS_IAM"}
    assert plan("aws_lambda_function_url", values) == ([], (), ())
    assert template("AWS::Serverless::Function", FunctionUrlConfig={"AuthType": "AWS_IAM"}) == ([], (), ())
    public = statement(template("AWS::Serverless::Function", FunctionUrlConfig={"AuthType": "NONE"}))
    assert (public["Principal"], public["Action"]) == ("*", "lambda:InvokeFunctionUrl")


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (plan("aws_lambda_permission", INVOKE, {"principal": True}), "principal of aws_lambda_permission.r is not"),
        (plan("aws_lambda_permission", {}, True), "the values of aws_lambda_permission.r are not known"),
        (plan("aws_lambda_function_url", {}, {"authorization_type": True}), "authorization_type of aws_lambda_func"),
        (written("aws_lambda_permission", "principal = var.who"), "principal of aws_lambda_permission.r is not known "
         "before a plan: it depends on var.who"),
        (template("AWS::Lambda::Permission", Principal={"Ref": "Who"}), "Principal of R is not known before the"),
        (template("AWS::Lambda::Permission", **{"Fn::Transform": {"Name": "M"}}), "the properties of R are not known"),
        (template("AWS::Serverless::Function", FunctionUrlConfig={"AuthType": {"Ref": "Type"}}),
         "FunctionUrlConfig/AuthType of R is not known before the deployment"),
    ],
)  # fmt: skip
def test_who_is_not_known_is_said(found: FoundPolicies, reason: str) -> None:
    assert found.found == []
    assert reason in found.passed_over[0]


@pytest.mark.parametrize(
    "found",
    [
        plan("aws_lambda_permission", {**INVOKE, **OPEN}, {"source_arn": True}),
        plan("aws_cloudwatch_event_permission", OPEN, {"condition": True}),
        plan("aws_cloudwatch_event_permission", {**OPEN, "condition": [{"type": "StringEquals", "key":
             "aws:PrincipalOrgID"}]}, {"condition": [{"value": True}]}),
        written("aws_lambda_permission", 'principal = "*"\nsource_arn = aws_s3_bucket.b.arn'),
        written("aws_cloudwatch_event_permission", 'principal = "*"\ncondition {\nkey = "aws:PrincipalOrgID"\n'
                'type = "StringEquals"\nvalue = var.id\n}'),
        written("aws_cloudwatch_event_permission", 'principal = "*"\ndynamic "condition" {\nfor_each = var.c\n'
                'content {\nkey = "aws:PrincipalOrgID"\n}\n}'),
        template("AWS::Lambda::Permission", Principal="*", Action="lambda:InvokeFunction", FunctionName="f",
                 SourceAccount={"Ref": "Account"}),
        written("aws_lambda_permission", "principal = aws_iam_role.r.arn"),
        template("AWS::Lambda::Permission", Principal={"Fn::GetAtt": ["Role", "Arn"]}, Action="lambda:InvokeFunction",
                 FunctionName="f"),
    ],
)  # fmt: skip
def test_what_restricts_and_is_not_known_restricts(found: FoundPolicies) -> None:
    ((policy,), passed_over, _) = found
    assert not passed_over
    assert list(open_resource(Subject(policy))) == []


@pytest.mark.parametrize(
    "attributes",
    [
        'source_account = false ? "111122223333" : null',
        'source_account = var.on ? null : "111122223333"',
        "source_account = try(null, null)",
        "source_account = local.nobody",
        'dynamic "condition" {\nfor_each = []\ncontent {\nkey = "aws:PrincipalOrgID"\n}\n}',
        'dynamic "condition" {\nfor_each = var.on ? ["o-1a2b3c4d5e"] : []\ncontent {\nkey = "aws:PrincipalOrgID"\n}\n}',
    ],
)
def test_what_may_not_restrict_after_all_is_looked_at_without_it(attributes: str) -> None:
    type_ = "aws_cloudwatch_event_permission" if "dynamic" in attributes else "aws_lambda_permission"
    text = f'resource "{type_}" "r" {{\nprincipal = "*"\naction = "lambda:InvokeFunction"\n{attributes}\n}}\n'
    found = policies_of(f'{text}locals {{\nnobody = var.on ? "111122223333" : null\n}}\n', "main.tf").found
    assert any(list(open_resource(Subject(policy))) for policy in found)


def test_instances_of_for_each_are_looked_at() -> None:
    text = 'for_each = toset(["s3.amazonaws.com", "*"])\naction = "lambda:InvokeFunction"\nprincipal = each.value'
    found = written("aws_lambda_permission", text).found
    assert [each.value["Statement"]["Principal"] for each in found] == [{"Service": "s3.amazonaws.com"}, "*"]


@pytest.mark.parametrize("type_", sorted(grant_types()))
def test_a_directory_does_not_pass_its_files_by(type_: str) -> None:
    if type_.startswith("aws"):
        assert any(each in type_ for each in HCL_WORDS)
    else:
        assert may_hold_policy(json.dumps({"Resources": {"R": {"Type": type_}}}).encode(), "a.json")
