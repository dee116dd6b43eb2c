"""Which texts of a policy the patterns in a list cover, quickly: most lists have one kind of pattern, or none."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from preflight.iam.pattern import covers
from preflight.iam.wildcard import Matcher, matcher, tokens

WILD = frozenset("*?")
_ANY = "\U0010fffd"
"""A character that no policy holds."""


class PatternList:
    """A list of patterns, to ask quickly which texts they cover. Most have one wildcard, a star at the end."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.exact = frozenset(texts)
        heads: set[str] = set()
        self.others: list[tuple[str, str, str]] = []
        for each in texts:
            if "${" not in each:
                if "*" in each and each.index("*") == len(each) - 1 and "?" not in each:
                    heads.add(each[:-1])
                elif "*" in each or "?" in each:
                    self.others.append((*_ends(each), each))
        self.heads = frozenset(heads)
        self.lengths = sorted({len(each) for each in heads if each})
        self._beginnings = tuple(heads)

    def covering(self, text: str) -> str | None:
        """Return a pattern other than the text itself that covers it."""
        if text.startswith(self._beginnings) and (head := self._head(text)) is not None:
            return f"{head}*"
        if self.others and ("${" not in text or "*" in self.exact):
            # What stands for anything may stand for nothing, which most patterns do not match.
            least = text.replace("*", "").replace("?", _ANY)
            for start, end, each in self.others:
                if (
                    text.startswith(start)
                    and text.endswith(end)
                    and each != text
                    and _matcher(each)(least)
                    and covers_text(each, text)
                ):
                    return each
        return None

    def _head(self, text: str) -> str | None:
        if "" in self.heads:
            return "" if text != "*" else None
        if "${" in text:
            return None
        # A head that is the whole text but for its star is of the text itself.
        end = len(text) - (text[-1] == "*")
        for at in self.lengths:
            if at < end or at == end == len(text):
                if text[:at] in self.heads:
                    return text[:at]
            else:
                break
        return None

    def has(self, text: str) -> bool:
        """Whether a text is one of the patterns, or covered by one."""
        return text in self.exact or self.covering(text) is not None


@lru_cache(maxsize=16_384)
def covers_text(pattern: str, text: str) -> bool:
    """Say whether a pattern matches all that a text matches, which may itself have wildcards."""
    if not WILD & set(pattern):
        return pattern == text
    if not WILD & set(text):
        return _matcher(pattern)(text)
    return covers(pattern, text)


@lru_cache(maxsize=4096)
def _matcher(pattern: str) -> Matcher:
    return matcher(tokens(pattern))


def _ends(pattern: str) -> tuple[str, str]:
    """Return what a pattern begins and ends with before and after its wildcards."""
    at = [index for index, letter in enumerate(pattern) if letter in WILD]
    return pattern[: at[0]], pattern[at[-1] + 1 :]
