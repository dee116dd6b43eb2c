"""Security rules where the answer depends on the policy as a whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from preflight.engine.result import Level
from preflight.lint.analysis import escalation_paths
from preflight.lint.policy.subject import Subject
from preflight.lint.rules.security import data_exposure, escalation, pass_role
from tests.lint.linting import findings, found_policy

ANY = {"Effect": "Allow", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def rules(value: Any, type_: Any = "identity", service: str = "") -> set[str]:
    return {each.head.id for each in findings(value, type_, select="IAM2", service=service)}


def ways(value: Any) -> set[str]:
    grants = Subject(found_policy(value)).grants
    return {way.name for way in escalation_paths.ways() if escalation.is_open(way, grants)}


@pytest.mark.parametrize("way", escalation_paths.ways(), ids=lambda way: way.name)
def test_each_way_is_open_to_exactly_what_it_needs(way: escalation_paths.Way) -> None:
    actions = [*way.needs, *way.creates]
    assert way.name in ways(policy(allow(actions)))
    assert all(way.name not in ways(policy(allow([each for each in actions if each != left]))) for left in actions)
    assert way.name not in ways(policy(allow(actions), deny(way.needs[0])))
    assert way.name not in ways(
        policy(allow(actions, Condition={"StringEquals": {"aws:PrincipalTag/team": "security"}}))
    )


@pytest.mark.parametrize("way", [way for way in escalation_paths.ways() if way.passed_to], ids=lambda way: way.name)
def test_a_role_is_passed_to_the_service_that_runs_it(way: escalation_paths.Way) -> None:
    def limited(service: list[str]) -> dict[str, Any]:
        condition = {"StringEquals": {"iam:PassedToService": service}}
        return policy(allow("iam:PassRole", Condition=condition), allow([*way.needs[1:], *way.creates]))

    assert way.name in ways(limited(list(way.passed_to)))
    assert way.name not in ways(limited(["support.amazonaws.com"]))
    only = policy(allow("iam:PassRole", "arn:aws:iam::111122223333:role/one"), allow(list(way.creates) or ["s3:*"]))
    assert way.name not in ways(only)


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        pytest.param([allow("iam:PutRolePolicy", "arn:aws:iam::*:role/*")], True, id="every role, by its pattern"),
        pytest.param([allow("iam:PutRolePolicy", "arn:aws-cn:iam::444455556666:role/*")], True, id="in China"),
        pytest.param([allow("IAM:putrolepolicy")], True, id="in another case"),
        pytest.param([allow("iam:PutRolePolicy", "arn:aws:iam::*:role/app-*")], False, id="roles of a name"),
        pytest.param([allow("iam:PutRolePolicy", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})], True,
                     id="with MFA, which those who hold the policy have"),
        pytest.param([allow("iam:*"), deny("*", Condition={"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}})],
                     True, id="in a region"),
        pytest.param([allow("iam:*"), deny("iam:*", "arn:aws:iam::*:role/admin")], True, id="all roles but one"),
        pytest.param([{"Effect": "Allow", "NotAction": ["iam:*", "sso:*"], "Resource": "*"}], False,
                     id="all but IAM and permission sets"),
        pytest.param([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], True, id="all but S3"),
    ],
)  # fmt: skip
def test_own_permissions(statements: list[dict[str, Any]], found: bool) -> None:
    assert ("IAM209" in rules(policy(*statements))) is found


def test_what_a_shorter_way_says_is_not_said_again() -> None:
    found = list(
        escalation.own_permissions(Subject(found_policy(policy(allow(["iam:PutRolePolicy", "sts:AssumeRole"])))))
    )
    assert len(found) == 1 and "sts:AssumeRole" not in found[0].message


def test_an_administrator_is_said_once() -> None:
    assert rules(policy(allow("*"))) == {"IAM200"}
    assert rules(policy(allow(["*", "iam:PassRole", "s3:*"]), allow("cloudtrail:StopLogging"))) == {"IAM200"}


def test_sensible_policies_are_silent() -> None:
    endpoints = [f"arn:aws:sagemaker:us-east-1:111122223333:{kind}/demo-*" for kind in ("endpoint", "endpoint-config")]
    deployer = policy(
        allow("sagemaker:CreateEndpoint", endpoints),
        allow("sagemaker:DeleteEndpoint", endpoints[:1]),
        allow(["sagemaker:DescribeEndpoint", "sagemaker:ListEndpoints", "ecr:GetAuthorizationToken"]),
        allow("iam:PassRole", "arn:aws:iam::111122223333:role/endpoint-execution",
              Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}),
        allow(["s3:GetObject"], "arn:aws:s3:::models/*"),
    )  # fmt: skip
    assert rules(deployer) == set()


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
         "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1a2b3c4d5e"}}},
        {"Effect": "Allow", "Principal": {"AWS": ["111122223333", "*"]}, "Action": ["s3:Get*"], "Resource": "*"},
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
         "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}},
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
         "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}},
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
         "Condition": {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}},
    ],
)  # fmt: skip
def test_conditions_that_keep_nobody_out(statement: dict[str, Any]) -> None:
    assert "IAM250" in rules(policy(statement), "resource", "s3")


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalOrgID": "o-1a2b3c4d5e"}},
        {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}},
        {"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}},
        {"StringEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}},
    ],
)
def test_conditions_that_keep_strangers_out(condition: dict[str, Any]) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    assert "IAM250" not in rules(policy({**statement, "Condition": condition}), "resource", "s3")


def test_our_reading_of_open_buckets_is_policyuniverses() -> None:
    from policyuniverse.policy import Policy

    for principal in ("*", {"AWS": "*"}, {"AWS": "arn:aws:iam::111122223333:root"}):
        for condition in (
            {},
            {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
            {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        ):
            value = policy(
                {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
                 **({"Condition": condition} if condition else {})}
            )  # fmt: skip
            assert ("IAM250" in rules(value, "resource", "s3")) is Policy(value).is_internet_accessible(), value


@pytest.mark.parametrize(("kept", "found"), [("s3:GetObject", True), ("s3:*", False)])
def test_every_action_is_asked_for(kept: str, found: bool) -> None:
    bucket = "arn:aws:s3:::b/*"
    opened = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": bucket}
    barred = {"Effect": "Deny", "Principal": "*", "Action": kept, "Resource": bucket}
    assert ("IAM250" in rules(policy(opened, barred), "resource", "s3")) is found


@pytest.mark.parametrize(
    ("action", "resource", "service"),
    [
        ("sns:Publish", "arn:aws:sns:us-east-1:111122223333:t", "sns"),
        ("ecr:*", None, "ecr"),
        ("kms:Decrypt", "*", "kms"),
        ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:f", "lambda"),
        ("*", "*", "sqs"),
    ],
)
def test_a_stranger_is_let_into_any_service(action: str, resource: str | None, service: str) -> None:
    opened = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": action}
    assert "IAM250" in rules(policy({**opened, "Resource": resource} if resource else opened), "resource", service)
    owned = {**opened, "Condition": {"StringEquals": {"AWS:SourceOwner": "111122223333"}}, "Resource": resource or "*"}
    assert "IAM250" not in rules(policy(owned), "resource", service)


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("*", True),
        ("repo:*", True),
        ("repo:*/app:ref:refs/heads/main", True),
        ("repo:acme*", True),
        ("rep?:acme/app:*", True),
        ("repo:acme/*", False),
        ("repo:acme/app:*", False),
        ("repo:acme/app:environment:production", False),
        ("repository_owner:acme:*", False),
    ],
)
def test_whose_repositories_a_subject_names(subject: str, found: bool) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": subject}},
    }
    assert ("IAM241" in rules(policy(statement), "trust")) is found


def test_a_resource_that_everyone_manages_is_an_error() -> None:
    for action, level in (("s3:GetObject", None), ("s3:*", Level.ERROR), ("s3:PutBucketPolicy", Level.ERROR)):
        statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "arn:aws:s3:::b"}
        (found,) = findings(policy(statement), "resource", select="IAM250", service="s3")
        assert found.finding.level is level


def test_checks_cost_nothing_where_nothing_is_watched() -> None:
    subject = Subject(found_policy(policy(allow("sagemaker:DescribeEndpoint"))))
    for check in (escalation.own_permissions, data_exposure.data, data_exposure.credentials, pass_role.pass_any_role):
        assert list(check(subject)) == []
    assert "policy" not in subject.__dict__, "the policy need not be compiled"


def test_aws_managed_policies_have_no_error() -> None:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    managed = json.loads(aws_managed_policies_data)
    wrong = [
        (name, each.head.id)
        for name in list(managed)[::10]
        for each in findings(managed[name]["Document"], select="IAM2")
        if each.head.id < "IAM280" and each.result().level is Level.ERROR
    ]
    assert wrong == []
