"""Texts known by shape: what is done to a text leaves the unknown parts and their labels as they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight.unresolved import (
    as_pattern,
    hangs_on,
    is_unique,
    is_unresolved,
    is_wholly_unresolved,
    known_parts,
    marked,
    only_unique,
    settle,
    shown,
    unresolved,
    unresolved_in,
)

NAME, MADE_UP = unresolved("parameter Stack:Name"), unresolved("name of Role/é", unique=True)


def test_what_is_known_of_a_text() -> None:
    text = f"arn:aws:iam::111122223333:role/{NAME}-x-{MADE_UP}"
    assert shown(text) == "arn:aws:iam::111122223333:role/${parameter Stack:Name}-x-${name of Role/é}"
    assert as_pattern(text) == "arn:aws:iam::111122223333:role/?*-x-?*"
    assert hangs_on(text + NAME) == ("parameter Stack:Name", "name of Role/é")
    assert known_parts(text) == ["arn:aws:iam::111122223333:role/", "-x-", ""]
    assert is_unresolved(text) and is_unique(text) and not only_unique(text) and only_unique(MADE_UP)
    assert is_wholly_unresolved(NAME + MADE_UP) and not is_wholly_unresolved(text)
    assert text.split(":", 5)[5] == text.partition("3333:")[2] and text.rpartition("/")[2].count("/") == 0


def test_labels_keep_their_case_and_survive_json() -> None:
    text = json.loads(json.dumps(f"a/{NAME}")).lower()
    assert shown(text) == "a/${parameter Stack:Name}"
    assert hangs_on(text) == ("parameter Stack:Name",)


@given(st.text(max_size=30))
def test_no_mark_is_left_in_what_is_shown(label: str) -> None:
    text = unresolved(label)
    assert not marked(shown(f"x{text}y{unresolved(text)}")) and marked(text) and is_wholly_unresolved(text)
    assert marked(json.dumps(text)) and len(known_parts(f"x{text}y")) == 2


@pytest.mark.parametrize("text", ["", "plain", "é", "\u2217", "${parameter Name}", "a\\u0041", "🙂"])
def test_other_texts_are_as_they_are(text: str) -> None:
    assert shown(text) == as_pattern(text) == text
    assert not marked(text) and not is_unresolved(text) and hangs_on(text) == () and known_parts(text) == [text]


def test_where_unknown_texts_are() -> None:
    value = {"a": [1, NAME], "b/c": {"d": f"x{MADE_UP}"}, NAME: True, "e": None}
    assert [pointer for pointer, _ in unresolved_in(value)] == ["/a/1", "/b~1c/d", ""]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["parameter Name"], "give --parameters Name=VALUE"),
        (["condition Prod, by parameter Stack:Stage"], "give --parameters Stack:Stage=VALUE"),
        (["parameter A", "parameter AWS::StackName", "parameter A"],
         "give --parameters A=VALUE --parameters AWS::StackName=VALUE"),
        (["Nested/name of Model"], "give Model a name of its own"),
        (["the value of /x in SSM"], "write it out, or check again when it is known"),
    ],
)  # fmt: skip
def test_what_would_settle_it(labels: list[str], expected: str) -> None:
    assert settle(labels) == expected
