"""JSON pointers: RFC 6901's own examples, and that what is escaped comes back."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from preflight import json_pointer
from preflight.json_pointer import escape, parts, unescape


def test_the_examples_of_the_specification() -> None:
    assert [parts(each) for each in ("", "/foo/0", "/", "/a~1b", "/m~0n")] == [[], ["foo", "0"], [""], ["a/b"], ["m~n"]]


@given(st.text(alphabet="~/01a"))
def test_what_is_escaped_comes_back(name: str) -> None:
    assert unescape(escape(name)) == name and parts(f"/{escape(name)}/x") == [name, "x"]


def test_nothing_escapes_by_hand() -> None:
    package = Path(json_pointer.__file__).parent
    modules = [path for path in package.rglob("*.py") if path.name != "json_pointer.py"]
    assert [str(path) for path in modules if re.search(r"[\"']~[01][\"']", path.read_text(encoding="utf-8"))] == []
