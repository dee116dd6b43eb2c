"""Conditions that everybody meets, or nobody, or whoever likes; what is said of outcomes is held to decisions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.iam.decide import decide
from preflight.iam.decision import Outcome
from preflight.iam.policy import parse_policy
from preflight.iam.request import Context, Policies, Request
from tests.lint.linting import findings

KEY = "s3:prefix"


def found(select: str, effect: str, action: str, **condition: Any) -> list[str]:
    statement = {"Effect": effect, "Action": action, "Resource": "*", "Condition": condition}
    return [each.head.id for each in findings({"Version": "2012-10-17", "Statement": statement}, select=select)]


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("AROACKCEVSQ6C2EXAMPLE:*", 0),
        ("AROACKCEVSQ6C2EXAMPLE*", 0),
        ("AIDACKCEVSQ6C2EXAMPLE", 0),
        ("111122223333", 0),
        ("*:session", 0),
        ("${aws:PrincipalTag/id}:session", 0),
        ("${*}", 0),
        ("*", 1),
        ("AROA*:session", 1),
        ("AROACKCEVSQ6C2EXA?", 1),
        ("${aws:PrincipalTag/id}", 1),
        ("A${aws:PrincipalTag/id}:*", 1),
    ],
)
def test_how_much_of_an_id_is_written(value: str, count: int) -> None:
    assert len(found("IAM265", "Allow", "s3:GetObject", StringLike={"aws:userid": value})) == count
    assert len(found("IAM265", "Deny", "s3:GetObject", StringNotLike={"aws:userid": value})) == count
    assert not found("IAM265", "Deny", "s3:GetObject", StringLike={"aws:userid": value})


@pytest.mark.parametrize(
    ("effect", "action", "condition", "rules"),
    [
        ("Deny", "s3:GetObject", {"StringLike": {KEY: "a*"}}, []),
        ("Deny", "s3:*", {"StringEquals": {KEY: "a"}}, ["IAM269"]),
        ("Deny", "s3:ListBucket", {"Null": {KEY: "true"}}, []),
        ("Allow", "s3:ListBucket", {"StringNotEqualsIfExists": {KEY: "a"}}, ["IAM269"]),
        ("Allow", "dynamodb:Q*", {"ForAllValues:StringLike": {"dynamodb:Attributes": "a"}}, ["IAM268"]),
        ("Allow", "dynamodb:Q*", {"ForAnyValue:StringNotLike": {"dynamodb:Attributes": "a"}}, []),
        ("Allow", "s3:GetObject", {"StringNotEquals": {"aws:SourceVpc": "${aws:PrincipalTag/vpc}"}}, []),
        ("Deny", "s3:GetObject", {"StringNotEquals": {"aws:SourceVpc": "${aws:PrincipalTag/vpc}"}}, ["IAM266"]),
        ("Allow", "s3:GetObject", {"StringLike": {"aws:PrincipalOrgID": "o-${*}"}}, []),
    ],
)
def test_what_can_be_got_around(effect: str, action: str, condition: dict[str, Any], rules: list[str]) -> None:
    assert found("IAM26", effect, action, **condition) == rules


@pytest.mark.parametrize(
    ("action", "key", "count"),
    [
        ("s3:*", "aws:VpceAccount", 0),
        ("iam:*", "aws:VpceAccount", 0),
        ("iam:PassRole", "aws:VpceAccount", 1),
        ("sqs:*", "aws:VpceAccount", 1),
        ("sqs:*", "AWS:vpceorgid", 0),
        ("s*:List*", "aws:VpceOrgID", 1),
        ("ec2:*", "aws:SourceVpce", 0),
    ],
)
def test_services_that_name_the_owner_of_an_endpoint(action: str, key: str, count: int) -> None:
    assert len(found("IAM172", "Allow", action, StringEquals={key: "111122223333"})) == count


VALUES = st.lists(st.sampled_from(["*", "**", "a", "a*", "?", "ab", "", "b", "*b"]), min_size=1, max_size=3)
OPERATORS = [
    qualifier + base + suffix
    for base in ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")
    for qualifier in ("", "ForAnyValue:", "ForAllValues:")
    for suffix in ("", "IfExists")
]
CONDITIONS = st.dictionaries(
    st.sampled_from([*OPERATORS, "Null", "NumericGreaterThan", "NumericLessThanEquals"]), VALUES, min_size=1, max_size=3
)
REQUESTS: list[dict[str, Any]] = [
    {},
    *({KEY: value} for value in ("", "a", "b", "ab", "aab", "zb", "*", "?", "1", "2", "3")),
    *({KEY: values} for values in (("a", "b"), ("ab", "zb", ""))),
]


def _allows(policy: dict[str, Any], context: dict[str, Any]) -> bool:
    asked = Request(
        "arn:aws:iam::111122223333:user/u", "s3:ListBucket", "arn:aws:s3:::b", "111122223333", Context(context)
    )
    return decide(asked, Policies(identity=(parse_policy(policy, "p"),))).outcome is Outcome.ALLOWED


@settings(max_examples=300, deadline=None)
@given(CONDITIONS, st.sampled_from(["true", "false"]))
def test_what_is_said_of_outcomes_is_what_is_decided(written: dict[str, list[str]], null: str) -> None:
    condition: dict[str, Any] = {}
    for operator, values in written.items():
        numbers = [str(len(value)) for value in values]
        condition[operator] = {KEY: null if operator == "Null" else numbers if "Numeric" in operator else values}
    several = len(condition) > 1 and not all(operator.startswith("For") for operator in condition)
    statement = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", "Condition": condition}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    # A key that is compared without a qualifier has one value.
    requests = [each for each in REQUESTS if not several or not isinstance(each.get(KEY), tuple)]
    if findings(policy, select="IAM308"):
        assert not any(_allows(policy, context) for context in requests)
    for each in findings(policy, select="IAM306") + findings(policy, select="IAM307"):
        operator = each.finding.pointer.split("/")[4]
        alone = {**statement, "Condition": {operator: condition[operator]}}
        other = {**statement, "Condition": {"Null": {KEY: "true" if '"true"' in each.finding.remedy else "false"}}}
        if each.head.id == "IAM307":
            other = {key: value for key, value in statement.items() if key != "Condition"}
        for context in REQUESTS:
            # Null takes an empty value for a value, set operators take it for none.
            if "" not in context.values() if operator.startswith("For") else not isinstance(context.get(KEY), tuple):
                same = [_allows({**policy, "Statement": [one]}, context) for one in (alone, other)]
                assert same[0] == same[1], (operator, context)
