"""Conditions that the holder of a policy, or anyone, can meet hide nothing; those that restrict are named."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.engine.result import Level, Result
from tests.lint.linting import findings

MET: list[dict[str, Any]] = [
    {"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}},
    {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1a2b3c4d"}},
    {"StringEqualsIfExists": {"aws:PrincipalTag/team": "growth"}},
    {"ArnLikeIfExists": {"aws:SourceArn": "arn:aws:s3:::b"}},
    {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
    {"Null": {"aws:SourceVpce": "true"}},
    {"Null": {"aws:ResourceTag/team": "true"}},
    {"StringNotEquals": {"aws:ResourceTag/team": "growth"}},
    {"StringEquals": {"aws:RequestedRegion": ["eu-west-3"]}},
    {"StringLike": {"aws:RequestedRegion": "eu-*"}},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"StringEquals": {"aws:PrincipalAccount": "444455556666"}},
    {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}},
    {"StringLike": {"aws:UserAgent": "*"}},
]
CALLER: list[dict[str, Any]] = [
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "192.0.2.0/24"]}},
    {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}},
    {"StringEquals": {"aws:PrincipalTag/team": "growth"}},
    {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}},
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "Bool": {"aws:SecureTransport": "true"}},
]
NAMED: list[dict[str, Any]] = [
    {"StringEquals": {"aws:ResourceTag/team": "growth"}},
    {"StringNotEqualsIfExists": {"aws:ResourceTag/team": "growth"}, "Null": {"aws:ResourceTag/team": "false"}},
]
GRANTS = {
    "IAM201": {"NotAction": "s3:*", "Resource": "*"},
    "IAM202": {"Action": "sqs:*", "Resource": "*"},
    "IAM203": {"Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b/*"},
    "IAM204": {"Action": "s3:PutObject", "Resource": "*"},
    "IAM206": {"Action": "s3:GetObject", "Resource": "*"},
    "IAM207": {"Action": "redshift:GetClusterCredentials", "Resource": "*"},
    "IAM208": {"Action": "s3:PutBucketPolicy", "Resource": "*"},
    "IAM209": {"Action": "iam:PutRolePolicy", "Resource": "*"},
    "IAM210": {"Action": "iam:PassRole", "Resource": "*"},
    "IAM211": {"Action": "iam:CreateServiceLinkedRole", "Resource": "*"},
    "IAM212": {"Action": "sts:AssumeRole", "Resource": "*"},
    "IAM214": {"Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"},
    "IAM215": {"Action": "ssm:SendCommand", "Resource": "*"},
}


def found(rule: str, *statements: dict[str, Any]) -> list[Result]:
    written = [{"Effect": "Allow", **each} for each in statements]
    return [each.result() for each in findings({"Version": "2012-10-17", "Statement": written}, select=rule)]


@pytest.mark.parametrize("rule", GRANTS)
def test_conditions_that_can_be_met_at_will_hide_nothing(rule: str) -> None:
    (plain,) = found(rule, GRANTS[rule])
    for condition in MET:
        (one,) = found(rule, {**GRANTS[rule], "Condition": condition})
        assert (one.level, one.message) == (plain.level, plain.message), condition


@pytest.mark.parametrize("rule", GRANTS)
def test_conditions_on_the_caller_are_named_and_lower_the_level(rule: str) -> None:
    for condition in CALLER:
        (one,) = found(rule, {**GRANTS[rule], "Condition": condition})
        assert one.level is Level.NOTE
        limit = next(key for keys in condition.values() for key in keys)
        assert one.message.endswith(f"under a condition on {limit}"), condition
    denied = found(
        rule, GRANTS[rule], {**_all("Deny"), "Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    )
    if rule > "IAM205":
        assert [each.level for each in denied] == [Level.NOTE]
        assert denied[0].message.endswith("aws:SourceIp")


def _all(effect: str) -> dict[str, Any]:
    return {"Effect": effect, "Action": "*", "Resource": "*"}


@pytest.mark.parametrize("rule", sorted(set(GRANTS) - {"IAM201", "IAM203"}))
def test_conditions_that_name_resources_are_what_the_rules_ask_for(rule: str) -> None:
    for condition in NAMED:
        assert not found(rule, {**GRANTS[rule], "Condition": condition}), condition


@pytest.mark.parametrize("rule", ["IAM201", "IAM203"])
def test_all_but_some_under_a_condition_is_a_note(rule: str) -> None:
    for condition in NAMED:
        (one,) = found(rule, {**GRANTS[rule], "Condition": condition})
        assert one.level is Level.NOTE
        assert one.message.endswith("aws:ResourceTag/team")


@pytest.mark.parametrize(
    ("condition", "limited"),
    [
        ({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}, True),
        ({"StringLike": {"iam:PassedToService": ["lambda.*", "ecs.*"]}}, True),
        ({"StringEqualsIfExists": {"iam:PassedToService": "lambda.amazonaws.com"}}, True),
        ({"StringLike": {"iam:PassedToService": "*"}}, False),
        ({"StringNotEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}, False),
        ({"Null": {"iam:PassedToService": "false"}}, False),
    ],
)
def test_a_role_is_limited_to_services_by_their_names(condition: dict[str, Any], *, limited: bool) -> None:
    assert bool(found("IAM210", {**GRANTS["IAM210"], "Condition": condition})) != limited


@pytest.mark.parametrize(
    ("resource", "every"),
    [
        ("arn:aws:dynamodb:*:*:table/*", True),
        ("arn:aws:dynamodb:us-east-1:*:table/*", True),
        ("arn:*:dynamodb:*:*:*", True),
        ("arn:aws:dynamodb:*:*:table/orders-*", False),
        ("arn:aws:dynamodb:us-east-1:111122223333:table/*", False),
        ("arn:aws:dynamodb:*:*:table/*/index/*", False),
    ],
)
def test_every_table_of_any_account_is_everything(resource: str, *, every: bool) -> None:
    assert bool(found("IAM204", {"Action": "dynamodb:PutItem", "Resource": resource})) == every


def test_one_finding_for_each_statement_and_action() -> None:
    for rule, actions in (
        ("IAM206", ["s3:GetObject", "dynamodb:Scan"]),
        ("IAM207", ["redshift:GetClusterCredentials", "ec2:GetPasswordData"]),
        ("IAM208", ["s3:PutBucketPolicy", "sqs:AddPermission"]),
    ):
        both = {"Action": actions, "Resource": "*"}
        places = {each.location.pointer for each in found(rule, both, both) if each.location is not None}
        assert places == {f"/Statement/{statement}/Action/{action}" for statement in (0, 1) for action in (0, 1)}


def test_action_and_not_action_together_are_no_crash() -> None:
    both = {"Action": "s3:*", "NotAction": "iam:*", "Resource": "*"}
    assert [each.location.pointer for each in found("IAM200", both) if each.location] in (
        [],
        ["/Statement/0/NotAction"],
    )
