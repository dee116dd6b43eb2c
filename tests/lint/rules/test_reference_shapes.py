"""Rules on names, on policies of any shape: whatever is malformed, they say what they can and never raise."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.engine.rule import load_examples
from preflight.lint.runner.one_policy import Linter
from preflight.lint.runner.selection import lint_rules
from tests.lint.linting import found_policy
from tests.lint.rules.test_security_shapes import places, replaced, values

HEADS = lint_rules(["IAM1"])
LINTER = Linter(HEADS)
CASES = [case for each in HEADS for cases in load_examples(each.id).values() for case in cases]

PIECES = [
    *("arn:", "aws", ":", "::", "*", "?", "/", "s3", "iam", "sagemaker", "us-east-1", "111122223333", "${", "}"),
    *(
        "role/",
        "endpoint/",
        "bucket",
        "${aws:username}",
        "\ud800",
        "\0",
        "\n",
        "é",
        "ß",
        "İ",
        ".",
        "-",
        "0",
        "10.0.0.0/8",
    ),
    *("ForAllValues:", "StringLike", "IfExists", "Null", "aws:ResourceTag/", "s3:prefix", "2026-11-23", "1e999", "nan"),
]
names = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)


def renamed(value: Any, name: str, at: int) -> Any:
    """Give the member number `at` of the innermost objects another name."""
    if isinstance(value, dict):
        inner = {key: renamed(each, name, at) for key, each in value.items()}
        if any(isinstance(each, (dict, list)) for each in inner.values()) or not inner:
            return inner
        old = list(inner)[at % len(inner)]
        return {name if key == old else key: each for key, each in inner.items()}
    return [renamed(each, name, at) for each in value] if isinstance(value, list) else value


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_shape_breaks_a_rule(data: st.DataObject) -> None:
    policy = data.draw(st.sampled_from(CASES))["policy"]
    for _ in range(data.draw(st.integers(0, 3))):
        policy = replaced(policy, data.draw(st.sampled_from(places(policy))), data.draw(values | names))
    if data.draw(st.booleans()):
        policy = renamed(policy, data.draw(names), data.draw(st.integers(0, 3)))
    type_ = data.draw(st.sampled_from(["identity", "resource", "trust", "scp"]))
    service = data.draw(st.sampled_from(["", "s3", "kms", "nothing"]))
    found = LINTER.findings(found_policy([policy] if isinstance(policy, str) else policy, type_, service))
    for each in found:
        assert each.finding.message and not each.finding.message.endswith(".")
