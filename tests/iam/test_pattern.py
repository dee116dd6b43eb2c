"""Matching against a naive reference, its cost on hostile patterns, and set questions against brute force."""

from __future__ import annotations

import itertools
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.iam.pattern import Extent, combinations, covers, extent, matches, matches_action, overlaps
from preflight.iam.wildcard import any_of, arn_matcher, matcher, text_of, tokens

PATTERNS = st.text("ab*?", max_size=7)
TEXTS = st.text("ab", max_size=9)
SHORT = ["".join(letters) for size in range(8) for letters in itertools.product("abz", repeat=size)]


def naive(pattern: str, text: str) -> bool:
    """Match by the definition, one symbol at a time."""

    @lru_cache(None)
    def at(i: int, j: int) -> bool:
        if i == len(pattern):
            return j == len(text)
        if pattern[i] == "*":
            return at(i + 1, j) or (j < len(text) and at(i, j + 1))
        return j < len(text) and pattern[i] in ("?", text[j]) and at(i + 1, j + 1)

    return at(0, 0)


@settings(max_examples=1500, deadline=None)
@given(PATTERNS, TEXTS)
def test_matches_agrees_with_the_definition(pattern: str, text: str) -> None:
    assert matches(pattern, text) == naive(pattern, text)


@settings(max_examples=500, deadline=None)
@given(st.lists(PATTERNS, max_size=4), TEXTS)
def test_any_of_is_the_or_of_its_patterns(patterns: list[str], text: str) -> None:
    assert any_of(map(tokens, patterns))(text) == any(naive(pattern, text) for pattern in patterns)


@settings(max_examples=500, deadline=None)
@given(PATTERNS, TEXTS)
def test_the_normal_form_means_the_same(pattern: str, text: str) -> None:
    assert naive(text_of(tokens(pattern)), text) == naive(pattern, text)


class Counted(str):
    """Text that counts how often a matcher looks at it, and how far each search runs."""

    work = 0

    def __getitem__(self, index: object) -> str:
        self.work += 1
        return super().__getitem__(index)  # type: ignore[index]

    def find(self, piece: str, start: int = 0, end: int | None = None) -> int:  # type: ignore[override]
        found = super().find(piece, start, len(self) if end is None else end)
        self.work += 1 + (found - start if found >= 0 else len(self) - start)
        return found

    def startswith(self, piece: str, start: int = 0) -> bool:  # type: ignore[override]
        self.work += 1
        return super().startswith(piece, start)


@pytest.mark.parametrize(
    "pattern",
    ["a*" * 50, "*a" * 1000 + "b", "*" * 1000 + "b", "a?*" * 300 + "b", "*a?a" * 200, "?*" * 500, "*a" * 400 + "?b"],
)
def test_work_is_linear_in_the_text_on_hostile_patterns(pattern: str) -> None:
    match = matcher(tokens(pattern))
    for length in (1_000, 10_000):
        text = Counted("a" * length)
        match(text)
        assert text.work <= 2 * length + 2 * len(pattern)


def test_actions_match_without_case_and_resources_with_it() -> None:
    assert matches_action("S3:get*", "s3:GetObject")
    assert not matches("arn:aws:s3:::B", "arn:aws:s3:::b")


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("arn:aws:iam::*:role/a*", "arn:aws:iam::111122223333:role/a/b", True),
        ("arn:*:role/a", "arn:aws:iam::111122223333:role/a", False),
        ("arn:aws:iam::111122223333:*", "arn:aws:iam::111122223333:role/a:b", True),
        ("arn:aws:s3:::b?", "arn:aws:s3:::bx", True),
        ("arn:aws:i*m::111122223333:role/a", "arn:aws:iam::111122223333:role/a", True),
        ("*", "arn:aws:s3:::b", False),
        ("arn:aws:s3:::*", "bucket", False),
    ],
)
def test_arn_conditions_match_part_by_part(pattern: str, arn: str, expected: bool) -> None:
    assert arn_matcher(tokens(pattern))(arn) is expected


@settings(max_examples=400, deadline=None)
@given(st.text("ab*?", max_size=4), st.text("ab*?", max_size=3))
def test_covers_and_overlaps_agree_with_brute_force(pattern: str, other: str) -> None:
    # Texts as long as both patterns together tell them apart; z stands for all letters that neither names.
    of_other = [text for text in SHORT if matches(other, text)]
    assert covers(pattern, other) == all(matches(pattern, text) for text in of_other)
    assert overlaps(pattern, other) == any(matches(pattern, text) for text in of_other)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("ab*?", max_size=4), max_size=3), st.text("ab*?", max_size=4))
def test_combinations_are_those_that_occur(patterns: list[str], within: str) -> None:
    found = combinations([tokens(each) for each in patterns], tokens(within))
    assert found is not None
    occurring = {tuple(naive(each, text) for each in patterns) for text in SHORT if naive(within, text)}
    assert occurring <= found.keys()
    for truths, example in found.items():
        assert naive(within, example)
        assert truths == tuple(naive(each, example) for each in patterns)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("ab:*?", max_size=4), max_size=2), st.text("ab:*", max_size=4))
def test_combinations_leave_out_what_a_name_cannot_hold(patterns: list[str], within: str) -> None:
    found = combinations([tokens(each) for each in patterns], tokens(within), barred=":")
    assert found is not None
    texts = ("".join(letters) for size in range(6) for letters in itertools.product("abz:", repeat=size))
    occurring = {
        tuple(naive(each, text) for each in patterns)
        for text in texts
        if text.count(":") == within.count(":") and naive(within, text)
    }
    assert occurring <= found.keys()
    for truths, example in found.items():
        assert example.count(":") == within.count(":")
        assert naive(within, example)
        assert truths == tuple(naive(each, example) for each in patterns)


def test_extent_has_three_answers() -> None:
    names = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/?*"
    assert extent("arn:aws:sagemaker:*:*:endpoint/*", names) is Extent.ALL
    assert extent("arn:aws:sagemaker:*:*:endpoint/prod-*", names) is Extent.SOME
    # Taken as mere text, a name may hold what looks like the rest of another ARN.
    assert extent("arn:aws:sagemaker:*:*:model/*", names) is Extent.SOME
    assert extent("arn:aws:sagemaker:*:*:model/*", names, barred=":/") is Extent.NONE
    assert extent("arn:aws:sagemaker:*:*:endpoint/*", names, barred=":/") is Extent.ALL
    assert extent("arn:aws:sagemaker:*:*:endpoint/prod-*", names, barred=":/") is Extent.SOME


def test_set_questions_on_hostile_patterns_stay_small() -> None:
    assert covers("*" + "?" * 40 + "a*", "a" * 60 + "*")
    assert not covers("*a" * 20 + "*", "*a" * 19 + "*")
    assert overlaps("a*" * 100, "*b" * 100)
    # Two hundred thousand combinations of patterns: given up, not waited for.
    assert combinations([tokens(f"*{letter}*") for letter in "abcdefghijklmnopqrst"], tokens("*")) is None
