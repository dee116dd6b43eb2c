"""Whatever is given as a policy: the grammar's checks never break, and find an error in all that AWS would refuse."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from preflight.documents.policies.found_policy import POLICY_TYPES, FoundPolicy, PolicyDocumentType
from preflight.documents.text.document import Document
from preflight.engine.result import Level
from preflight.engine.rule import load_file
from preflight.iam.errors import PolicyError
from preflight.iam.grammar import ELEMENTS, PRINCIPAL_KINDS, TOP_ELEMENTS
from preflight.iam.operators import OPERATORS
from preflight.iam.policy import parse_policy
from preflight.json_pointer import escape
from preflight.lint.runner.one_policy import Linter, PolicyFinding
from preflight.lint.runner.selection import lint_rules

LINTER = Linter(lint_rules(["IAM0"]))
# Operators that AWS does not have are names, and names are for the reference rules.
OPERATORS_LINTER = Linter(lint_rules(["IAM1"]))

TEXTS = st.text(max_size=5) | st.sampled_from(
    [
        *(
            "",
            "*",
            "s3:GetObject",
            "GetObject",
            "s3:",
            "Allow",
            "allow",
            "2012-10-17",
            "arn:aws:s3:::b/${aws:username}",
        ),
        *("${", "${}", "${a,b}", "111122223333", "arn:aws:iam::111122223333:root", "sagemaker.amazonaws.com", "Sid 1"),
        *("\u2013", "\ud800"),
    ]
)
ODD_NAMES = (
    "effect",
    "Actions",
    "StringEquals",
    "ForAllValues:Null",
    "Bool",
    "NullIfExists",
    "aws:TagKeys",
    "AWS:TAGKEYS",
)
NAMES = st.text(max_size=4) | st.sampled_from([*TOP_ELEMENTS, *ELEMENTS, *PRINCIPAL_KINDS, *ODD_NAMES])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
TYPES = st.sampled_from(POLICY_TYPES)

GOOD: list[dict[str, Any]] = [
    {
        "Version": "2012-10-17",
        "Id": "one",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": ["arn:aws:s3:::models/${aws:username}/*"],
                "Condition": {"StringEquals": {"aws:RequestedRegion": ["us-east-1"]}},
            },
            {
                "Effect": "Deny",
                "NotAction": "iam:*",
                "NotResource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": True}},
            },
        ],
    },
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": ["111122223333"], "Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    },
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}],
    },
]


def found_policy(value: Any, type_: PolicyDocumentType) -> FoundPolicy:
    return FoundPolicy(Document("policy.json", value, json.dumps(value, ensure_ascii=False)), value, type_)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    for name, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(each, (*at, name))


@st.composite
def nearly_policies(draw: st.DrawFn) -> Any:
    """A good policy with up to three things changed: a value, a name, something gone, something more."""
    policy: Any = copy.deepcopy(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(st.sampled_from(list(places(policy)))) or (None,)
        if last is None:
            continue
        body = policy
        for part in above:
            body = body[part]
        change = draw(st.sampled_from(["value", "remove", "name", "more"]))
        if change == "value":
            body[last] = draw(VALUES)
        elif change == "remove":
            del body[last]
        elif isinstance(body, dict):
            body[draw(NAMES)] = body.pop(last) if change == "name" else draw(VALUES)
        else:
            body.append(draw(VALUES))
    return policy


def is_error(found: PolicyFinding) -> bool:
    return (found.finding.level or load_file(found.head.path).level) is Level.ERROR


@settings(max_examples=400, deadline=None)
@given(nearly_policies(), TYPES)
@example({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*"}]}, "scp")
@pytest.mark.slow
def test_what_cannot_be_parsed_has_an_error(policy: Any, type_: PolicyDocumentType) -> None:
    try:
        parse_policy(policy, "p")
    except PolicyError as refused:
        found = LINTER.findings(found_policy(policy, type_))
        if "condition operator" in refused.problem:
            found += OPERATORS_LINTER.findings(found_policy(policy, type_))
        assert any(map(is_error, found)), f"nothing is found of: {refused}"


@settings(max_examples=300, deadline=None)
@given(VALUES | nearly_policies(), TYPES)
def test_nothing_breaks_a_check(value: Any, type_: PolicyDocumentType) -> None:
    for each in LINTER.findings(found_policy(value, type_)):
        finding = each.finding
        assert finding.message and "\n" not in finding.message
        assert exists(value, finding.pointer), finding
        assert all(exists(value, edit.pointer) for edit in finding.edits), finding


def exists(value: Any, pointer: str) -> bool:
    return pointer in {"".join(f"/{escape(str(part))}" for part in at) for at in places(value)}


def test_every_operator_is_known() -> None:
    for each in OPERATORS.values():
        value = {"Null": "true", "Bool": "true"}.get(each.name, "1")
        statement = {
            "Effect": "Deny",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {each.name: {"aws:PrincipalAccount": value}},
        }
        found = LINTER.findings(found_policy({"Version": "2012-10-17", "Statement": [statement]}, "identity"))
        assert [item.finding.message for item in found] == []
