"""Patterns for files, as settings have them: `policies/admin.json`, `scps/**`, `*.trust.json`."""

from __future__ import annotations

import re
from functools import lru_cache

_PART = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def matches(pattern: str, path: str) -> bool:
    """Say whether a path with slashes, relative to where the pattern is written, is meant by it.

    `*` and `?` stay within a name, `**` goes across folders; a pattern without a slash is of a name in any folder, and
    one that is the name of a folder is of everything in it.
    """
    return _compiled(pattern).match(path) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    inside = pattern.removeprefix("./").rstrip("/")
    start = "" if "/" in inside else "(?:.*/)?"
    return re.compile(f"{start}{''.join(map(_means, _PART.findall(inside)))}(?:/.*)?\\Z", re.DOTALL)


def _means(part: str) -> str:
    return _MEANS.get(part) or re.escape(part)
