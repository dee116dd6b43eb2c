"""Templates after AWS's documentation, each with the plan that is in it; and what is said of templates that cannot be.

To see the plan of one:
  python -m tests.documents.cloudformation.test_plans tests/documents/cloudformation/templates/roles.yaml
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from preflight.documents.cloudformation import plans
from preflight.documents.cloudformation.parameters import stack_input_of
from preflight.documents.plans.plan import Given, Plan
from preflight.documents.plans.requests import plan_of, read_plan
from preflight.documents.text.load import load_text
from preflight.errors import InputError, PreflightError, UsageError
from preflight.unresolved import DeployText

HERE = Path(__file__).parent / "templates"
TEMPLATES = sorted(path.name for path in HERE.iterdir() if path.suffix in (".yaml", ".json", ".out"))
CHINA = Given("cn-north-1", "111122223333")
GIVEN = Given("us-east-1", "111122223333")


def readable(value: Any) -> Any:
    """Return plain data with what is known by shape as people read it."""
    return json.loads(json.dumps(_shown(value)))


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return DeployText(value).shown
    if isinstance(value, (list, tuple)):
        return [_shown(each) for each in value]
    return {DeployText(name).shown: _shown(each) for name, each in value.items()} if hasattr(value, "items") else value


def described(plan: Plan) -> dict[str, Any]:
    """Return what a plan says, as its expectation is written."""
    requests = [
        {
            "call": f"{each.name}: {each.operation}",
            "parameters": each.parameters,
            **({"depends_on": each.depends_on} if each.depends_on else {}),
        }
        for each in plan.requests
    ]
    declared = [{"kind": f"{each.change} {each.kind}", "key": each.key, "value": each.value} for each in plan.declared]
    found = {"requests": requests, "declared": declared, "gaps": [each.message for each in plan.gaps]}
    if plan.principal is not None:
        found["principal"] = plan.principal  # type: ignore[assignment]
    return readable({name: each for name, each in found.items() if each})  # type: ignore[no-any-return]


def read(name: str) -> Plan:
    return read_plan([str(HERE / name)], given=CHINA if name.startswith("china") else GIVEN)


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_plan_in_a_template(name: str) -> None:
    expected = json.loads((HERE / "expected" / f"{name.partition('.')[0]}.json").read_text(encoding="utf-8"))
    assert described(read(name)) == expected


ENDPOINT = {"Type": "AWS::SageMaker::Endpoint", "Properties": {"EndpointName": "e", "EndpointConfigName": "c"}}


def having(**properties: Any) -> dict[str, Any]:
    return {"Resources": {"E": {**ENDPOINT, "Properties": {**ENDPOINT["Properties"], **properties}}}}  # type: ignore[dict-item]


def named(value: Any) -> dict[str, Any]:
    return having(EndpointName=value)


WRONG = {
    "no resources": ({"AWSTemplateFormatVersion": "2010-09-09"}, "the template has no Resources"),
    "a misspelt section": ({**named("e"), "Parameter": {}}, "no section 'Parameter'; did you mean Parameters?"),
    "a section of the wrong form": ({**named("e"), "Mappings": []}, "Mappings must be an object, not a list"),
    "a parameter without a type": ({**named("e"), "Parameters": {"P": {}}}, "the parameter P has no Type"),
    "a resource without a type": ({"Resources": {"E": {"Properties": {}}}}, "the resource E has no Type"),
    "a misspelt attribute": (
        {"Resources": {"E": {"Type": "AWS::SNS::Topic", "Propertis": {}}}}, "'Propertis'; did you mean Properties?"),
    "a deletion policy that is none": (
        {"Resources": {"E": {**ENDPOINT, "DeletionPolicy": "Retian"}}}, "can't be 'Retian'; did you mean Retain?"),
    "a deletion policy that is a list": (
        {"Resources": {"E": {**ENDPOINT, "DeletionPolicy": ["Retain"]}}}, "of E must be text, not a list"),
    "a name with a hyphen": ({"Resources": {"my-e": ENDPOINT}}, "the logical ID 'my-e' isn't only letters and digits"),
    "more resources than CloudFormation takes": (
        {"Resources": {f"E{number}": ENDPOINT for number in range(501)}}, "has 501 Resources"),
    "a resource that is a list": ({"Resources": {"E": []}}, "a resource must be an object, not a list"),
    "a dependency that is not there": (
        {"Resources": {"Model": ENDPOINT, "E": {**ENDPOINT, "DependsOn": "Modle"}}}, "did you mean Model?"),
    "a Ref to nothing": (named({"Ref": "EndpointNaem"}), "there is no parameter or resource 'EndpointNaem'"),
    "a Ref to a list": (named({"Ref": ["x"]}), "Ref takes a name, not a list"),
    "a Sub of nothing": (named({"Fn::Sub": "${Naem}"}), "there is no parameter or resource 'Naem'"),
    "a Sub of a number": (named({"Fn::Sub": 5}), "Fn::Sub takes a string"),
    "a Sub of a list": (
        {**named({"Fn::Sub": "${L}"}), "Parameters": {"L": {"Type": "CommaDelimitedList", "Default": "a,b"}}},
        "${L} in Fn::Sub would put a list into a string"),
    "an attribute of nothing": (named({"Fn::GetAtt": "Other.Name"}), "there is no resource 'Other'"),
    "an attribute without a name": (named({"Fn::GetAtt": "Name"}), "Fn::GetAtt takes a resource and an attribute"),
    "a function that is not one": (named({"Fn::Jion": ["", []]}), "no function Fn::Jion; did you mean Fn::Join?"),
    "a condition's function in a value": (named({"Fn::Equals": ["a", "b"]}), "Fn::Equals is for conditions"),
    "a Join of a text": (named({"Fn::Join": ["", "x"]}), "Fn::Join takes a separator and a list"),
    "a Join of an object": (named({"Fn::Join": ["", [{}]]}), "Fn::Join would put an object into a string"),
    "a Select beyond the end": (named({"Fn::Select": [3, ["a"]]}), "Fn::Select selects item 3 of a list that has 1"),
    "a Split of a list": (named({"Fn::Split": [",", ["a"]]}), "Fn::Split takes a separator and a string"),
    "a mapping that is not there": (named({"Fn::FindInMap": ["M", "a", "b"]}), "there is no mapping 'M'"),
    "a key that is not there": (
        {**named({"Fn::FindInMap": ["M", "a", "b"]}), "Mappings": {"M": {"a": {"c": 1}}}},
        "there is no key of the mapping M 'b'"),
    "a condition that is not there": (named({"Fn::If": ["C", "a", "b"]}), "there is no condition 'C'"),
    "a condition of another form": (
        {**named({"Fn::If": ["C", "a", "b"]}), "Conditions": {"C": "yes"}}, "this is not a condition"),
    "conditions in a circle": (
        {**named({"Fn::If": ["C", "a", "b"]}), "Conditions": {"C": {"Condition": "D"}, "D": {"Condition": "C"}}},
        "the conditions C and D depend on each other"),
    "resources in a circle": (
        {"Resources": {
            "A": {**ENDPOINT, "Properties": {"EndpointConfigName": {"Fn::GetAtt": "B.EndpointName"}}},
            "B": {**ENDPOINT, "Properties": {"EndpointConfigName": {"Fn::GetAtt": "A.EndpointName"}}}}},
        "circular dependency between resources: A → B → A"),
    "properties that are a list": (
        {"Resources": {"E": {"Type": "AWS::SageMaker::Endpoint", "Properties": []}}}, "must be an object, not a list"),
    "a value that is not allowed": (
        {**named({"Ref": "P"}), "Parameters": {"P": {"Type": "String", "Default": "c", "AllowedValues": ["a", "b"]}}},
        "the parameter P does not allow 'c'; give one of a, b"),
    "a number that is too small": (
        {**named({"Ref": "P"}), "Parameters": {"P": {"Type": "Number", "Default": 1, "MinValue": 5}}},
        "the parameter P does not allow its value, by its MinValue; give at least 5"),
    "a text that is too long": (
        {**named({"Ref": "P"}), "Parameters": {"P": {"Type": "String", "Default": "secret", "MaxLength": "3"}}},
        "the parameter P does not allow its value, by its MaxLength; give at most 3 characters"),
    "a number that is none": (
        {**named({"Ref": "P"}), "Parameters": {"P": {"Type": "Number", "Default": "x"}}},
        "the value of the parameter P is not a number; give one"),
    "a loop without its transform": (
        {"Resources": {"Fn::ForEach::Loop": ["x", ["a"], {"E${x}": ENDPOINT}]}}, "add Transform: AWS::Language"),
    "a loop of another form": (
        {"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::Loop": ["x", ["a"]]}},
        "Fn::ForEach takes a name, a list and an object"),
    "a loop that writes one name": (
        {"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::L": ["x", ["a", "b"], {"E": ENDPOINT}]}},
        "E is written twice"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said_with_its_place(what: str) -> None:
    template, said = WRONG[what]
    document = load_text(json.dumps(template), "t.json", short_forms=True)
    with pytest.raises(InputError) as raised:
        plan_of([document], given=GIVEN)
    assert said in str(raised.value) and str(raised.value).startswith("t.json: ")
    assert raised.value.mend and "\ue000" not in str(raised.value)


def test_a_macro_may_take_attributes_of_its_own() -> None:
    counted = {**ENDPOINT, "Count": 3, "DeletionPolicy": {"Ref": "Kept"}}
    text = json.dumps({"Transform": "Count", "Resources": {"my-e": counted}})
    assert plan_of([load_text(text, "t.json")], given=GIVEN).requests


def test_places_are_those_of_the_yaml() -> None:
    text = "Resources:\n  E:\n    Type: AWS::SageMaker::Endpoint\n    Properties:\n      EndpointConfigName: !Reff C\n"
    with pytest.raises(InputError) as raised:
        plan_of([load_text(text, "t.yaml", short_forms=True)], given=GIVEN)
    assert raised.value.position == (5, 27) and "Fn::Reff" in str(raised.value)


def test_a_bare_request_has_no_tags(tmp_path: Path) -> None:
    path = tmp_path / "request.yaml"
    path.write_text("EndpointName: !Ref Name\nEndpointConfigName: c\n", encoding="utf-8")
    with pytest.raises(InputError, match="the tag !Ref is not supported"):
        read_plan([str(path)])


PARAMETERS: list[tuple[Any, dict[str, str]]] = [
    ([{"ParameterKey": "A", "ParameterValue": "1"}, {"ParameterKey": "B", "UsePreviousValue": True}], {"A": "1"}),
    (["A=1", "B=x=y"], {"A": "1", "B": "x=y"}),
    ({"Parameters": {"A": 1, "B": True}, "Tags": {"team": "growth"}}, {"A": "1", "B": "true"}),
    ({"A": "1", "B": ["x", "y"]}, {"A": "1", "B": "x,y"}),
]


@pytest.mark.parametrize(("content", "expected"), PARAMETERS)
def test_files_of_parameters(tmp_path: Path, content: Any, expected: dict[str, str]) -> None:
    path = tmp_path / "parameters.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert stack_input_of([str(path)])[0] == expected
    assert stack_input_of([f"file://{path}", "A=2"])[0] == {**expected, "A": "2"}


@pytest.mark.parametrize(
    ("content", "tags"),
    [
        ({"Parameters": {"A": "1"}, "Tags": {"team": "growth", "cost": 7}}, {"team": "growth", "cost": "7"}),
        ({"Tags": {"team": "growth"}}, {"team": "growth"}),
        ({"Tags": "a parameter of this name"}, {}),
        ({"A": "1"}, {}),
    ],
)
def test_a_configuration_has_the_tags_of_the_stack(tmp_path: Path, content: Any, tags: dict[str, str]) -> None:
    path = tmp_path / "configuration.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert stack_input_of([str(path)])[1] == tags


@pytest.mark.parametrize("content", [5, [5], [{"Key": "A"}], [{"ParameterKey": "A"}], {"A": {}}, {"A": None}])
def test_files_that_hold_no_parameters(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "parameters.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError):
        stack_input_of([str(path)])


def test_parameters_are_those_of_the_template() -> None:
    with pytest.raises(InputError, match="has no parameter 'Stag'"):
        read_plan([str(HERE / "parameters.yaml")], given=Given("us-east-1", "111122223333", {"Stag": "prod"}))
    with pytest.raises(UsageError, match="--parameters is for templates"):
        plan_of(
            [load_text('{"EndpointName": "e", "EndpointConfigName": "c"}', "r.json")],
            given=Given(parameters={"A": "1"}),
        )
    given = Given("us-east-1", "111122223333", {"Stage": "prod", "Name": "churn", "Groups": "sg-1,sg-2"})
    model = read_plan([str(HERE / "parameters.yaml")], given=given).requests[0].parameters
    assert model["ModelName"] == "churn-prod" and model["VpcConfig"]["SecurityGroupIds"] == ["sg-1", "sg-2"]


def test_a_nested_stack_that_may_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "inner.json").write_text(json.dumps({"Resources": {"E": ENDPOINT}}), encoding="utf-8")
    nested = {"Type": "AWS::CloudFormation::Stack", "Condition": "C", "Properties": {"TemplateURL": "./inner.json"}}
    sections = {"Parameters": {"P": {"Type": "String"}}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "yes"]}}}
    (tmp_path / "t.json").write_text(json.dumps({**sections, "Resources": {"Inner": nested}}), encoding="utf-8")
    (request,) = read_plan([str(tmp_path / "t.json")], given=GIVEN).requests
    assert (request.name, request.depends_on) == ("Inner/E", ("condition C, by parameter P",))


def test_what_is_not_known_in_one_template_is_not_the_same_in_another() -> None:
    template = {**named({"Ref": "Name"}), "Parameters": {"Name": {"Type": "String"}}}
    template["Resources"]["Other"] = {"Type": "AWS::SageMaker::Endpoint", "Properties": {"EndpointConfigName": "c"}}
    files = [load_text(json.dumps(template), f"stacks/{name}.json") for name in ("one", "two")]
    plan = plan_of(files, given=GIVEN)
    names = [DeployText(each.parameters["EndpointName"]).shown for each in plan.requests]
    assert names == [
        "${parameter one:Name}", "${one/name of Other}", "${parameter two:Name}", "${two/name of Other}"
    ]  # fmt: skip
    given = Given("us-east-1", "111122223333", {"one:Name": "a", "Name": "b"})
    assert [each.parameters["EndpointName"] for each in plan_of(files, given=given).requests][::2] == ["a", "b"]


def test_a_template_is_read_again_where_its_place_is_known() -> None:
    plan = read_plan([str(HERE / "names_given.yaml")])
    assert DeployText(plan.requests[0].parameters["PrimaryContainer"]["Image"]).shown.startswith(
        "${AWS::AccountId}.dkr.ecr."
    )
    assert plan.placed is not None
    placed = plan.placed("eu-west-1", "444455556666")
    assert placed.requests[0].parameters["ExecutionRoleArn"] == "arn:aws:iam::444455556666:role/endpoint-execution"


def test_an_assembly_of_several_places(tmp_path: Path) -> None:
    template = tmp_path / "s.json"
    template.write_text(json.dumps(named("e")), encoding="utf-8")
    stacks = {
        region: {"type": "aws:cloudformation:stack", "environment": f"aws://111122223333/{region}",
                 "properties": {"templateFile": "s.json"}}
        for region in ("us-east-1", "eu-west-1")
    }  # fmt: skip
    (tmp_path / "manifest.json").write_text(json.dumps({"version": "40.0.0", "artifacts": stacks}), encoding="utf-8")
    with pytest.raises(InputError, match="its stacks are in several regions"):
        read_plan([str(tmp_path)])
    template.unlink()
    with pytest.raises(InputError, match="there is no such file; run cdk synth again"):
        read_plan([str(tmp_path)])
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"it is a directory without a manifest\.json"):
        read_plan([str(tmp_path)])


def test_what_an_assembly_does_not_say(tmp_path: Path) -> None:
    def gaps(*, missing: Any = None, **more: Any) -> list[str]:
        stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "t.json"}}
        manifest = {"version": "48.0.0", "artifacts": {"S": stack, **more}, "missing": missing}
        (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return [each.message for each in read_plan([str(tmp_path)], given=GIVEN).gaps]

    (tmp_path / "t.json").write_text(json.dumps({"Resources": {"E": ENDPOINT}}), encoding="utf-8")
    assert gaps(T={"type": "cdk:tree", "properties": {"file": "tree.json"}}, N={"type": "none"}) == []
    assert gaps(missing=[{"key": "vpc-provider:x", "provider": "vpc-provider", "props": {}}]) == [
        "the context vpc-provider:x was not looked up, so the templates have a dummy in its place"
    ]
    assert gaps(T={"type": "AWS:CloudFormation:Stack"}) == [
        "the artifact T is of a type that preflight doesn't know, AWS:CloudFormation:Stack"
    ]
    assert len(gaps(T={"type": ["cdk:tree"]})) == 1
    for type_, lacks in (("aws:cloudformation:stack", "templateFile"), ("cdk:cloud-assembly", "directoryName")):
        with pytest.raises(InputError, match=f"the artifact T has no {lacks}; run cdk synth again"):
            gaps(T={"type": type_})


def test_nested_stacks_that_come_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "_MOST_RESOURCES", 20)
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "leaf.json"}}
    for many, name in ((3, "leaf"), (4, "whole"), (9, "large")):
        each = {"Type": "AWS::CloudFormation::WaitConditionHandle"} if name == "leaf" else nested
        resources = {f"R{number}": each for number in range(many)}
        (tmp_path / f"{name}.json").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    assert len(read_plan([str(tmp_path / "whole.json")]).resources) == 16
    with pytest.raises(InputError, match="with its nested stacks, it makes more than 20 resources"):
        read_plan([str(tmp_path / "large.json")])


def test_a_loop_goes_through_what_is_given(tmp_path: Path) -> None:
    path = tmp_path / "t.json"

    def made(type_: str = "CommaDelimitedList", *, default: str | None = None, **parameters: str) -> list[str]:
        declared = {"Type": type_} | ({} if default is None else {"Default": default})
        loop = ["N", {"Ref": "P"}, {"W${N}": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}]
        template = {"Transform": "AWS::LanguageExtensions", "Parameters": {"P": declared},
                    "Resources": {"Fn::ForEach::Loop": loop}}  # fmt: skip
        path.write_text(json.dumps(template), encoding="utf-8")
        return [each.name for each in read_plan([str(path)], given=Given(parameters=parameters)).resources]

    assert made(default="a, b") == ["t/Wa", "t/Wb"]
    assert made(default="a", P="x,y") == ["t/Wx", "t/Wy"]
    with pytest.raises(InputError, match="goes through the parameter P, which has no value; give it with --parameters"):
        made()
    with pytest.raises(InputError, match="which has no value"):
        made("AWS::SSM::Parameter::Value<List<String>>", default="/names")


def test_a_stack_that_is_nested_in_itself(tmp_path: Path) -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "t.json"}}
    (tmp_path / "t.json").write_text(json.dumps({"Resources": {"Me": nested, "E": ENDPOINT}}), encoding="utf-8")
    with pytest.raises(InputError, match="contain each other"):
        read_plan([str(tmp_path / "t.json")], given=GIVEN)


_JUNK = st.sampled_from(
    [None, True, 0, 1.5, "", "x", "E", "${E.Arn}", "AWS::NoValue", [], {}, [[]], ["", ["a"]], [1, "a"]]
)
_FUNCTIONS = st.sampled_from(
    ["Ref", "Condition", "Fn::Sub", "Fn::GetAtt", "Fn::Join", "Fn::Split", "Fn::Select", "Fn::If", "Fn::FindInMap",
     "Fn::ImportValue", "Fn::Base64", "Fn::Cidr", "Fn::GetAZs", "Fn::Transform", "Fn::Length", "Fn::ToJsonString",
     "Fn::Equals", "Fn::And", "Fn::Not", "Fn::ForEach::Loop", "Statement", "Policies", "Key"]
)  # fmt: skip
_VALUES = st.recursive(
    _JUNK,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_FUNCTIONS, inner, max_size=2),
    max_leaves=8,
)
_TYPES = st.sampled_from(
    ["AWS::SageMaker::Model", "AWS::SageMaker::Endpoint", "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::KMS::Key",
     "AWS::IAM::ManagedPolicy", "AWS::S3::BucketPolicy", "AWS::CloudFormation::Stack", "AWS::Serverless::Function"]
)  # fmt: skip
_NAMES = st.sampled_from(
    ["EndpointName", "EndpointConfigName", "ModelName", "ExecutionRoleArn", "PrimaryContainer", "Tags", "VpcConfig",
     "Policies", "PolicyDocument", "Roles", "ManagedPolicyArns", "AssumeRolePolicyDocument", "PermissionsBoundary",
     "KeyPolicy", "Bucket", "TemplateURL", "Parameters", "Groups", "Role"]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(
    st.dictionaries(st.sampled_from(["E", "F"]), st.fixed_dictionaries(
        {"Type": _TYPES, "Properties": st.dictionaries(_NAMES, _VALUES, max_size=4) | _JUNK},
        optional={"DependsOn": _JUNK, "Condition": _JUNK, "Metadata": _VALUES},
    ), min_size=1),
    st.fixed_dictionaries({}, optional={
        "Conditions": st.dictionaries(st.just("x"), _VALUES), "Mappings": _VALUES, "Outputs": _VALUES,
        "Parameters": st.dictionaries(st.just("x"), st.just({"Type": "String"}) | _VALUES),
        "Transform": st.sampled_from(["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31", "Own", 5]),
        "Globals": _VALUES,
    }),
)  # fmt: skip
@example(
    {"E": {"Type": "AWS::SageMaker::Model", "Properties": {"EndpointName": {"Ref": None, "Fn::If": [[], 1, 2]}}}}, {}
)
def test_nothing_else_is_ever_raised(resources: Any, sections: Any) -> None:
    document = load_text(json.dumps({"Resources": resources, **sections}), "t.json")
    try:
        described(plan_of([document], given=GIVEN))
    except PreflightError as error:
        assert str(error).isprintable()


if __name__ == "__main__":
    print(json.dumps(described(read_plan([sys.argv[1]], given=CHINA if "china" in sys.argv[1] else GIVEN)), indent=1))
