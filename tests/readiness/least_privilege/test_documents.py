"""Grants become as few statements and documents as they can, and none is lost on the way."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.readiness.least_privilege import Attachment, Grant, documents_of, statements_of
from preflight.readiness.least_privilege.narrowing import ConditionBlock

TEAM: ConditionBlock = (("StringEquals", (("aws:RequestTag/team", ("a",)),)),)


def grant(action: str, resource: str = "*", condition: ConditionBlock = (), purpose: str = "Use") -> Grant:
    return Grant(action, resource, condition, ("", purpose))


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def granted(statements: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {
        (action, resource, json.dumps(each.get("Condition")))
        for each in statements
        for action, resource in product(listed(each["Action"]), listed(each["Resource"]))
    }


def test_statements_are_merged_by_resource_and_by_action() -> None:
    found = statements_of([grant("s:B", "r1"), grant("s:A", "r1"), grant("s:A", "r2"), grant("s:B", "r2"),
                           grant("s:A", "r1", TEAM)])  # fmt: skip
    assert found == [
        {"Sid": "Use", "Effect": "Allow", "Action": ["s:A", "s:B"], "Resource": ["r1", "r2"]},
        {"Sid": "Use2", "Effect": "Allow", "Action": "s:A", "Resource": "r1",
         "Condition": {"StringEquals": {"aws:RequestTag/team": "a"}}},
    ]  # fmt: skip


def test_a_sid_says_what_for() -> None:
    passed = [Grant("iam:PassRole", "r", (), ("PassRoleFor", name)) for name in ("CreateModel", "CreateEndpointConfig")]
    assert [each["Sid"] for each in statements_of(passed)] == ["PassRoleForCreateModelAndCreateEndpointConfig"]
    many = [Grant(f"s:A{at}", "r", (), ("Read", f"SomethingLong{at}")) for at in range(20)]
    assert [each["Sid"] for each in statements_of(many)] == ["ReadSomethingLong0And19More"]


GRANTS = st.builds(
    grant,
    st.sampled_from(["s:A", "s:B", "s:C", "t:A"]),
    st.sampled_from(["r1", "r2", "r3", "*"]) | st.text("abcdefgh", min_size=1, max_size=2000),
    st.sampled_from([(), TEAM]),
    st.sampled_from(["One", "Two"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(GRANTS, max_size=40))
def test_merging_and_splitting_grant_the_same_and_fit(grants: list[Grant]) -> None:
    statements = statements_of(grants)
    condition = {(): "null", TEAM: json.dumps({"StringEquals": {"aws:RequestTag/team": "a"}})}
    assert granted(statements) == {(each.action, each.resource, condition[each.condition]) for each in grants}
    documents = documents_of(statements)
    assert granted([part for each in documents for part in each.document["Statement"]]) == granted(statements)
    for each in documents:
        assert each.fits and each.characters <= 6144
        assert each.characters == len(json.dumps(each.document, separators=(",", ":")))
        sids = [part["Sid"] for part in each.document["Statement"]]
        assert len(set(sids)) == len(sids)


def test_a_long_statement_is_split_by_resources_then_by_actions() -> None:
    wide = statements_of([grant("s:A", f"arn:aws:s:::{'x' * 200}{at:03}") for at in range(100)])
    documents = documents_of(wide)
    assert len(documents) == 4
    assert {part["Sid"] for each in documents for part in each.document["Statement"]} >= {"UsePart1", "UsePart2"}
    tall = statements_of([grant(f"s:{'A' * 60}{at:03}") for at in range(200)])
    assert all(each.fits for each in documents_of(tall))


def test_what_cannot_be_split_stays_and_does_not_fit() -> None:
    endless: ConditionBlock = (("StringEquals", tuple((f"aws:RequestTag/{at:03}", ("v" * 200,)) for at in range(50))),)
    small, large = documents_of(statements_of([grant("s:A", "r", endless), grant("s:B", "r")]))[::-1]
    assert (large.fits, small.fits) == (False, True)
    assert large.characters > 6144


@pytest.mark.parametrize(
    ("attachment", "quota"),
    [("managed", 6144), ("role", 10_240), ("user", 2048), ("group", 5120)],
)
def test_the_quotas_of_iam(attachment: str, quota: int) -> None:
    def of(length: int) -> tuple[Any, ...]:
        return documents_of(statements_of([grant("s:A", "x" * length)]), Attachment(attachment))

    assert Attachment(attachment).quota == quota
    (empty,) = of(1)
    (just,) = of(quota - empty.characters + 1)
    (over,) = of(quota - empty.characters + 2)
    assert (just.characters, just.fits, over.fits) == (quota, True, False)


def test_inline_policies_are_not_split() -> None:
    statements = statements_of([grant("s:A", "x" * 1500), grant("s:B", "y" * 1500)])
    (found,) = documents_of(statements, Attachment.USER)
    assert not found.fits
    assert len(found.document["Statement"]) == 2
