"""The place of every value: JSON by our own scanner, which must agree with libyaml's marks."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.documents.text.document import Document
from preflight.documents.text.json_locator import Locator
from preflight.documents.text.load import load_text
from preflight.documents.text.positions import Places, places, scan_json
from preflight.documents.text.schema import at

TEXT = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "a \\"b\\": {", "Action": ["s3:*", "ec2:*"]},
    {"a/b~c": {"\\u0064": null}, "": []}
  ]
}
"""


def test_places_in_json() -> None:
    document = load_text(TEXT, "policy.json")
    assert document.position("") == (1, 1)
    assert document.position("/Version") == (2, 14)
    assert document.position("/Statement/0/Action/1") == (4, 46)
    assert document.position("/Statement/1/a~1b~0c/d") == (5, 26)
    assert document.position("/Statement/1/") == (5, 37)
    assert document.position("/Statement/2") is None
    assert document.position("/Statement/0/Action", name=True) == (4, 27)
    assert document.position("/Statement/0", name=True) is None
    assert document.place("/Version") == "/Version (line 2, column 14)"
    assert document.place("") == "line 1, column 1"


def test_places_in_yaml() -> None:
    document = load_text("Version: 2012-10-17\nStatement:\n  - Action:\n      - s3:*\n      - ec2:*\n", "p.yaml")
    assert document.position("/Version") == (1, 10)
    assert document.position("/Statement/0") == (3, 5)
    assert document.position("/Statement/0/Action/1") == (5, 9)


def test_no_place_without_a_text() -> None:
    document = Document("policy.json", {"a": 1})
    assert document.position("/a") is None
    assert document.place("/a") == "/a"
    assert document.place("") == ""


_TEXT = st.text(st.sampled_from("ab~/\\\"'{}[]:,# -?*&!|>%@`\u00e9\u20ac"), max_size=8)
_DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=20,
)
_STYLES = st.sampled_from([(None, (",", ":")), (None, (" , ", " : ")), (1, (",", ": ")), (4, (",", " :"))])


def everywhere(text: str, syntax: str) -> Places:
    """Give the places of all values, having held those of names to be before them and to be of members only."""
    values: Places = {}
    names: Places = {}
    places(text, syntax, values, names)
    assert names.keys() <= values.keys()
    assert all(place < values[pointer] for pointer, place in names.items())
    return values


@settings(deadline=None)
@given(_DATA, _STYLES, st.booleans())
def test_the_scanner_agrees_with_libyaml(value: object, style: tuple[int | None, tuple[str, str]], ascii: bool) -> None:
    text = json.dumps(value, indent=style[0], separators=style[1], ensure_ascii=ascii)
    found = everywhere(text, "json")
    assert found == everywhere(text, "yaml")
    starts = text.split("\n")
    for pointer, (line, column) in found.items():
        rest = "\n".join([starts[line - 1][column - 1 :], *starts[line:]])
        assert json.JSONDecoder().raw_decode(rest)[0] == at(value, pointer)


@settings(deadline=None)
@given(_DATA, _STYLES)
def test_a_place_looked_for_alone_is_that_of_the_whole_text(
    value: object, style: tuple[int | None, tuple[str, str]]
) -> None:
    text = " \n" + json.dumps(value, indent=style[0], separators=style[1])
    scanned = {pointer: (offset, name_at) for pointer, offset, name_at in scan_json(text)}
    for pointer, found in scanned.items():
        assert Locator(text).locate(pointer) == found
    for pointer in ("/gone", "/0/gone", "/~1", "/-", "/00", "/1/1"):
        assert Locator(text).locate(pointer) == scanned.get(pointer, (-1, -1))


def test_many_places_are_looked_for_in_one_pass() -> None:
    document = load_text(json.dumps({"a": list(range(5000))}, indent=1), "p.json")
    assert [document.position(f"/a/{index}") for index in (*range(4999, -1, -7), 0, 4999)][-1] == (5002, 3)
    assert document.position("/a/5000") is None and document.position("/b") is None
