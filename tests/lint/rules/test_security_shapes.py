"""Security rules on policies of any shape: whatever is malformed, they say what they can and never raise."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.engine.rule import load_examples
from preflight.lint.runner.one_policy import Linter
from preflight.lint.runner.selection import lint_rules
from tests.lint.linting import found_policy

HEADS = [each for each in lint_rules(["IAM2"]) if each.id < "IAM280"]
LINTER = Linter(HEADS)
CASES = [case for each in HEADS for cases in load_examples(each.id).values() for case in cases]

values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(
        ["", "*", "arn:", "arn:aws:s3:::", "arn:aws:iam::*:role/${aws:username}", "iam:*", ":", "?", "{", "a:b:c:d:e:f"]
    )
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, each in inside for place in places(each, (*at, key)))]


def replaced(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    changed = copy.deepcopy(value)
    inside = changed
    for key in at[:-1]:
        inside = inside[key]
    inside[at[-1]] = new
    return changed


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_shape_breaks_a_rule(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(CASES))
    policy = case["policy"]
    for _ in range(data.draw(st.integers(0, 3))):
        policy = replaced(policy, data.draw(st.sampled_from(places(policy))), data.draw(values))
    type_ = data.draw(st.sampled_from(["identity", "resource", "trust", "scp"]))
    service = data.draw(st.sampled_from(["", "s3", "kms", "sqs"]))
    LINTER.findings(found_policy(json.dumps(policy), type_, service, "111122223333"))
