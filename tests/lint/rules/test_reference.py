"""Rules on names: what is meant, what is certain, and what good policies look like."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.catalog import source
from preflight.engine.result import Level
from preflight.lint.analysis.action_names import matched
from preflight.lint.analysis.unlisted_names import permission_of, unlisted_action, unlisted_key, unlisted_service
from preflight.lint.rules.reference.keys_of_actions import carries
from tests.lint.linting import findings, results

BUCKET, OBJECTS = "arn:aws:s3:::example-bucket", "arn:aws:s3:::example-bucket/*"
ENDPOINT = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/demo"


def policy(action: Any, resource: Any = "*", *, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    statement = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def condition(operator: str, key: str, value: Any, action: Any = "s3:GetObject", **more: Any) -> dict[str, Any]:
    return policy(action, Condition={operator: {key: value}}, **more)


def ids(document: Any, type_: Any = "identity", service: str = "") -> list[str]:
    return [each.head.id for each in findings(document, type_, select="IAM1", service=service)]


@pytest.mark.parametrize(
    ("action", "rule", "remedy"),
    [
        ("sagemaker:CreateEndpont", "IAM101", "write sagemaker:CreateEndpoint"),
        ("S3:listobjects", "IAM101", "write s3:ListBucket, the action that authorizes it"),
        ("s3:HeadObject", "IAM101", "write s3:GetObject, the action that authorizes it"),
        ("ec2:CreateLoadBalancer", "IAM101", "write elasticloadbalancing:CreateLoadBalancer"),
        ("sagemkr:CreateModel", "IAM100", "write sagemaker:CreateModel"),
        ("lamda:invokefunction", "IAM100", "write lambda:InvokeFunction"),
        ("sagemaker:CreateEndpont*", "IAM102", "write sagemaker:CreateEndpoint, or a pattern that matches it"),
        ("?am:PassRole", "IAM104", "write one entry per service, such as s3:Get*"),
    ],
)
def test_the_remedy_says_what_to_write(action: str, rule: str, remedy: str) -> None:
    found = results(policy(action), select=rule)
    assert [each.remedy for each in found] == [remedy]


@pytest.mark.parametrize(
    "action",
    ["*", "*:*", "s3:*", "S3:GETOBJECT", "s3:Get?bject", "execute-api:Invoke", "sts:AssumeRole", "", "s3", ":", "s3:"],
)
def test_good_actions_and_malformed_ones_are_let_be(action: str) -> None:
    assert ids(policy(action)) == []


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("arn:aws:s3:::example-bucket/${aws:username}/*", []),
        ("arn:${AWS::Partition}:s3:::example-bucket/*", []),
        ("arn:aws:s3:::${aws:PrincipalTag/bucket, 'none'}/*", []),
        ("${Bucket.Arn}/*", []),
        ("arn:aws:*:*:*:*", ["IAM104"]),
        ("arn:aws*:s3:::example-bucket/*", []),
        ("arn:*", ["IAM111"]),
        ("ARN:aws:s3:::example-bucket/*", ["IAM110"]),
        ("arn:aws:s3:*:*:example-bucket/*", []),
        ("arn:aws:s3:us-east-1:111122223333:example-bucket/*", ["IAM116", "IAM119"]),
        ("arn:aws:s3:us-*:1111*:accesspoint/demo/object/*", []),
        ("arn:aws:s3:eu-south-9:111122223333:accesspoint/demo/object/*", ["IAM115"]),
        ("arn:aws:s3:::", []),
    ],
)
def test_arns(resource: str, expected: list[str]) -> None:
    assert [each for each in ids(policy("s3:GetObject", resource)) if each != "IAM122"] == expected


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:GetPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ("ec2:RunInstances", "arn:aws:ec2:us-east-1::image/ami-0abc"),
        ("ssm:GetDocument", "arn:aws:ssm:us-east-1::document/AWS-RunShellScript"),
        ("ssm:GetParameter", "arn:aws:ssm:us-east-1::parameter/aws/service/ami/*"),
        ("sns:Publish", "arn:aws:sns:us-east-1:111122223333:demo"),
        ("logs:PutLogEvents", "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/demo:*"),
        ("dynamodb:Query", "arn:aws:dynamodb:us-east-1:111122223333:table/demo/index/*"),
        ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:demo:live"),
        ("execute-api:Invoke", "arn:aws:execute-api:us-east-1:111122223333:abc/prod/GET/*"),
        ("states:StartExecution", "arn:aws:states:us-east-1:111122223333:stateMachine:demo"),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:111122223333:secret:demo-??????"),
        ("rds-db:connect", "arn:aws:rds-db:us-east-1:111122223333:dbuser:db-ABC/demo"),
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/demo"),
        ("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/mrk-123"),
        ("apigateway:GET", "arn:aws:apigateway:us-east-1::/restapis/abc"),
        ("elasticloadbalancing:DeleteRule", "arn:aws:elasticloadbalancing:*:*:listener-rule/app/*/*/*/*"),
        ("servicecatalog:DescribePortfolio", "arn:aws:catalog:us-east-1:111122223333:portfolio/port-abc"),
        ("sagemaker:InvokeEndpoint", "arn:aws:sagemaker:*:*:*"),
    ],
)
def test_resources_as_people_write_them(action: str, resource: str) -> None:
    assert ids(policy(action, resource)) == []


@pytest.mark.parametrize(
    ("action", "resource", "effect", "says"),
    [
        ("s3:ListBucket", OBJECTS, "Allow", "doesn't apply to any resource of"),
        ("s3:GetBucket*", OBJECTS, "Allow", "doesn't apply"),
        ("s3:ListAllMyBuckets", [BUCKET, OBJECTS], "Deny", "can be denied only on all resources"),
        ("sagemaker:CreateModel", ENDPOINT, "Allow", "doesn't apply"),
        ("iam:PassRole", OBJECTS, "Allow", "doesn't apply"),
    ],
)
def test_actions_that_no_resource_fits(action: str, resource: Any, effect: str, says: str) -> None:
    (found,) = results(policy(action, resource, effect=effect), select="IAM122")
    assert says in found.message and found.level is Level.WARNING


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:*", OBJECTS),
        ("s3:List*", BUCKET),
        ("*", OBJECTS),
        ("s3:ListBucket", "arn:aws:s3:::*"),
        ("s3:ListBucket", [OBJECTS, "*"]),
        ("s3:ListBucket", "arn:aws:s3*"),
        ("s3:ListBucket", "arn:aws:*:::x/y"),
        ("unknown:Action", OBJECTS),
        ("ec2:DescribeInstances", "arn:aws:ec2:*:*:*"),
        ("sagemaker:AddTags", "arn:aws:sagemaker:us-east-1:111122223333:new-thing/demo"),
    ],
)
def test_actions_that_may_fit(action: str, resource: Any) -> None:
    assert "IAM122" not in ids(policy(action, resource))


@pytest.mark.parametrize(
    ("action", "key", "expected"),
    [
        ("s3:ListBucket", "s3:prefix", True),
        ("s3:GetObject", "S3:Prefix", False),
        ("s3:*", "s3:prefix", True),
        ("s3:GetObject", "s3:ExistingObjectTag/team", True),
        ("s3:GetObject", "s3:RequestObjectTag/team", False),
        ("s3:GetObject", "aws:SourceVpce", True),
        ("*", "s3:prefix", True),
        ("nothing:*", "s3:prefix", True),
        ("ec2:RunInstances", "ec2:SourceInstanceARN", True),
        ("ec2:StopInstances", "ec2:ResourceTag/team", True),
        ("iam:PassRole", "iam:PassedToService", True),
        ("sagemaker:*", "iam:PassedToService", False),
    ],
)
def test_keys_that_requests_carry(action: str, key: str, expected: bool) -> None:
    assert carries(action, key) is expected


@pytest.mark.parametrize(
    ("operator", "effect", "says"),
    [
        ("StringLike", "Allow", "they are never allowed"),
        ("StringLike", "Deny", "they are never denied"),
        ("StringNotLike", "Allow", "allows them regardless of its value"),
        ("StringNotLike", "Deny", "always denies them"),
        ("ForAnyValue:StringLike", "Allow", "they are never allowed"),
        ("StringLikeIfExists", "Allow", None),
        ("ForAllValues:StringLike", "Deny", None),
        ("Null", "Allow", None),
    ],
)
def test_a_condition_on_a_key_that_is_never_carried_is_judged_by_meaning(
    operator: str, effect: str, says: str | None
) -> None:
    document = condition(operator, "s3:prefix", "true", effect=effect)
    found = results(document, select="IAM139")
    assert [says in each.message for each in found] == ([True] if says else [])


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("StringLike", "aws:userid", "AROAEXAMPLE:*", []),
        ("DateLessThan", "aws:EpochTime", 1798761599, ["IAM156"]),
        ("NumericLessThan", "aws:EpochTime", 1798761599, []),
        ("NumericGreaterThan", "aws:TokenIssueTime", 1798761599, ["IAM151"]),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", "False", []),
        ("Bool", "aws:MultiFactorAuthPresent", "${aws:PrincipalTag/mfa}", []),
        ("StringEquals", "aws:SecureTransport", "true", ["IAM151"]),
        ("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "203.0.113.7/24"], ["IAM162"]),
        ("NotIpAddress", "aws:SourceIp", ["fd00::/8"], ["IAM163"]),
        ("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8", []),
        ("ArnLike", "aws:PrincipalArn", "*", []),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/${aws:PrincipalTag/a:b}", []),
        ("StringEquals", "aws:PrincipalTag/x", "${*}-${?}", []),
        ("StringEquals", "aws:RequestedRegion", "us-east-9", ["IAM165"]),
        ("StringLike", "aws:PrincipalOrgID", "o-*", []),
        ("StringLike", "aws:SourceVpc", "vpc-???????", []),
        ("StringEquals", "s3:ResourceAccount", "${aws:PrincipalAccount}", []),
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-exampleorgid/*/ou-*", []),
        ("NumericEquals", "aws:MultiFactorAuthAge", "Infinity", ["IAM157"]),
        ("StringEquals", "", "x", ["IAM130"]),
    ],
)
def test_values(operator: str, key: str, value: Any, expected: list[str]) -> None:
    assert ids(condition(operator, key, value)) == expected


def test_a_range_is_mended_without_changing_what_is_granted() -> None:
    (found,) = findings(condition("IpAddress", "aws:SourceIp", "203.0.113.7/24"), select="IAM162")
    assert [(each.kind, each.value) for each in found.finding.edits] == [("replace", "203.0.113.0/24")]


def test_a_region_that_may_be_new_is_a_warning_and_a_misspelt_one_an_error() -> None:
    levels = [
        each.level
        for region in ("us-east-9", "us-esat-1")
        for each in results(condition("StringEquals", "aws:RequestedRegion", region), select="IAM165")
    ]
    assert levels == [Level.WARNING, Level.ERROR]


def test_only_the_services_that_a_policy_names_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[tuple[str, ...]] = []
    real = source.read
    monkeypatch.setattr(source, "read", lambda *parts: read.append(parts) or real(*parts))
    document = policy(
        ["*", "s3:Get*", "*:Describe*"], [BUCKET, OBJECTS], Condition={"Bool": {"aws:SecureTransport": "true"}}
    )
    findings(document, select="IAM1")
    assert {parts[1] for parts in read if len(parts) > 1} <= {"s3", "ssm"}


@pytest.mark.parametrize("name", ["services", "actions", "keys"])
def test_names_that_are_not_listed_have_not_come_to_be(name: str) -> None:
    from preflight.lint.analysis.unlisted_names import _actions, _data

    listed = _actions() if name == "actions" else _data()[name]
    for each in listed:
        if name == "services":
            assert not source.exists(each) and unlisted_service(each) is not None
        elif name == "actions":
            assert matched(each) == () and unlisted_action(each) is not None
        else:
            prefix = each.partition(":")[0]
            assert each not in source.of_service("conditionKeys", prefix) and unlisted_key(each) is not None


def test_permissions_of_operations_are_actions_and_the_operations_are_not() -> None:
    from preflight.lint.analysis.unlisted_names import _permissions

    for operation, action in _permissions().items():
        assert matched(operation) == () and matched(action) and permission_of(operation.upper()) == action


@pytest.mark.parametrize(
    "action", ["s3: Get", "s3 :Get", "s3:GetObject,s3:PutObject", "s3::GetObject", " s3:GetObject"]
)
def test_a_malformed_action_is_told_once(action: str) -> None:
    told = results({"Statement": {"Effect": "Allow", "Action": [action], "Resource": "*"}})
    assert [each.rule for each in told if each.rule < "IAM2" and each.rule not in ("IAM003", "IAM004")] == ["IAM013"]
