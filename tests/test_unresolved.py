"""Texts known by shape: what is done to a text leaves the unknown parts and their labels as they are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight import unresolved
from preflight.unresolved import DeployText, marked, resolution

NAME, MADE_UP = DeployText.unknown("parameter Stack:Name"), DeployText.unknown("name of Role/é", unique=True)


def test_what_is_known_of_a_text() -> None:
    text = f"arn:aws:iam::111122223333:role/{NAME}-x-{MADE_UP}"
    assert DeployText(text).shown == "arn:aws:iam::111122223333:role/${parameter Stack:Name}-x-${name of Role/é}"
    assert DeployText(text).pattern == "arn:aws:iam::111122223333:role/?*-x-?*"
    assert DeployText(text + NAME).labels == ("parameter Stack:Name", "name of Role/é")
    assert DeployText(text).known_parts == ["arn:aws:iam::111122223333:role/", "-x-", ""]
    assert (
        DeployText.partial(text)
        and DeployText(text).has_made_up_part
        and not DeployText(text).is_only_made_up
        and DeployText(MADE_UP).is_only_made_up
    )
    assert DeployText(NAME + MADE_UP).is_wholly_unknown and not DeployText(text).is_wholly_unknown
    assert text.split(":", 5)[5] == text.partition("3333:")[2] and text.rpartition("/")[2].count("/") == 0


def test_labels_keep_their_case_and_survive_json() -> None:
    text = json.loads(json.dumps(f"a/{NAME}")).lower()
    assert DeployText(text).shown == "a/${parameter Stack:Name}"
    assert DeployText(text).labels == ("parameter Stack:Name",)


@given(st.text(max_size=30))
def test_no_mark_is_left_in_what_is_shown(label: str) -> None:
    text = DeployText.unknown(label)
    assert (
        not marked(DeployText(f"x{text}y{DeployText.unknown(text)}").shown)
        and marked(text)
        and DeployText(text).is_wholly_unknown
    )
    assert marked(json.dumps(text)) and len(DeployText(f"x{text}y").known_parts) == 2


def test_nothing_else_knows_how_an_unknown_part_is_written() -> None:
    package = Path(unresolved.__file__).parent
    modules = [path for path in package.rglob("*.py") if path.name != "unresolved.py" and path.parent.name != "iam"]
    assert [str(path) for path in modules if re.search(r"\\ue00[0-2](?!-)", path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("text", ["", "plain", "é", "\u2217", "${parameter Name}", "a\\u0041", "🙂"])
def test_other_texts_are_as_they_are(text: str) -> None:
    assert DeployText(text).shown == DeployText(text).pattern == text
    assert (
        not marked(text)
        and not DeployText.partial(text)
        and DeployText(text).labels == ()
        and DeployText(text).known_parts == [text]
    )


def test_where_unknown_texts_are() -> None:
    value = {"a": [1, NAME], "b/c": {"d": f"x{MADE_UP}"}, NAME: True, "e": None}
    assert [pointer for pointer, _ in DeployText.all_in(value)] == ["/a/1", "/b~1c/d", ""]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["parameter Name"], "give --parameters Name=VALUE"),
        (["condition Prod, by parameter Stack:Stage"], "give --parameters Stack:Stage=VALUE"),
        (["parameter A", "parameter AWS::StackName", "parameter A"],
         "give --parameters A=VALUE --parameters AWS::StackName=VALUE"),
        (["Nested/name of Model"], "give Model a name"),
        (["the value of /x in SSM"], "write it out, or check again when it is known"),
    ],
)  # fmt: skip
def test_what_would_settle_it(labels: list[str], expected: str) -> None:
    assert resolution(labels) == expected
