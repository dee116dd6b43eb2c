"""Patterns for files, as settings have them: `policies/admin.json`, `scps/**`, `*.trust.json`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_PART = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
# With more of them, a regular expression could try their places in all combinations.
_MOST_WILD = 2


def matches(pattern: str, path: str) -> bool:
    """Say whether a path with slashes, relative to where the pattern is written, is meant by it.

    `*` and `?` stay within a name, `**` goes across folders; a pattern without a slash is of a name in any folder, and
    one that is the name of a folder is of everything in it. Takes time in proportion to pattern and path.
    """
    compiled = _compiled(pattern)
    if isinstance(compiled, re.Pattern):
        return compiled.match(path) is not None
    return _walked(compiled, path)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str] | tuple[str, ...]:
    inside = pattern.removeprefix("./").rstrip("/")
    parts = _PART.findall(inside)
    if "/" not in inside:
        parts.insert(0, "**/")
    if sum("*" in part for part in parts) > _MOST_WILD:
        return tuple(each for part in parts for each in ((part,) if part in _MEANS else part))
    return re.compile(f"{''.join(map(_means, parts))}(?:/.*)?\\Z", re.DOTALL)


def _means(part: str) -> str:
    return _MEANS.get(part) or re.escape(part)


def _walked(parts: Sequence[str], path: str) -> bool:
    """Match by keeping all places in the pattern at which the path may be so far.

    Within what a `**/` stands for, which ends with a slash, the place is the negative one.
    """
    end = len(parts)
    at = _skipping(parts, {0})
    for letter in path:
        then: set[int] = set()
        for place in at:
            part = parts[~place if place < 0 else place] if place < end else ""
            if place >= end:
                # What a pattern names is of everything in it.
                then |= {end + 1} if letter == "/" or place > end else set()
            elif part == "**/":
                then.add(place if place < 0 else ~place)
                if letter == "/":
                    then.add((~place if place < 0 else place) + 1)
            elif part == "**" or (part == "*" and letter != "/"):
                then.add(place)
            elif part == letter or (part == "?" and letter != "/"):
                then.add(place + 1)
        at = _skipping(parts, then)
        if not at:
            return False
    return not at.isdisjoint((end, end + 1))


def _skipping(parts: Sequence[str], places: set[int]) -> set[int]:
    """Return the places with those behind stars, which may stand for nothing."""
    found = set(places)
    for place in places:
        while 0 <= place < len(parts) and parts[place] in ("*", "**", "**/"):
            place += 1
            if place in found:
                break
            found.add(place)
    return found
