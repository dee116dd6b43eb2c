"""What may be a policy and can't be looked at is named: a file with it is none "without policies"."""

import json
from typing import Any

import pytest

from preflight.documents.policies.files import may_hold_policy
from preflight.documents.policies.find import read_all

ADMIN = {"Effect": "Allow", "Action": "*", "Resource": "*"}
POLICY = {"Version": "2012-10-17", "Statement": [ADMIN]}
INCLUDE = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://b/k"}}}


def template(properties: Any, type_: str = "AWS::IAM::ManagedPolicy", **sections: Any) -> dict[str, Any]:
    return {**sections, "Resources": {"R": {"Type": type_, "Properties": properties}}}


def plan(**members: Any) -> dict[str, Any]:
    return {"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {"root_module": {}}, **members}


def changed(after: Any, unknown: Any, type_: str = "aws_iam_role") -> dict[str, Any]:
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown}
    return {"address": f"{type_}.r", "mode": "managed", "type": type_, "name": "r", "change": change}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([POLICY, POLICY], "there are 2 policies, the first at /0, where policies aren't looked for"),
        ({"spec": {"doc": json.dumps(POLICY)}}, "there is a policy at /spec/doc, a place where"),
        ([ADMIN], "there is a policy at its root, a place where"),
        (template({"PolicyDocument": {"Fn::If": ["C", {"Ref": "P"}, INCLUDE]}}), "PolicyDocument of R is not known"),
        (template({"PolicyDocument": {**POLICY, "Statement": [ADMIN, INCLUDE]}}), "Statement[1] in PolicyDocument of"),
        (template({"PolicyDocument": {**POLICY, "Statement": INCLUDE}}), "PolicyDocument of R is not known"),
        (template({"Policies": INCLUDE}, "AWS::IAM::Role"), "Policies of R is not known before the deployment"),
        (template({"Description": "d", **INCLUDE}), "what Fn::Transform adds to the properties of R is not known"),
        (template(INCLUDE), "the properties of R are not known before the deployment"),
        (template({"Type": "SERVICE_CONTROL_POLICY", "Content": {"Ref": "P"}}, "AWS::Organizations::Policy"),
         "Content of R is not known before the deployment"),
        ({"Resources": {**template({})["Resources"], **INCLUDE}}, "what Fn::Transform adds to the resources"),
        (template({}, Transform=["AWS::Serverless-2016-10-31", "Own"]), "what the macro Own adds to the template"),
        (template({"TemplateURL": "https://u:secretsecret@b.s3.amazonaws.com/x?X-Amz-Signature=s"},
                  "AWS::CloudFormation::Stack"), "the nested stack R is not read: it is at https://REDACTED@b.s3."),
        (plan(resource_changes=[changed({}, True, "aws_sqs_queue_policy")]), "the values of aws_sqs_queue_policy.r"),
        (plan(deferred_changes=[{"resource_change": changed({}, {})}]), "aws_iam_role.r is deferred"),
        (plan(errored=True), "the plan is not whole"),
    ],
)  # fmt: skip
def test_it_is_named(document: Any, reason: str) -> None:
    text = json.dumps(document)
    assert may_hold_policy(text.encode(), "x.json")
    passed_over = read_all(text, "x.json").passed_over
    assert [each for each in passed_over if reason in each]
    assert not [each for each in passed_over if "secretsecret" in each or "X-Amz" in each]


INNER = json.dumps(template({"PolicyDocument": POLICY}))


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (template({"TemplateBody": INNER}, "AWS::CloudFormation::StackSet"),
         "the template in TemplateBody of R is not read, and has 1 policy"),
        (template({"TemplateBody": {"Fn::Sub": INNER}}, "AWS::CloudFormation::StackSet"),
         "the template in TemplateBody of R is not read, and has 1 policy"),
        (template({"TemplateBody": {"Ref": "Body"}}, "AWS::CloudFormation::StackSet"), "TemplateBody of R is not"),
        (template({"TemplateURL": "https://b.s3.amazonaws.com/x"}, "AWS::CloudFormation::StackSet"), "R is not read"),
        (plan(resource_changes=[changed({"template_body": INNER}, {}, "aws_cloudformation_stack")]),
         "the template in template_body of aws_cloudformation_stack.r is not read, and has 1 policy"),
        ({"service": "s", "provider": {"name": "aws"}, "fargate": {"iamRoleStatements": [ADMIN]}},
         "there is a policy at /fargate/iamRoleStatements"),
        ({"Resources": {"R": {"Type": {"Rain::Module": "x"}, "Properties": {}}}}, "R is not read: its Type is not"),
    ],
)  # fmt: skip
def test_a_policy_that_is_not_linted_is_named(document: Any, reason: str) -> None:
    found = read_all(json.dumps(document), "x.json")
    assert not found.found
    assert [each for each in found.passed_over if reason in each]


def test_stacks_without_policies_are_not_named() -> None:
    body = json.dumps({"Resources": {"B": {"Type": "AWS::S3::Bucket"}}})
    assert read_all(json.dumps(template({"TemplateBody": body}, "AWS::CloudFormation::StackSet")), "x.json") == (
        [],
        (),
        (),
    )


def test_what_sam_s_globals_give_is_linted() -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}
    given = {
        "Api": {"Auth": {"ResourcePolicy": {"CustomStatements": [statement]}}},
        "Function": {"FunctionUrlConfig": {"AuthType": "NONE"}},
    }
    found = read_all(json.dumps(template({}, "AWS::Serverless::Function", Globals=given)), "x.json").found
    assert [(each.type, each.owner["service"]) for each in found] == [
        ("resource", "execute-api"),
        ("resource", "lambda"),
    ]
    assert all(each.pointer.startswith("/Globals/") for each in found)


def nested(value: Any, levels: int) -> Any:
    for _ in range(levels):
        value = {"a": [value]}
    return value


@pytest.mark.parametrize("levels", [20, 80])
def test_how_deep_it_stands_does_not_hide_it(levels: int) -> None:
    of_template = template({"p": nested(POLICY, levels)}, "Custom::Thing")
    values = {"address": "x_y.z", "type": "x_y", "mode": "managed", "values": {"p": nested(json.dumps(POLICY), levels)}}
    of_plan = plan(planned_values={"root_module": {"resources": [values]}})
    for document, name in ((of_template, "R"), (of_plan, "x_y.z")):
        found = read_all(json.dumps(document), "x.json")
        if levels == 20:
            assert [each.value for each in found.found] == [POLICY]
        else:
            assert found == ([], (f"what is nested more than 100 deep in {name} is not read",), ())


@pytest.mark.parametrize(
    "document",
    [
        {"name": "app", "scripts": {"Statement": "none"}},
        [{"id": "1", "action": "s3:GetObject", "identity_policies": [{"name": "p", "policy": POLICY}]}],
        template({"TemplateURL": "child.yaml"}, "AWS::CloudFormation::Stack"),
        template({"BucketName": {"Ref": "P"}}, "AWS::S3::Bucket", Transform="AWS::Serverless-2016-10-31"),
        plan(complete=True, errored=False),
        plan(resource_changes=[changed({}, {"inline_policy": True})]),  # as of every new role
    ],
)
def test_where_there_is_nothing_to_name_nothing_is(document: Any) -> None:
    assert read_all(json.dumps(document), "x.json") == ([], (), ())


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b'{"Version": "2012\\u002d10-17", "\\u0053tatement": []}', "a.json"),
        (b'"\\x53tatement": []', "a.yaml"),
        ('{"Statement": []}'.encode("utf-16"), "a.json"),
        (json.dumps(template({"Principal": "*"}, "AWS::Lambda::Permission")).encode(), "a.json"),
    ],
)
def test_what_a_directory_holds_is_read(data: bytes, path: str) -> None:
    assert may_hold_policy(data, path)
