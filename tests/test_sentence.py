"""Phrases as sentences."""

from __future__ import annotations

import pytest

from preflight.account.facts import Unknown
from preflight.sentence import sentence


@pytest.mark.parametrize(
    ("phrase", "wanted"),
    [
        ("name the role with --principal ARN", "Name the role with --principal ARN."),
        ("Create it.", "Create it."),
        ("allow it for any value:", "Allow it for any value:"),
        ("", ""),
    ],
)
def test_a_phrase_as_a_sentence(phrase: str, wanted: str) -> None:
    assert sentence(phrase) == Unknown("it was not read", phrase).remedy == wanted
