"""What stands where a policy belongs is one, whatever it looks like, in every kind of document that has such places."""

from __future__ import annotations

import json
from typing import Any

import pytest

from preflight.documents.policies.find import read_all
from preflight.documents.policies.found_policy import FoundPolicy

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
SHAPES: dict[str, Any] = {
    "a misspelt element": {"Version": "2012-10-17", "Statements": [{"Effect": "Allow"}]},
    "lower case": {"version": "2012-10-17", "statement": [{"effect": "Allow"}]},
    "an empty object": {},
    "no statement": {"Version": "2012-10-17"},
    "a bare statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    "a list": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
    "a number": 5,
}


def template(type_: str, **properties: Any) -> Any:
    return {"Resources": {"X": {"Type": type_, "Properties": properties}}}


def planned(kind: str, **values: Any) -> Any:
    resource = {"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "values": values}
    return {"format_version": "1.2", "planned_values": {"root_module": {"resources": [resource]}}}


def stack(type_: str, **inputs: Any) -> Any:
    return {"steps": [{"op": "create", "newState": {"urn": "urn:pulumi:s::p::t::x", "type": type_, "inputs": inputs}}]}


def snapshot(**parts: Any) -> Any:
    return {"version": 1, "account": "111122223333", "regions": {}, **parts}


PLACES: dict[str, Any] = {
    "SAM's policies": lambda it: template("AWS::Serverless::Function", Policies=[it]),
    "a key's policy": lambda it: template("AWS::KMS::Key", KeyPolicy=it),
    "a plan": lambda it: planned("aws_iam_policy", policy=json.dumps(it)),
    "a plan, resource": lambda it: planned("aws_sqs_queue_policy", policy=json.dumps(it)),
    "a plan, inline": lambda it: planned("aws_iam_role", inline_policy=[{"name": "n", "policy": json.dumps(it)}]),
    "a plan, awscc": lambda it: planned("awscc_s3_bucket_policy", policy_document=json.dumps(it)),
    "a plan's changes": lambda it: {
        "format_version": "1.2",
        "resource_changes": [{"address": "aws_iam_role.r", "type": "aws_iam_role", "mode": "managed",
                              "change": {"after": {"assume_role_policy": json.dumps(it)}}}],
    },
    "an SCP": lambda it: planned("aws_organizations_policy", type="SERVICE_CONTROL_POLICY", content=json.dumps(it)),
    "a state": lambda it: {
        "format_version": "1.0", "terraform_version": "1.9.0",
        "values": planned("aws_kms_key", policy=json.dumps(it))["planned_values"],
    },
    "a state's file": lambda it: {
        "version": 4, "terraform_version": "1.9.0",
        "resources": [{"mode": "managed", "type": "aws_sns_topic_policy", "name": "x",
                       "instances": [{"attributes": {"policy": json.dumps(it)}}]}],
    },
    "a preview": lambda it: stack("aws:iam/rolePolicy:RolePolicy", policy=json.dumps(it)),
    "a preview, other name": lambda it: stack("aws:ec2/vpcEndpoint:VpcEndpoint", policy=json.dumps(it)),
    "a preview, trust": lambda it: stack("aws:iam/role:Role", assumeRolePolicy=json.dumps(it)),
    "a preview, aws-native": lambda it: stack("aws-native:s3:BucketPolicy", policyDocument=it),
    "a snapshot's role": lambda it: snapshot(iam={"RoleDetailList": [
        {"RoleName": "r", "AssumeRolePolicyDocument": TRUST,
         "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": it}]}
    ]}),
    "a snapshot's bucket": lambda it: snapshot(regions={"us-east-1": {"buckets": [{"Name": "b", "Policy": it}]}}),
}  # fmt: skip


def read(document: Any) -> list[FoundPolicy]:
    return read_all(json.dumps(document), "x.json").found


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("place", PLACES)
def test_whatever_stands_there_is_a_policy(place: str, shape: str) -> None:
    found = [each for each in read(PLACES[place](SHAPES[shape])) if each.value != TRUST]
    assert [each.value for each in found] == [SHAPES[shape]]
    assert found[0].place("") is not None


@pytest.mark.parametrize(
    ("document", "type_", "service"),
    [
        (planned("aws_sqs_queue_policy", policy="{}"), "resource", "sqs"),
        (planned("aws_iam_role", assume_role_policy="{}"), "trust", None),
        (planned("aws_vpc_endpoint", policy="{}"), "vpc-endpoint", None),
        (planned("aws_organizations_policy", type="RESOURCE_CONTROL_POLICY", content="{}"), "rcp", None),
        (planned("aws_opensearch_domain_policy", access_policies="{}"), "resource", "es"),
        (planned("awscc_iam_managed_policy", policy_document="{}"), "identity", None),
        (stack("aws:s3/bucketPolicy:BucketPolicy", policy="{}"), "resource", "s3"),
        (stack("aws-native:iam:Role", assumeRolePolicyDocument={}), "trust", None),
        (template("AWS::Serverless::Api", Auth={"ResourcePolicy": {"CustomStatements": [{}]}}),
         "resource", "execute-api"),
    ],
)  # fmt: skip
def test_the_place_says_what_it_is_for(document: Any, type_: str, service: str | None) -> None:
    (found,) = read(document)
    assert (found.type, found.owner.get("service")) == (type_, service)


@pytest.mark.parametrize(
    "document",
    [
        planned("aws_organizations_policy", type="TAG_POLICY", content='{"tags": {}}'),
        planned("aws_s3_bucket", policy="", bucket="b"),
        planned("aws_iam_role", inline_policy=[], name="r"),
        template("AWS::Serverless::Function", Policies=["AWSLambdaExecute", {"S3ReadPolicy": {"BucketName": "b"}}]),
        template("AWS::SQS::Queue", QueueName="q"),
    ],
)
def test_what_holds_none(document: Any) -> None:
    assert read(document) == []


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (template("AWS::IAM::ManagedPolicy", PolicyDocument={"Ref": "P"}), "PolicyDocument of X is not known"),
        (template("AWS::KMS::Key", KeyPolicy="{{resolve:ssm:/policy}}"), "KeyPolicy of X is not known"),
        (template("AWS::IAM::ManagedPolicy", PolicyDocument={"Fn::Sub": "${Policy}"}), "PolicyDocument of X"),
        (stack("aws:iam/policy:Policy", policy="04da6b54-80e4-46f7-96ec-b56ff0331ba9"), "policy of x is not known"),
        ({"service": "s", "provider": {"iam": {"role": {"statements": "${file(iam.yml)}"}}}},
         "provider.iam.role.statements is ${file(iam.yml)}"),
    ],
)  # fmt: skip
def test_what_only_the_deployment_knows_is_named(document: Any, reason: str) -> None:
    read_ = read_all(json.dumps(document), "x.json")
    assert read_.found == []
    assert reason in read_.passed_over[0]


def test_statements_that_the_framework_puts_in_are_named() -> None:
    statements = ["${self:custom.more}", {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]
    read_ = read_all(json.dumps({"service": "s", "provider": {"iam": {"role": {"statements": statements}}}}), "x.json")
    assert [each.value["Statement"] for each in read_.found] == [statements[1:]]
    assert read_.found[0].shape is not None
    assert not read_.found[0].shape.complete
    assert len(read_.passed_over) == 1


ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.mark.parametrize(
    "document",
    [
        template("AWS::IAM::Role", ManagedPolicyArns=[ADMIN]),
        template("AWS::IAM::Group", ManagedPolicyArns=[{"Fn::If": ["C", ADMIN, {"Ref": "AWS::NoValue"}]}]),
        template("AWS::IAM::User", ManagedPolicyArns=[
            {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess"}]),
        template("AWS::SSO::PermissionSet", ManagedPolicies=[ADMIN]),
        template("AWS::Serverless::Function", Policies="AdministratorAccess"),
        template("AWS::Serverless::StateMachine", Policies=[ADMIN]),
        {"service": "s", "provider": {"iam": {"role": {"managedPolicies": [ADMIN]}}}},
        planned("aws_iam_role_policy_attachment", policy_arn=ADMIN),
        planned("aws_iam_role", managed_policy_arns=[ADMIN.replace(":aws:", ":aws-cn:", 1)]),
        stack("aws:iam/rolePolicyAttachment:RolePolicyAttachment", policyArn=ADMIN),
    ],
)  # fmt: skip
def test_an_administrator_by_attachment(document: Any) -> None:
    (found,) = read(document)
    assert [each.kind for each in found.problems] == ["administrator"]
    assert found.problems[0].line == 1
    assert not found.readable


@pytest.mark.parametrize(
    ("document", "kind", "remedy"),
    [
        (template("AWS::IAM::Role", ManagedPolicyArns=["arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole"]),
         "managed", "Write arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole."),
        (template("AWS::Serverless::Function", Policies=["AWSLambdaBasicExecutionRol"]),
         "managed", "Write AWSLambdaBasicExecutionRole."),
        (template("AWS::Serverless::Function", Policies=[{"S3ReadPolcy": {"BucketName": "b"}}]),
         "template", "Write S3ReadPolicy."),
    ],
)  # fmt: skip
def test_names_that_are_none(document: Any, kind: str, remedy: str) -> None:
    (found,) = read(document)
    assert [(each.kind, each.remedy) for each in found.problems] == [(kind, remedy)]
