"""The patterns of API models: what Python's `re` says where it can, in bounded time where it cannot."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight.data_files import folder
from preflight.declared.patterns import begins, is_read, matches

NAME = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (NAME, "my-endpoint", True),
        (NAME, "my_endpoint", False),
        (NAME, "a-", False),
        (NAME, "", False),
        (NAME, "é", False),
        (r"[\p{L}\p{N}_.]*", "größe_1", True),
        (r"[\p{L}\p{N}_.]*", "a b", False),
        (r"[^\p{C}]+", "a\u200bb", False),
        (r"\P{L}", "1", True),
        (r"\d+", "١", False),
        (r"[\w\-]+", "a-b", True),
        (r"a.b", "a\nb", False),
        (r"(?s)a.b", "a\nb", True),
        (r"(?!aws:)[a-z:]*", "aws:x", False),
        (r"(?!aws:)[a-z:]*", "awsx", True),
        (r"(?=.{2,3}$)[a-z]*", "abcd", False),
        (r"[a-z-]*(?<!-)", "a-", False),
        (r"[a-z-]*(?<!-)", "a", True),
        (r"a|bc", "bc", True),
        (r"(ab){2,3}", "abab", True),
        (r"(ab){2,3}", "ab", False),
        (r"^$", "", True),
        (r"[\u0020-\uD7FF\uD800\uDC00-\uDBFF\uDFFF]*", "a\U0001f600", True),
        (r"[a-z[0-9]]+", "a1", True),
        (r"(a?){40}a{40}", "a" * 40, True),
        (r"(a)\1", "aa", None),
        (r"(?i)a", "A", None),
        (r"[a-c&&[^b]]", "a", None),
        (r"(", "a", None),
        (r"[b-a]", "a", None),
    ],
)
def test_a_whole_text_is_held_to_a_pattern(pattern: str, text: str, expected: bool | None) -> None:
    assert matches(pattern, text) is expected
    assert is_read(pattern) is (expected is not None)


@pytest.mark.parametrize(
    ("text", "expected"), [("arn:aws:iam::111122223333:ro", True), ("arn:aws:iam::1111:", False), ("", True)]
)
def test_the_beginning_of_a_text(text: str, expected: bool) -> None:
    assert begins(r"^arn:aws[a-z\-]*:iam::\d{12}:role/?[a-z]+$", text) is expected


@pytest.mark.parametrize("pattern", [r"(a+)+", r"(a|a)*", r"(a*)*b", r"(.*a){30}", NAME, r"([a-z]+)*\.([a-z.]+)*"])
def test_no_pattern_takes_long(pattern: str) -> None:
    began = time.process_time()
    matches(pattern, "a" * 5000 + "!")
    assert time.process_time() - began < 3


def patterns_in(value: Any) -> set[str]:
    if isinstance(value, list):
        return {each for inner in value for each in patterns_in(inner)}
    if not isinstance(value, dict):
        return set()
    own = {value["pattern"]} if isinstance(value.get("pattern"), str) else set()
    return own.union(*map(patterns_in, value.values()))


PATTERNS = sorted(
    {
        each
        for path in (folder("schemas") / "requests").glob("*.json")
        for each in patterns_in(json.loads(path.read_text(encoding="utf-8")))
    }
)


def test_every_pattern_of_a_declared_operation_is_read() -> None:
    assert [each for each in PATTERNS if not is_read(each)] == []


@given(
    st.sampled_from([each for each in PATTERNS if "\\p" not in each and "uD800" not in each]),
    st.text("aZ0-_.:/ \n@é", max_size=12)
    | st.sampled_from(["arn:aws:iam::111122223333:role/a", "s3://b/k", "1.1", "a" * 64, "$LATEST"]),
)
def test_it_is_what_pythons_re_says(pattern: str, text: str) -> None:
    assert matches(pattern, text) is (re.fullmatch(pattern, text, re.ASCII) is not None)
