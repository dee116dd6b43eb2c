"""Text is wrapped as textwrap wraps it, whichever of the two ways it goes."""

from __future__ import annotations

import textwrap

from hypothesis import given
from hypothesis import strategies as st

from preflight.report.terminal import wrapped

_WORDS = st.lists(st.text("ab", min_size=1, max_size=30), min_size=1, max_size=12)


@given(_WORDS, st.integers(0, 12), st.integers(30, 60))
def test_plain_text_is_filled_as_textwrap_fills_it(words: list[str], indent: int, width: int) -> None:
    text, lead = " ".join(words), " " * indent
    expected = textwrap.wrap(
        text,
        width,
        initial_indent=lead,
        subsequent_indent=lead,
        break_long_words=False,
        break_on_hyphens=False,
    )
    assert list(wrapped(text, lead, lead, width)) == expected
