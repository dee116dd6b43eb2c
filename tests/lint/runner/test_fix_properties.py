"""Mending random policies: no decision changes, a second time nothing is mended, and what is left is told why."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.iam.decide import decide
from preflight.iam.policy import parse_policy
from preflight.iam.request import Context, Policies, Request
from preflight.lint.runner.one_policy import Linter
from preflight.lint.runner.selection import lint_rules
from tests.lint.fixing import mended

ACTIONS = ["s3:GetObject", "s3:getobject", "S3:PutObject", "s3:Get*", "s3:*", "s3:?etObject", "iam:PassRole", "*"]
RESOURCES = ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/x", "arn:aws:s3:::b/X", "arn:aws:s3:::${aws:username}/*"]
CONDITIONS: list[dict[str, Any]] = [
    {},
    {"StringLike": {"s3:prefix": ["a*", "ab", "ab"]}},
    {"StringNotLike": {"s3:prefix": ["ab", "a*"]}},
    {"NumericLessThan": {"s3:max-keys": ["5", "10"]}},
    {"NumericGreaterThan": {"s3:max-keys": ["5", "10"]}},
]
ASKED_WITH = [
    {},
    *({"s3:prefix": prefix, "s3:max-keys": keys} for prefix, keys in (("ab", "4"), ("ac", "7"), ("b", "12"))),
]
LINTER = Linter(lint_rules(["IAM", "IAM310", "IAM311", "IAM312"]))


def some(values: list[str]) -> st.SearchStrategy[Any]:
    return st.one_of(st.sampled_from(values), st.lists(st.sampled_from(values), min_size=1, max_size=4))


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    if draw(st.booleans()):
        made["Sid"] = draw(st.sampled_from(["One", "Two", "not-one", ""]))
    made[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(some(ACTIONS))
    made[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(some(RESOURCES))
    if condition := draw(st.sampled_from(CONDITIONS)):
        made["Condition"] = condition
    return made


POLICIES = st.fixed_dictionaries(
    {"Statement": st.lists(statements(), min_size=1, max_size=4)},
    optional={"Version": st.sampled_from(["2012-10-17", "2008-10-17"])},
)
ASKED = [
    Request(
        "arn:aws:iam::111122223333:user/u", action, resource, "111122223333", Context({**context, "aws:username": "u"})
    )
    for action in ("s3:GetObject", "s3:PutObject", "iam:PassRole")
    for resource in ("arn:aws:s3:::b/x", "arn:aws:s3:::b/X", "arn:aws:s3:::u/x", "arn:aws:s3:::${aws:username}/x")
    for context in ASKED_WITH
]


def decisions(policy: dict[str, Any]) -> list[str]:
    held = Policies(identity=(parse_policy(policy, "p"),))
    return [decide(request, held, nearest=False).outcome for request in ASKED]


@settings(max_examples=60, deadline=None)
@given(POLICIES, st.sampled_from([None, 1, 4]))
def test_no_decision_changes_and_a_second_time_nothing_is_mended(policy: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(policy, indent=indent)
    done = mended(text, LINTER, type_="identity")
    assert decisions(json.loads(done.text)) == decisions(policy)
    assert mended(done.text, LINTER, type_="identity").text == done.text
    if not done.rules:
        assert done.text == text
