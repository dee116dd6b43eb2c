"""Checks of whole templates and plans: what is known, what is not, and where it stands."""

from __future__ import annotations

import json
from typing import Any

from preflight.account.snapshots.snapshot import Snapshot
from preflight.documents.plans.plan import Given
from preflight.documents.plans.requests import plan_of
from preflight.documents.text.load import load_text
from preflight.engine.result import Result
from preflight.readiness.check import check

ACCOUNT, REGION = "111122223333", "us-east-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
WRITES = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": TRUST,
        "Policies": [{"PolicyName": "logs", "PolicyDocument": {"Version": "2012-10-17", "Statement": [WRITES]}}],
    },
}


def function(**properties: Any) -> dict[str, Any]:
    """Return a function that works, with the properties given, and its role."""
    given = {"Code": {"ZipFile": "x"}, "Handler": "index.a", "Runtime": "python3.13", **properties}
    given.setdefault("Role", {"Fn::GetAtt": ["Role", "Arn"]})
    return {"Role": ROLE, "Fn": {"Type": "AWS::Lambda::Function", "Properties": given}}


def results(document: Any, rule: str, *, text: str = "", **region: Any) -> list[Result]:
    """Return what a rule says of a document, but for what passes or does not apply."""
    facts = {"version": 1, "account": ACCOUNT, "organization": None, "regions": {REGION: region}}
    account = Snapshot.load(load_text(json.dumps(facts), "s.json"))
    read = load_text(text or json.dumps(document), "t.yaml" if text else "t.json")
    plan = plan_of([read], None, Given(REGION, ACCOUNT))
    found = check(plan, account, select=[rule]).results
    return [each for each in found if each.kind.value in ("fail", "open")]


def test_a_log_group_of_the_template_need_not_be_made_by_the_role() -> None:
    assert [each.kind.value for each in results({"Resources": function()}, "PRE121")] == ["fail"]
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Fn::Sub": "/aws/lambda/${Fn}"}}}
    assert results({"Resources": {**function(), "Group": group}}, "PRE121") == []
    named = function(LoggingConfig={"LogGroup": {"Ref": "Group"}})
    own = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/app/all"}}
    assert results({"Resources": {**named, "Group": own}}, "PRE121") == []
    other = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/aws/lambda/other"}}
    assert len(results({"Resources": {**function(), "Group": other}}, "PRE121")) == 1


def test_a_constraint_on_what_only_the_deploy_knows_is_open() -> None:
    parameters = {"Parameters": {"Given": {"Type": "String"}}}
    reference = {"Ref": "Given"}
    for properties in (
        {"Code": {"ImageUri": reference}, "PackageType": "Image", "Runtime": None, "Handler": None},
        {"DeadLetterConfig": {"TargetArn": reference}},
        {"LoggingConfig": {"SystemLogLevel": "WARN", "LogFormat": reference}},
    ):
        given = {name: each for name, each in properties.items() if each is not None}
        resources = function(**given)
        for name in (name for name, each in properties.items() if each is None):
            del resources["Fn"]["Properties"][name]
        found = results({**parameters, "Resources": resources}, "PRE304")
        assert [each.kind.value for each in found] == ["open"], given
        assert "it depends on parameter Given" in found[0].message


def test_a_constraint_that_no_value_keeps_fails() -> None:
    parameters = {"Parameters": {"Given": {"Type": "String"}}}
    config = {"SystemLogLevel": {"Ref": "Given"}, "LogFormat": "Text"}
    found = results({**parameters, "Resources": function(LoggingConfig=config)}, "PRE304")
    assert [each.kind.value for each in found] == ["fail"]


def test_the_queue_of_a_template_is_known_by_its_arn() -> None:
    resources = function(DeadLetterConfig={"TargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}})
    assert results({"Resources": {**resources, "Dead": {"Type": "AWS::SQS::Queue"}}}, "PRE304") == []


def test_the_embedding_of_rain_is_refused_in_json_too() -> None:
    import pytest

    from preflight.errors import InputError

    with pytest.raises(InputError, match="Rain::Embed is a function of Rain's"):
        results({"Resources": function(Code={"ZipFile": {"Rain::Embed": "handler.py"}})}, "PRE304")


SAM = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: nodejs12.x
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      CodeUri: s3://code/f.zip
      Policies: [Missing1, arn:aws:iam::aws:policy/Missing2]
      Tracing: Sometimes
"""


def test_what_sam_makes_stands_where_it_was_written() -> None:
    missing = results(None, "PRE403", text=SAM, buckets=[{"Name": "code", "BucketRegion": REGION}], objects=[])
    assert [(each.location.line, each.location.pointer) for each in missing if each.location] == [
        (10, "/Resources/Fn/Properties/CodeUri")
    ]
    tracing = results(None, "PRE303", text=SAM)
    assert [(each.location.line, each.location.pointer) for each in tracing if each.location] == [
        (12, "/Resources/Fn/Properties/Tracing")
    ]


def test_policies_that_are_not_known_are_said_once_for_a_role() -> None:
    found = results(None, "PRE121", text=SAM)
    assert len(found) == 1
    assert "logs:CreateLogGroup, logs:CreateLogStream, logs:PutLogEvents" in found[0].message
    assert "not all of its policies are known" in found[0].message


def test_a_plan_without_its_configuration_says_what_is_required_is_not_known_yet() -> None:
    after = {"function_name": "f", "handler": "a.b", "runtime": "python3.13", "filename": "f.zip"}
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {"role": True, "arn": True}}
    resource = {"address": "aws_lambda_function.f", "mode": "managed", "type": "aws_lambda_function", "name": "f"}
    document = {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "resource_changes": [{**resource, "provider_name": "registry.terraform.io/hashicorp/aws", "change": change}],
    }
    assert results(document, "PRE303") == []
    found = results(document, "PRE120")
    assert [each.kind.value for each in found] == ["open"]
    assert "it depends on aws_lambda_function.f.role" in found[0].message


def test_a_reference_to_what_a_condition_may_leave_out_is_open() -> None:
    reference = {"Fn::GetAtt": ["Queue", "QueueName"]}
    template = {
        "Parameters": {"Env": {"Type": "String"}},
        "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Env"}, "prod"]}},
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue", "Condition": "Prod"},
            "Always": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": reference}},
            "Too": {"Type": "AWS::SNS::Topic", "Condition": "Prod", "Properties": {"DisplayName": reference}},
            "Chosen": {
                "Type": "AWS::SNS::Topic",
                "Properties": {"Fn::If": ["Prod", {"DisplayName": reference}, {"DisplayName": "x"}]},
            },
        },
        "Outputs": {"One": {"Value": reference}, "Two": {"Condition": "Prod", "Value": reference}},
    }
    found = results(template, "PRE102")
    places = [each.location.pointer for each in found if each.location]
    assert sorted(places) == ["/Outputs/One/Value/Fn::GetAtt", "/Resources/Always/Properties/DisplayName/Fn::GetAtt"]
    assert {each.kind.value for each in found} == {"open"}
    assert found[0].remedy == "Refer to it only if Prod is true, or give --parameters Env=VALUE."
