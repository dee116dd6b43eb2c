"""Names that are not known yet: the answer for all of them agrees with deciding each."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.iam.decide import RequestError, decide
from preflight.iam.decision import Outcome
from preflight.iam.pattern import Extent, matches
from preflight.iam.policy import Policy, parse_policy
from preflight.iam.request import Context, Policies, Request
from preflight.iam.resource_sets import decide_all

A = "111122223333"
ROLE = f"arn:aws:iam::{A}:role/r"
NAMES = f"arn:aws:sagemaker:us-east-1:{A}:endpoint/"


def policy(*statements: tuple[str, str, str]) -> Policy:
    """Compile statements of (effect, Resource or NotResource, pattern of the name)."""
    body = [
        {"Effect": effect, "Action": "sagemaker:*", element: f"arn:aws:sagemaker:*:{A}:endpoint/{name}"}
        for effect, element, name in statements
    ]
    return parse_policy({"Version": "2012-10-17", "Statement": body}, "p")


def ask(name: str) -> Request:
    return Request(ROLE, "sagemaker:CreateEndpoint", NAMES + name)


STATEMENTS = st.lists(
    st.tuples(
        st.sampled_from(["Allow", "Deny"]), st.sampled_from(["Resource", "NotResource"]), st.text("ab*?", max_size=4)
    ),
    max_size=3,
)


@settings(max_examples=300, deadline=None)
@given(STATEMENTS, st.text("ab*?", max_size=4))
def test_the_answer_for_all_names_agrees_with_each(statements: list[tuple[str, str, str]], name: str) -> None:
    policies = Policies(identity=(policy(*statements),))
    found = decide_all(ask(name), policies)
    texts = ("".join(letters) for size in range(6) for letters in itertools.product("abz", repeat=size))
    outcomes = {decide(ask(each), policies).outcome for each in texts if matches(name, each)}
    shown = {decision.outcome for _, decision in found.examples}
    assert outcomes <= shown
    allowed = Outcome.ALLOWED in shown
    assert found.extent is (Extent.NONE if not allowed else Extent.ALL if len(shown) == 1 else Extent.SOME)
    for example, decision in found.examples:
        assert matches(NAMES + name, example)
        assert decision == decide(Request(ROLE, "sagemaker:CreateEndpoint", example), policies)


@pytest.mark.parametrize(
    ("statements", "extent", "outcome"),
    [
        ([("Allow", "Resource", "*")], Extent.ALL, Outcome.ALLOWED),
        ([("Allow", "Resource", "prod-*")], Extent.SOME, Outcome.OPEN),
        ([("Allow", "Resource", "a*/b")], Extent.NONE, Outcome.IMPLICIT_DENY),
        ([("Allow", "Resource", "a*"), ("Allow", "NotResource", "a*")], Extent.ALL, Outcome.ALLOWED),
        ([("Allow", "Resource", "*"), ("Deny", "Resource", "a*")], Extent.SOME, Outcome.OPEN),
        ([("Deny", "Resource", "*")], Extent.NONE, Outcome.EXPLICIT_DENY),
        ([("Allow", "Resource", "a*"), ("Deny", "Resource", "a*")], Extent.NONE, Outcome.IMPLICIT_DENY),
    ],
)
def test_all_some_none(statements: list[tuple[str, str, str]], extent: Extent, outcome: Outcome) -> None:
    found = decide_all(ask("?*"), Policies(identity=(policy(*statements),)))
    assert (found.extent, found.outcome) == (extent, outcome)


def test_names_hold_no_colon_and_no_slash_unless_said() -> None:
    policies = Policies(identity=(policy(("Allow", "Resource", "a/b")),))
    assert decide_all(ask("?*"), policies).extent is Extent.NONE
    assert decide_all(ask("?*"), policies, barred="").extent is Extent.SOME


def test_what_depends_on_more_than_the_name_has_no_extent() -> None:
    body = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"k": "true"}}}
    policies = Policies(identity=(parse_policy({"Statement": body}, "p"),))
    request = Request(ROLE, "sagemaker:CreateEndpoint", f"{NAMES}?*", context=Context(complete=False))
    found = decide_all(request, policies)
    assert (found.extent, found.outcome) == (None, Outcome.OPEN)
    assert found.examples[0][1].depends_on[0].key == "k"


@pytest.mark.parametrize("resource", ["*", "endpoint/?*", f"arn:aws:sagemaker:*:{A}:endpoint/x"])
def test_the_open_part_comes_after_the_fifth_colon(resource: str) -> None:
    with pytest.raises(RequestError, match="fifth colon"):
        decide_all(Request(ROLE, "sagemaker:CreateEndpoint", resource), Policies())
