"""Lines taken apart: whatever they hold, it is what Python's decoder makes of them, and errors are its errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from preflight.simulate.json_lines import LineDecoder, _members, _refuse

REMEMBERED = frozenset({"a", "policies", 'q"\\'})
NAMES = st.sampled_from(["a", "b", "policies", 'q"\\', "", "é", "\ud800", "\x01"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
BROKEN = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    " ",
    "\n",
    "\t",
    "\x00",
    "NaN",
    "1",
    "-",
    "\ufeff",
    '"a":1,',
    "null",
    "é",
]


def plain(text: str) -> Any:
    """Return what the decoder makes of a text, or the error's kind."""
    try:
        return json.JSONDecoder(object_pairs_hook=_members, parse_constant=_refuse).decode(text)
    except (ValueError, RecursionError) as error:
        return type(error)


def ours(decoder: LineDecoder, text: str) -> Any:
    try:
        return decoder.decode(text).value
    except (ValueError, RecursionError) as error:
        return type(error)


def require_same(texts: list[str]) -> None:
    decoder = LineDecoder(REMEMBERED)
    for text in (*texts, *texts):
        mine, theirs = ours(decoder, text), plain(text)
        assert mine == theirs and repr(mine) == repr(theirs), text


@given(
    st.lists(st.dictionaries(NAMES, VALUES, max_size=4), max_size=4),
    st.sampled_from([None, 1]),
    st.booleans(),
    st.sampled_from([(",", ":"), (" , ", " : "), None]),
)
def test_objects(values: list[Any], indent: int | None, is_ascii: bool, separators: tuple[str, str] | None) -> None:
    require_same(
        [json.dumps(each, indent=indent, ensure_ascii=is_ascii, separators=separators) + "\n" for each in values]
    )


@given(
    st.dictionaries(NAMES, VALUES, max_size=4).map(json.dumps),
    st.integers(0, 200),
    st.integers(0, 4),
    st.sampled_from(["", *BROKEN]),
)
@example('{"a": [1], "a": [1]}', 0, 0, "")
@example('{"b": 1, "b": 1}', 0, 0, "")
@example('{"a": [1]1}', 0, 0, "")
@example('{"a": [1], }', 0, 0, "")
@example('{"a" [1]}', 0, 0, "")
@example('{"a": {"b": 1, "b": 2}}', 0, 0, "")
@example('{"a": [NaN]}', 0, 0, "")
@example('{"a": [1]} x', 0, 0, "")
@example('{"a": 12}', 8, 0, "3")
@example("", 0, 0, "")
@example("{", 0, 0, "")
def test_whatever_is_changed_in_them(text: str, at: int, gone: int, put: str) -> None:
    require_same([text, text[:at] + put + text[at + gone :]])


@pytest.mark.parametrize("texts", [["[1]", "7", '"x"', "null"], ['{"a": [1]}', '{"a": [1], "b": 2}', '{"a": [1, 2]}']])
def test_other_lines(texts: list[str]) -> None:
    require_same(texts)


def test_what_is_written_alike_is_taken_apart_once() -> None:
    decoder = LineDecoder(REMEMBERED)
    first, second = (decoder.decode(f'{{"b": {each}, "policies": [{{"name": "x"}}]}}') for each in (1, 2))
    assert first.written is not None and first.written == second.written
    assert first.value["policies"] is second.value["policies"]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preflight.simulate.json_lines._MOST", 2000)
    monkeypatch.setattr("preflight.simulate.json_lines._LONGEST", 100)
    decoder = LineDecoder(REMEMBERED)
    for number in range(500):
        decoder.decode(f'{{"a": [{number}]}}')
        decoder.decode(f'{{"a": ["{"x" * 50}{number}"]}}')
        assert decoder.decode(f'{{"a": ["{"x" * 99}{number}"]}}').written is None
        held = [known for alike in decoder._known.values() for known in alike]
        assert sum(len(known.text) for known in held) <= 2000
