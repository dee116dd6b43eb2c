"""Policies that grant everything, or so much that their holders can add the rest; and those that do not."""

from __future__ import annotations

from typing import Any

import pytest

from preflight import catalog
from preflight.api.proofs import not_administrator
from preflight.iam.decide import decide
from preflight.iam.decision import Outcome
from preflight.iam.proof import DocumentType, Proof
from preflight.simulate.cases import Case, read_case

ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ACCOUNT = "111122223333"


def proved(*statements: dict[str, Any], type_: DocumentType = "identity", **assume: str) -> Proof:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    given = {key.replace("_", ":"): value for key, value in assume.items()}
    proof = not_administrator(document, type_, assume=given)
    for each in proof.counterexamples:
        case = read_case(each.case(document, "p"), 1, "case", str)
        assert isinstance(case, Case)
        assert decide(case.request, case.policies).outcome is Outcome.ALLOWED
    return proof


def under(operator: str, key: str, value: str | list[str]) -> dict[str, Any]:
    return {**ALL, "Condition": {operator: {key: value}}}


def without(element: str, *values: str) -> dict[str, Any]:
    return {name: value for name, value in ALL.items() if name != element} | {f"Not{element}": list(values)}


def deny(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": resource, **more}


@pytest.mark.parametrize(
    "statements",
    [
        [{**ALL, "Resource": "arn:*"}],
        [{**ALL, "Resource": "arn:aws:*"}],
        [{**ALL, "Resource": "arn:*:*:*:*:*"}],
        [{**ALL, "Resource": ["arn:aws:*", "arn:aws-cn:*"]}],
        [{**ALL, "Resource": f"arn:aws:*:*:{ACCOUNT}:*"}],
        [{**ALL, "Action": "*:*"}],
        [without("Action", "s3:GetObject")],
        [without("Action", "nothing:Exists")],
        [without("Resource", "arn:aws:s3:::logs/*")],
        [without("Action", "iam:*", "organizations:*"), {**ALL, "Action": "iam:*"}],
        [{**ALL, "Action": [f"{service}:*" for service in catalog.services()]}],
        [{**ALL, "Action": f"{service}:*"} for service in catalog.services()],
        [ALL, deny("organizations:*", "account:*")],
        [ALL, deny("iam:*", resource="arn:aws:iam::*:role/admin")],
        [ALL, deny("*", Condition={"StringEquals": {"aws:ResourceTag/protected": "yes"}})],
        [under("StringLike", "aws:RequestedRegion", "*")],
        [under("StringNotEquals", "aws:RequestedRegion", "cn-north-1")],
        [under("Null", "aws:RequestedRegion", "false")],
        [under("StringEquals", "aws:ResourceAccount", "${aws:PrincipalAccount}")],
        [under("StringEqualsIfExists", "ec2:InstanceType", "t3.micro")],
        [under("ForAllValues:StringEquals", "aws:TagKeys", "team")],
        [under("StringNotEquals", "aws:ResourceTag/team", "core")],
    ],
)
def test_what_amounts_to_everything(statements: list[dict[str, Any]]) -> None:
    assert proved(*statements).verdict.value == "fails"


@pytest.mark.parametrize(
    "statements",
    [
        [without("Action", "iam:*", "organizations:*", "account:*")],
        [{**ALL, "Action": "iam:*"}],
        [{**ALL, "Action": ["iam:*", "s3:*", "ec2:*"]}],
        [{**ALL, "Action": "iam:*"}, {**ALL, "Resource": "arn:aws:s3:::logs/*"}],
        [ALL, deny("iam:*")],
        [ALL, deny("*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})],
        [ALL, deny("iam:*", Condition={"StringNotEquals": {"iam:PermissionsBoundary": "arn:aws:iam::1:policy/b"}})],
        [under("StringEquals", "aws:RequestedRegion", "us-east-1")],
        [under("StringEquals", "aws:PrincipalTag/team", "core")],
        [under("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/admin")],
        [under("DateGreaterThan", "aws:CurrentTime", "2090-01-01T00:00:00Z")],
    ],
)
def test_what_does_not(statements: list[dict[str, Any]]) -> None:
    assert proved(*statements).verdict.value == "holds"


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("StringEquals", "aws:PrincipalOrgID", "o-abc1234567"),
        ("StringEquals", "aws:PrincipalAccount", ACCOUNT),
        ("StringEquals", "aws:ResourceAccount", ACCOUNT),
        ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/*"),
    ],
)
def test_whose_holders_it_depends_on(operator: str, key: str, value: str) -> None:
    proof = proved(under(operator, key, value))

    assert proof.verdict.value == "unknown"
    assert key in proof.unknown[0]


def test_an_organization_that_is_assumed() -> None:
    statement = under("StringEquals", "aws:PrincipalOrgID", "o-abc1234567")

    assert proved(statement, aws_PrincipalOrgID="o-abc1234567").verdict.value == "fails"


def test_the_counterexample_is_how_the_rest_is_added() -> None:
    (one,) = proved(without("Action", "s3:GetObject")).counterexamples

    assert one.self_grant
    assert one.asked.request.action == "iam:AttachRolePolicy"
    assert one.statement is not None
    assert one.statement.index == 0


@pytest.mark.parametrize("type_", ["scp", "boundary", "session"])
def test_policies_that_limit(type_: DocumentType) -> None:
    assert proved(ALL, type_=type_).verdict.value == ("holds" if type_ == "scp" else "fails")
