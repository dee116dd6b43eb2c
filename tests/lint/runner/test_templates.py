"""Policies in CloudFormation templates and Terraform plans: found, of the right type, placed, nothing made up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from preflight.documents.policies.find import read_policies
from preflight.documents.policies.found_policy import FoundPolicy
from preflight.engine.result import Result
from preflight.lint.runner.one_policy import Linter
from preflight.lint.runner.selection import lint_rules

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
POLICY = {"Version": "2012-10-17", "Statement": [ALLOW]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": {"Ref": "Who"}}, "Action": "sts:AssumeRole"}],
}
ON_BUCKET = {"Version": "2012-10-17", "Statement": [{**ALLOW, "Principal": {"AWS": {"Fn::GetAtt": ["R", "Arn"]}}}]}

PLAIN = {"Version": "2012-10-17", "Statement": [{**ALLOW, "Principal": {"AWS": "111122223333"}}]}
PLAIN_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}],
}


def template(resource: str, **properties: Any) -> str:
    return json.dumps({"Resources": {"Thing": {"Type": resource, "Properties": properties}}}, indent=1)


def found_in(text: str, path: str = "t.json") -> list[FoundPolicy]:
    return read_policies(text, path)


def linted(text: str, path: str = "t.json", *, level: str = "") -> list[Result]:
    linter = Linter(lint_rules())
    results = [each.result() for policy in found_in(text, path) for each in linter.findings(policy)]
    return [each for each in results if level in ("", each.level)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (template("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST, Policies=[{"PolicyDocument": POLICY}]),
         [("trust", "the trust policy of Thing", None), ("identity", "Thing", "role")]),
        (template("AWS::IAM::ManagedPolicy", PolicyDocument=POLICY), [("identity", "Thing", "managed")]),
        (template("AWS::S3::BucketPolicy", PolicyDocument=ON_BUCKET), [("resource", "Thing", "s3")]),
        (template("AWS::EC2::VPCEndpoint", PolicyDocument=json.dumps(PLAIN)), [("vpc-endpoint", "Thing", None)]),
        (template("AWS::Organizations::Policy", Type="SERVICE_CONTROL_POLICY", Content=POLICY),
         [("scp", "Thing", None)]),
        (template("AWS::Serverless::Function", Policies=["AWSLambdaExecute", {"S3ReadPolicy": {"BucketName": "b"}},
                  {"Statement": [ALLOW]}]), [("identity", "Thing", None)]),
        (template("AWS::WAFv2::RuleGroup", Rules=[{"Name": "r", "Statement": {"GeoMatchStatement": {}}, "Action": {}}]),
         []),
        (template("AWS::Events::EventBusPolicy", StatementId="a", Statement={"Effect": "Allow", "Principal": {
            "AWS": "111122223333"}, "Action": "events:PutEvents", "Resource": {"Fn::GetAtt": ["B", "Arn"]}}),
         [("resource", "Thing", "events")]),
        (json.dumps({"format_version": "1.2", "planned_values": {"root_module": {"child_modules": [{"resources": [
            {"address": "module.x.aws_iam_role.this[0]", "type": "aws_iam_role", "mode": "managed",
             "values": {"assume_role_policy": json.dumps(PLAIN_TRUST),
              "inline_policy": [{"policy": json.dumps(POLICY)}]}},
            {"address": "data.aws_iam_policy_document.d", "type": "aws_iam_policy_document", "mode": "data",
             "values": {"json": json.dumps(POLICY)}},
            {"address": "aws_s3_bucket_policy.b", "type": "aws_s3_bucket_policy", "values": {
                "policy": json.dumps(PLAIN)}}]}]}}}),
         [("trust", "the trust policy of module.x.aws_iam_role.this[0]", None),
          ("identity", "module.x.aws_iam_role.this[0]", "role"), ("resource", "aws_s3_bucket_policy.b", "s3")]),
        (json.dumps({"format_version": "1.2", "resource_changes": [
            {"address": "aws_iam_policy.p", "type": "aws_iam_policy",
             "change": {"after": {"policy": json.dumps(POLICY)}}},
            {"address": "aws_iam_policy.q", "type": "aws_iam_policy", "change": {"after": None}}]}),
         [("identity", "aws_iam_policy.p", "managed")]),
    ],
)  # fmt: skip
def test_what_is_found_and_what_it_is_for(text: str, told: list[tuple[str, str, str | None]]) -> None:
    found = found_in(text)
    assert [(each.type, each.name, each.owner.get("service") or each.owner.get("kind")) for each in found] == told
    assert not [result for result in linted(text) if result.level == "error"]


UNKNOWN = [{"Ref": "X"}, {"Fn::Sub": "arn:${AWS::Partition}:s3:::${B}/*"}, {"Fn::ImportValue": "x"},
           {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", {"Ref": "B"}]]}, {"Fn::GetAtt": "B.Arn"},
           {"Fn::If": ["C", {"Ref": "X"}, {"Ref": "AWS::NoValue"}]}, {"Fn::Select": [0, {"Ref": "L"}]}]  # fmt: skip


@pytest.mark.parametrize("value", UNKNOWN)
@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(
    "statement",
    [
        {"Resource": None},
        {"NotResource": None, "Effect": "Deny"},
        {"Action": None},
        {"Condition": {"ArnLike": {"aws:PrincipalArn": None}}},
        {"Condition": {"Bool": {"aws:SecureTransport": None}}},
        {"Condition": {"Null": {"aws:PrincipalOrgID": None}}},
    ],
)
def test_nothing_is_said_of_what_only_the_deploy_knows(statement: dict[str, Any], value: Any, many: bool) -> None:
    put = [value] if many else value
    filled = json.loads(json.dumps({**ALLOW, **statement}).replace("null", json.dumps(put)))
    if "NotResource" in filled:
        del filled["Resource"]
    text = template("AWS::IAM::ManagedPolicy", PolicyDocument={"Version": "2012-10-17", "Statement": [filled]})
    assert [each.rule for each in linted(text) if each.rule != "IAM203"] == []


YAML = """\
Resources:
  Role:
    Type: AWS::IAM::Policy
    Properties:
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action:
              - !Ref AWS::NoValue
              - !If [Prod, s3:GetObjct, s3:GetObject]
              - sagemaker:CreateEndpoit
            Resource: !Sub arn:${AWS::Partition}:s3:::${Bucket}/*
          - !If
            - Prod
            - !Ref AWS::NoValue
            - Effect: Alow
              Action: s3:GetObject
              Resource: !Join [":", [arn:aws:s3, !Ref AWS::Region, "", b/*]]
"""


@pytest.mark.parametrize("text", [YAML, None], ids=["short", "long"])
def test_places_are_those_of_the_template_on_both_branches(text: str | None) -> None:
    (found, other) = found_in(YAML, "t.yaml")
    assert found.value["Statement"][0]["Action"] == ["s3:GetObjct", "sagemaker:CreateEndpoit"]
    assert other.value["Statement"][0]["Action"] == ["s3:GetObject", "sagemaker:CreateEndpoit"]
    if text is None:
        whole = json.dumps({"Resources": {"Role": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": {
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [{"Ref": "AWS::NoValue"},
            {"Fn::If": ["Prod", "s3:GetObjct", "s3:GetObject"]}, "sagemaker:CreateEndpoit"],
            "Resource": {"Fn::Sub": "arn:${AWS::Partition}:s3:::${Bucket}/*"}}, {"Fn::If": ["Prod",
            {"Ref": "AWS::NoValue"}, {"Effect": "Alow", "Action": "s3:GetObject", "Resource": {"Fn::Join": [":",
            ["arn:aws:s3", {"Ref": "AWS::Region"}, "", "b/*"]]}}]}]}}}}}, indent=1)  # fmt: skip
        text, path = whole, "t.json"
    else:
        path = "t.yaml"
    lines = text.split("\n")
    at: dict[str, set[str]] = {}
    for result in linted(text, path):
        where = result.location
        assert where is not None and where.line is not None and where.column is not None
        at.setdefault(result.rule, set()).add(
            lines[where.line - 1][where.column - 1 :].strip('",]} ').partition(",")[0]
        )
    assert at["IAM101"] == {"s3:GetObjct", "sagemaker:CreateEndpoit"} and at["IAM011"] == {"Alow"}


def test_pointers_lead_to_the_value_in_the_long_form() -> None:
    (first, *_) = (each for each in linted(YAML, "t.yaml") if each.rule == "IAM101")
    assert first.location is not None
    assert first.location.pointer == "/Resources/Role/Properties/PolicyDocument/Statement/0/Action/1/Fn::If/1"


def test_what_functions_make_is_shown_as_the_template_writes_it() -> None:
    made = {"Fn::Sub": "arn:${AWS::Partition}:s3:${AWS::Region}:${AWS::AccountId}:bucket"}
    text = template("AWS::IAM::ManagedPolicy", PolicyDocument={"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": made}]})  # fmt: skip
    messages = " ".join(each.message + each.remedy for each in linted(text))
    assert "${AWS::" in messages and "900000000009" not in messages and "PrincipalTag" not in messages


@pytest.mark.parametrize("other", [False, True])
def test_the_account_of_a_snapshot_and_of_a_listing_is_known(other: bool) -> None:
    account = "444455556666" if other else "111122223333"
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
         "Action": "sts:AssumeRole"}]}  # fmt: skip
    listing = {"RoleDetailList": [{"RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r",
                                   "AssumeRolePolicyDocument": trust}]}  # fmt: skip
    snapshot = {"version": 1, "account": "111122223333", "iam": listing}
    for text in (json.dumps(listing), json.dumps(snapshot)):
        assert found_in(text)[0].owner["account"] == "111122223333"
        assert ("IAM252" in [each.rule for each in linted(text)]) is other


TEXT_POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"es.amazonaws.com"},'
    '"Action":"logs:PutLogEvent","Resource":"arn:aws:logs:${AWS::Region}:${Account}:*","Condition":'
    '{"StringEquals":{"aws:SourceAccount":"${AWS::AccountId}"}}}]}'
)
JOINED = {"Fn::Join": ["", [TEXT_POLICY.partition("arn:aws")[0], {"Ref": "G"}, '"}]}']]}


@pytest.mark.parametrize(
    ("text", "path", "exact"),
    [
        (template("AWS::Logs::ResourcePolicy", PolicyDocument={"Fn::Sub": TEXT_POLICY}), "t.json", True),
        (template("AWS::Logs::ResourcePolicy", PolicyDocument={"Fn::Sub": [TEXT_POLICY, {"Account": "111122223333"}]}),
         "t.json", True),
        (template("AWS::Logs::ResourcePolicy", PolicyDocument=JOINED), "t.json", False),
        (f"Resources:\n  R:\n    Type: AWS::Logs::ResourcePolicy\n    Properties:\n      PolicyDocument: !Sub '"
         f"{TEXT_POLICY}'\n", "t.yaml", True),
        (f"Resources:\n  R:\n    Type: AWS::Logs::ResourcePolicy\n    Properties:\n      PolicyDocument: !Sub\n"
         f"        - '{TEXT_POLICY}'\n        - Account: !Ref A\n", "t.yaml", True),
    ],
)  # fmt: skip
def test_policies_that_functions_make_as_text(text: str, path: str, exact: bool) -> None:
    (result,) = [each for each in linted(text, path) if each.level == "error"]
    assert result.rule == "IAM101" and result.location is not None
    assert result.location.line is not None and result.location.column is not None
    line = text.split("\n")[result.location.line - 1][result.location.column - 1 :]
    assert line.lstrip('\\"').startswith("logs:PutLogEvent") is exact


@pytest.mark.parametrize("text", ['{"Statement":[${More}]}', '{"Statement":{"${Action}":1}}', "{Statement", "{}"])
def test_no_policy_is_made_of_text_that_the_deploy_may_change_in_form(text: str) -> None:
    assert found_in(template("AWS::Logs::ResourcePolicy", PolicyDocument={"Fn::Sub": text})) == []


def test_the_lone_statement_of_an_event_bus_is_placed_as_it_stands() -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "events:PutEvent", "Resource": "*"}
    text = template("AWS::Events::EventBusPolicy", StatementId="a", Statement=statement)
    (result,) = [each for each in linted(text) if each.rule == "IAM101"]
    assert result.location is not None and result.location.line is not None
    assert result.location.pointer == "/Resources/Thing/Properties/Statement/Action"
    assert "events:PutEvent" in text.split("\n")[result.location.line - 1]


MALFORMED: list[tuple[Any, str]] = [
    ({}, "IAM008"),
    ({"Version": "2012-10-17"}, "IAM008"),
    ({"Version": "2012-10-17", "Statements": [ALLOW]}, "IAM006"),
    ({"version": "2012-10-17", "statement": [ALLOW]}, "IAM006"),
    (ALLOW, "IAM006"),
    ([ALLOW], "IAM007"),
    ({"Version": "2012-10-17", "Statement": "all"}, "IAM007"),
    ({"Fn::If": ["C", {"statement": []}, POLICY]}, "IAM006"),
]


@pytest.mark.parametrize(("policy", "rule"), MALFORMED)
@pytest.mark.parametrize(
    ("resource", "name"),
    [("AWS::IAM::ManagedPolicy", "PolicyDocument"), ("AWS::IAM::Role", "AssumeRolePolicyDocument"),
     ("AWS::Kinesis::ResourcePolicy", "ResourcePolicy"), ("AWS::Backup::BackupVault", "AccessPolicy")],
)  # fmt: skip
def test_where_a_policy_belongs_what_is_there_is_one(resource: str, name: str, policy: Any, rule: str) -> None:
    found = linted(template(resource, **{name: policy}), level="error")
    assert rule in {each.rule for each in found}
    assert all(each.location and each.location.pointer.startswith("/Resources/Thing/Properties/") for each in found)


@pytest.mark.parametrize(
    ("resource", "name"),
    [("AWS::KMS::Key", "KeyPolicy"), ("AWS::SQS::QueuePolicy", "PolicyDocument"), ("AWS::EFS::FileSystem",
     "FileSystemPolicy"), ("AWS::EC2::VPCEndpoint", "PolicyDocument"), ("AWS::DynamoDB::Table", "ResourcePolicy")],
)  # fmt: skip
def test_a_resource_policy_without_principal_is_an_error(resource: str, name: str) -> None:
    held = {"PolicyDocument": POLICY} if name == "ResourcePolicy" else POLICY
    assert "IAM015" in {each.rule for each in linted(template(resource, **{name: held}), level="error")}


@pytest.mark.parametrize("held", [{"Ref": "Doc"}, {"Fn::GetAtt": ["A", "B"]}, "{{resolve:ssm:/policy}}"])
def test_a_policy_that_the_deploy_brings_is_no_error(held: Any) -> None:
    assert linted(template("AWS::IAM::ManagedPolicy", PolicyDocument=held)) == []


def test_policies_in_loops_are_linted() -> None:
    wrong = {"Version": "2012-10-17", "Statement": [{**ALLOW, "Action": "s3:GetObjekt", "Resource": "${N}"}]}
    role = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": wrong}}
    text = json.dumps({"Resources": {"Fn::ForEach::Roles": ["N", ["A", "B"], {"Role${N}": role}]}})
    (found,) = linted(text)
    assert found.rule == "IAM101" and found.location is not None
    pointer = found.location.pointer
    assert pointer == "/Resources/Fn::ForEach::Roles/2/Role${N}/Properties/PolicyDocument/Statement/0/Action"


@pytest.mark.parametrize(
    ("more", "rule"),
    [({"Principal": "*"}, "IAM250"), ({"Principal": "s3.amazonaws.com"}, "IAM235"),
     ({"Principal": "s3.amazonaws.com", "SourceArn": {"Fn::GetAtt": ["B", "Arn"]}, "SourceAccount": "111122223333"},
      None), ({"Principal": {"Ref": "Who"}}, None)],
)  # fmt: skip
def test_a_lambda_permission_is_a_statement(more: dict[str, Any], rule: str | None) -> None:
    given = {"FunctionName": {"Ref": "F"}, "Action": "lambda:InvokeFunction", **more}
    assert [each.rule for each in linted(template("AWS::Lambda::Permission", **given))] == ([rule] if rule else [])


def test_a_text_with_a_provider_in_the_name_of_a_key_is_read() -> None:
    text = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": '
        '"arn:aws:iam::${AWS::AccountId}:oidc-provider/${OIDC}"}, "Action": "sts:AssumeRoleWithWebIdentity", '
        '"Condition": {"StringEquals": {"${OIDC}:sub": "system:serviceaccount:a:b", "${OIDC}:aud": '
        '"sts.amazonaws.com"}}}, {"effect": "Allow"}]}'
    )
    found = linted(template("AWS::IAM::Role", AssumeRolePolicyDocument={"Fn::Sub": text}))
    assert {each.rule for each in found} <= {"IAM006", "IAM012", "IAM015"}
    assert "IAM006" in {each.rule for each in found}


@pytest.mark.parametrize(
    "resource",
    ["arn:aws:sqs:us-east-1:<account-id>:q", "arn:aws:sqs:{{ region }}:111122223333:q", "REPLACE_ME",
     "arn:aws:sqs:us-east-1:${account_id}:q", "arn:aws:sqs:REGION:ACCOUNT_ID:q", "arn:aws:sqs:us-east-1:__ACCOUNT__:q"],
)  # fmt: skip
def test_a_placeholder_is_named_once_and_nothing_follows_from_it(resource: str) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": resource}],
    }
    assert [each.rule for each in linted(json.dumps(policy))] == ["IAM018"]


def test_dynamic_references_are_known_after_the_deploy() -> None:
    statement = {**ALLOW, "Resource": "arn:aws:s3:::{{resolve:ssm:/bucket}}/*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    assert linted(template("AWS::IAM::ManagedPolicy", PolicyDocument=policy)) == []


def test_the_resource_policy_of_serverless_is_one() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "111122223333"},
        "Action": "execute-api:Invok",
        "Resource": "*",
    }
    for api in ({"apiGateway": {"resourcePolicy": [statement]}}, {"resourcePolicy": [statement]}):
        text = json.dumps({"service": "s", "provider": {"name": "aws", **api}})
        assert [each.rule for each in linted(text, level="error")] == ["IAM101"]


def test_the_statements_of_serverless_are_a_policy() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": {"Fn::GetAtt": ["B", "Arn"]}}
    role = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": [statement]}}}
    provider = {"name": "aws", "iam": {"role": {"statements": [statement]}}, "iamRoleStatements": [statement]}
    text = json.dumps({"service": "s", "provider": provider, "resources": {"Resources": {"R": role}}})
    found = [each for each in linted(text, level="error") if each.location is not None]
    assert [each.rule for each in found] == ["IAM101"] * 3
    assert [each.location.pointer for each in found if each.location] == [
        "/provider/iam/role/statements/0/Action",
        "/provider/iamRoleStatements/0/Action",
        "/resources/Resources/R/Properties/PolicyDocument/Statement/0/Action",
    ]
