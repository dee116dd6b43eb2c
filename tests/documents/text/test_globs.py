"""Patterns for files: what they mean, and that no pattern takes more time than its length."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.documents.text.globs import _MEANS, _PART, matches

PIECES = st.lists(st.sampled_from(["a", "b", "/", "*", "**", "**/", "?"]), max_size=9).map("".join)


def by_expression(pattern: str, path: str) -> bool:
    inside = pattern.removeprefix("./").rstrip("/")
    start = "" if "/" in inside else "(?:.*/)?"
    body = "".join(_MEANS.get(part) or re.escape(part) for part in _PART.findall(inside))
    return re.compile(f"{start}{body}(?:/.*)?\\Z", re.DOTALL).match(path) is not None


@given(pattern=PIECES, path=st.text("aab/", max_size=9))
@settings(max_examples=200)
def test_many_stars_mean_what_few_do(pattern: str, path: str) -> None:
    assert matches(pattern, path) is by_expression(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"), [("**/" * 40 + "x", "a/" * 500), ("*a" * 40 + "b", "a" * 1000), ("**a" * 40 + "b", "a" * 1000)]
)
def test_no_pattern_takes_long(pattern: str, path: str) -> None:
    begun = time.process_time()
    assert not matches(pattern, path)
    assert time.process_time() - begun < 2
