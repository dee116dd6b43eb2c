"""The name that was probably meant by one that AWS does not know."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like a word, whatever the case; None where none is like it."""
    from difflib import get_close_matches

    by_fold = {each.casefold(): each for each in known}
    found = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.75)
    return by_fold[found[0]] if found else None
