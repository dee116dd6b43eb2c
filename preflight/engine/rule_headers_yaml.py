"""The members of a rule's file before its examples, read without YAML where they are plain: a line each, or a list.

A lint of one small file would else spend a tenth of its time on a parser for the two rules that found something.
"""

from __future__ import annotations

import re
from typing import Any

_MEMBER = re.compile(r"([a-z-]+):(?: (.*))?")
_SINGLE = re.compile(r"'((?:[^']|'')*)'")
_WORDS = re.compile(r"\[([\w, .:/-]*)\]")
# What a text without quotes may begin with, that YAML reads as nothing but text.
_BEGINS = re.compile(r"[A-Za-z(/]")
_NO_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def plain_members(text: str) -> dict[str, Any] | None:
    """Return the members of a text as YAML would read them; None where that is not certain. `match` is left out."""
    members: dict[str, Any] = {}
    items: list[Any] | None = None
    lists: list[list[Any]] = []
    for line in text.splitlines():
        if items is not None and line.startswith("  - "):
            item = _scalar(line[4:])
            if item is None:
                return None
            items.append(item)
            continue
        found = _MEMBER.fullmatch(line)
        if found is None:
            return None
        name, written = found.groups()
        items = None
        if name == "match" and written and written.startswith("{"):
            continue
        if not written:
            members[name] = items = []
            lists.append(items)
            continue
        if written == "true":
            members[name] = True
            continue
        value = _list(written) if written.startswith("[") else _scalar(written)
        if value is None:
            return None
        members[name] = value
    return members if all(lists) else None


def _list(written: str) -> list[str] | None:
    found = _WORDS.fullmatch(written)
    if found is None:
        return None
    items = [each.strip() for each in found[1].split(",")] if found[1].strip() else []
    return items if all(_scalar(each) is not None and ": " not in each for each in items) else None


def _scalar(written: str) -> str | None:
    """Return the text that a scalar of YAML on one line is; None where it may be more, or other than text."""
    if written.startswith('"'):
        import json

        try:
            value = json.loads(written)
        except ValueError:
            return None
        return value if isinstance(value, str) else None
    if quoted := _SINGLE.fullmatch(written):
        return quoted[1].replace("''", "'")
    if not _BEGINS.match(written) or written.lower() in _NO_TEXT or written != written.strip():
        return None
    return None if ": " in written or " #" in written or written.endswith(":") else written
