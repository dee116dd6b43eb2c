"""What of a stack is known where its conditions, its functions or the tools around it decide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from preflight.documents.plans.plan import Given, Plan
from preflight.documents.plans.requests import plan_of, read_plan
from preflight.documents.text.document import Document
from preflight.errors import InputError
from preflight.unresolved import DeployText

_GIVEN = Given("us-east-1", "111122223333")
_ZIP = {"Code": {"ZipFile": "x"}, "Role": "arn:aws:iam::111122223333:role/r"}
QUEUE = {"Type": "AWS::SQS::Queue"}
INCLUDE = {"Name": "AWS::Include", "Parameters": {"Location": "s3://bucket/part.yaml"}}


def _plan(resources: dict[str, Any], **sections: Any) -> Plan:
    return plan_of([Document("t.json", {"Resources": resources, **sections})], given=_GIVEN)


def _shown(value: Any) -> str:
    return DeployText(str(value)).shown


def test_an_item_of_an_arn_that_is_not_known_is_not_known() -> None:
    name = {"Fn::Select": [1, {"Fn::Split": [":", {"Fn::GetAtt": ["Table", "StreamArn"]}]}]}
    function = {"Type": "AWS::Lambda::Function", "Properties": {**_ZIP, "FunctionName": name}}
    (request,) = _plan({"Fn": function, "Table": {"Type": "AWS::DynamoDB::Table"}}).requests
    assert "Table.StreamArn" in _shown(request.parameters["FunctionName"])


def test_the_output_of_another_stack_is_not_known() -> None:
    name = {"Fn::GetStackOutput": {"StackName": "net", "OutputName": "Name"}}
    (request,) = _plan({"Fn": {"Type": "AWS::Lambda::Function", "Properties": {**_ZIP, "FunctionName": name}}}).requests
    assert _shown(request.parameters["FunctionName"]) == "${the output Name of the stack net}"


def test_properties_that_a_condition_chooses() -> None:
    sections = {
        "Parameters": {"Env": {"Type": "String"}},
        "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Env"}, "prod"]}},
    }
    either = {"Fn::If": ["Prod", {**_ZIP, "Timeout": 3}, {**_ZIP, "Timeout": 9}]}
    (request,) = _plan({"Fn": {"Type": "AWS::Lambda::Function", "Properties": either}}, **sections).requests
    assert request.parameters["Role"] == _ZIP["Role"]
    assert "Prod" in _shown(request.parameters["Timeout"])
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"Ref": "AWS::NoValue"}}
    assert [each.type for each in _plan({"Topic": topic}).resources] == ["AWS::SNS::Topic"]


def test_references_that_are_not_made_are_no_circle() -> None:
    never = {"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}}
    one = {"Fn::If": ["Never", {"Ref": "Two"}, "plain"]}
    resources = {
        "One": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": one}},
        "Two": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::GetAtt": ["One", "TopicName"]}}},
        "Three": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Sub": ["${Three}", {"Three": "x"}]}}},
    }
    outputs = {"Gone": {"Condition": "Never", "Value": {"Ref": "Two"}, "Export": {"Name": "gone"}}}
    assert len(_plan(resources, **never, Outputs=outputs).resources) == 3


@pytest.mark.parametrize(
    "template",
    [
        {"Modules": {"Net": {"Source": "vpc.yml"}}, "Resources": {"T": {"Type": "AWS::SNS::Topic"}}},
        {"Resources": {"T": {"Type": {"Fn::Rain::Module": "vpc.yml"}}}},
        {"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Rain::Embed": "x"}}}}},
    ],
)
def test_rain_is_not_supported(template: dict[str, Any]) -> None:
    resources = template["Resources"]
    if resources["T"].get("Properties"):
        resources["T"] = {"Type": "AWS::Lambda::Function", "Properties": resources["T"]["Properties"]}
    with pytest.raises(InputError, match="Rain's, which isn't supported; run rain pkg"):
        plan_of([Document("t.json", template)], given=_GIVEN)


def test_an_assembly_has_its_assets_and_skips_empty_stacks(tmp_path: Path) -> None:
    bucket, key = "cdk-x-assets-${AWS::AccountId}-${AWS::Region}", "abc.zip"
    code = {"S3Bucket": {"Fn::Sub": bucket}, "S3Key": key}
    function = {"Type": "AWS::Lambda::Function", "Properties": {**_ZIP, "Code": code}}
    place = {"bucketName": bucket, "objectKey": key}
    image = {"repositoryName": "cdk-x", "imageTag": "abc"}
    files = {
        "Full.template.json": {"Resources": {"Fn": function}},
        "Empty.template.json": {"Outputs": {}},
        "Full.assets.json": {
            "files": {"abc": {"destinations": {"current": place}}},
            "dockerImages": {"abc": {"destinations": {"current": image}}},
        },
        "manifest.json": {
            "version": "36.0.0",
            "artifacts": {
                "Full.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Full.assets.json"}},
                **{
                    name: {
                        "type": "aws:cloudformation:stack",
                        "environment": "aws://111122223333/us-east-1",
                        "properties": {"templateFile": f"{name}.template.json"},
                        "dependencies": [f"{name}.assets", ["Other"], 7],
                    }
                    for name in ("Full", "Empty")
                },
            },
        },
    }
    for name, each in files.items():
        (tmp_path / name).write_text(json.dumps(each), encoding="utf-8")
    plan = read_plan([str(tmp_path)])
    (request,) = plan.requests
    keys = {each.kind: each.key for each in plan.declared}
    assert keys["s3:object"] == {"Bucket": request.parameters["Code"]["S3Bucket"], "Key": key}
    assert keys["ecr:image"] == {"registryId": "111122223333", "repositoryName": "cdk-x", "imageTag": "abc"}


def test_a_reference_to_what_is_not_made_is_refused_and_the_rest_is_read() -> None:
    sections = {
        "Parameters": {"Env": {"Type": "String"}},
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}, "Prod": {"Fn::Equals": [{"Ref": "Env"}, "prod"]}},
        "Outputs": {
            "Used": {"Value": {"Ref": "Off"}},
            "Left": {"Value": {"Ref": "Off"}, "Condition": "Never"},
            "Odd": {"Value": {"Fn::Nothing": 1}},
        },
    }
    resources = {
        "Off": {"Type": "AWS::SNS::Topic", "Condition": "Never"},
        "Waits": {"Type": "AWS::SNS::Topic", "DependsOn": "Off"},
        "Named": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::GetAtt": ["Off", "TopicName"]}}},
        "Either": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::If": ["Prod", {"Ref": "Off"}, "x"]}}},
        "Perhaps": {"Type": "AWS::SNS::Topic", "Condition": "Prod", "Properties": {"DisplayName": {"Ref": "Off"}}},
    }
    plan = _plan(resources, **sections)
    assert [each.name for each in plan.resources] == ["t/Waits", "t/Named", "t/Either", "t/Perhaps"]
    found = {"/".join(each.pointer.split("/")[1:3]): each.refused for each in plan.gaps}
    assert found == {
        "Resources/Named": True,
        "Resources/Either": False,
        "Resources/Perhaps": False,
        "Outputs/Used": True,
        "Outputs/Odd": True,
    }
    unmade = [each for each in plan.gaps if not each.pointer.startswith("/Outputs/Odd")]
    assert all("Unresolved resource dependencies [Off]" in each.message for each in unmade)


@pytest.mark.parametrize(
    ("resources", "place"),
    [
        ({"Q": QUEUE, "Fn::Transform": INCLUDE}, "/Resources/Fn::Transform"),
        ({"Q": {**QUEUE, "Fn::Transform": INCLUDE}}, "/Resources/Q/Fn::Transform"),
        ({"Q": {**QUEUE, "Properties": {"Fn::Transform": INCLUDE}}}, "/Resources/Q/Properties/Fn::Transform"),
        (
            {"Q": {**QUEUE, "Properties": {"QueueName": "q", "Fn::Transform": INCLUDE}}},
            "/Resources/Q/Properties/Fn::Transform",
        ),
        ({"Q": {**QUEUE, "Properties": {"QueueName": {"Fn::Transform": INCLUDE}}}}, None),
    ],
)
def test_what_an_include_writes_is_not_passed_over(resources: dict[str, Any], place: str | None) -> None:
    plan = _plan(resources)
    assert [each.name for each in plan.resources] == ["t/Q"]
    assert "Fn::Transform" not in plan.resources[0].properties
    assert [each.pointer for each in plan.gaps] == ([] if place is None else [place])
    assert not any(each.refused for each in plan.gaps)


def test_an_output_of_nothing_is_refused() -> None:
    (gap,) = _plan({"Q": QUEUE}, Outputs={"O": {"Value": {"Ref": "Nope"}}}).gaps
    assert gap.refused and gap.message == "there is no parameter or resource 'Nope' in the template"


@pytest.mark.parametrize(
    ("assertion", "refused"),
    [
        ({"Fn::Equals": [{"Ref": "P"}, "a"]}, None),
        ({"Fn::Equals": [{"Ref": "P"}, "b"]}, True),
        ({"Fn::Contains": [["a", "b"], {"Ref": "P"}]}, None),
        ({"Fn::Not": [{"Fn::Contains": [["a", "b"], {"Ref": "P"}]}]}, True),
        ({"Fn::EachMemberIn": [["a"], {"Fn::RefAll": "AWS::EC2::VPC::Id"}]}, False),
        ({"Fn::Equals": [{"Ref": "Unknown"}, "b"]}, False),
        ({"Fn::Contains": [["6", "7"], {"Ref": "InSSM"}]}, None),
    ],
)
def test_the_rules_of_a_template_are_held_to(assertion: dict[str, Any], refused: bool | None) -> None:
    rules = {
        "R": {"Assertions": [{"Assert": assertion, "AssertDescription": "P is wrong"}]},
        "Off": {"RuleCondition": {"Fn::Equals": ["x", "y"]}, "Assertions": [{"Assert": {"Fn::Equals": ["x", "y"]}}]},
    }
    parameters = {"P": {"Type": "String", "Default": "a"}, "Unknown": {"Type": "String"}}
    parameters["InSSM"] = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/bootstrap/version"}
    gaps = _plan({"Q": QUEUE}, Parameters=parameters, Rules=rules).gaps
    assert [each.refused for each in gaps] == ([] if refused is None else [refused])
    assert all(each.pointer in ("/Rules/R", "/Rules/R/Assertions/0") for each in gaps)


def test_each_assertion_that_is_false_or_may_be_is_named() -> None:
    asserted = [{"Fn::Equals": ["x", "y"]}, {"Fn::Equals": ["x", {"Ref": "Unknown"}]}, {"Fn::Equals": ["x", "x"]}]
    rules = {"R": {"Assertions": [{"Assert": each} for each in asserted]}}
    gaps = _plan({"Q": QUEUE}, Parameters={"Unknown": {"Type": "String"}}, Rules=rules).gaps
    assert [(each.pointer[-1], each.refused) for each in gaps] == [("0", True), ("1", False)]
    assert gaps[1].message.endswith("it depends on parameter Unknown")
    assert gaps[1].resolution == "give --parameters Unknown=VALUE"
