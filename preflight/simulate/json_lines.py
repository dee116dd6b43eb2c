"""Lines that hold a case each. Policies that stand in line after line are taken apart once, for the first of them.

A line is cut into its members; the text of one that is an object or a list ends where it ends, so what begins with a
text that was seen before has its value. Whatever is irregular is left to Python's decoder, which says what is wrong.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Set
from typing import Any, NamedTuple, TypeAlias

_BLANK = " \t\n\r"
_SPACE = re.compile(rf"[{_BLANK}]*")
_BEGINS = 96
_ALIKE = 16
_LONGEST, _MOST = 1 << 20, 1 << 24
"""How long a text may be that is remembered, and all of them together."""

WrittenMembers: TypeAlias = tuple[tuple[str, str], ...]
"""Members of a line by name, each as it is written there."""


class DecodedLine(NamedTuple):
    """What a line holds, and how the members are written that were to be remembered; None where that isn't known."""

    value: Any
    written: WrittenMembers | None = None


class _IrregularError(Exception):
    """A line is for Python's decoder."""


class _Known(NamedTuple):
    text: str
    value: Any


class LineDecoder:
    """Decodes lines. The values of the members that are `remembered` are shared by lines that write them alike."""

    def __init__(self, remembered: Set[str]) -> None:
        self._remembered = remembered
        decoder = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_refuse)
        self._decode: Callable[[str], Any] = decoder.decode
        self._decode_at: Callable[[str, int], tuple[Any, int]] = decoder.raw_decode
        self._known: defaultdict[str, list[_Known]] = defaultdict(list)
        self._size = 0

    def decode(self, text: str) -> DecodedLine:
        """Return what a line holds. Raises `ValueError` or `RecursionError` where it is no JSON."""
        try:
            return self._cut(text)
        except (_IrregularError, ValueError, IndexError):
            return DecodedLine(self._decode(text))

    def _cut(self, text: str) -> DecodedLine:
        at = _end(text, 0)
        if text[at] != "{":
            raise _IrregularError
        value: dict[str, Any] = {}
        written: list[tuple[str, str]] = []
        is_whole = True
        while True:
            at = _end(text, at + 1)
            if text[at] != '"':
                raise _IrregularError
            name, at = self._decode_at(text, at)
            at = _end(text, at)
            if text[at] != ":" or name in value:
                raise _IrregularError
            begin = _end(text, at + 1)
            if name in self._remembered:
                known = self._taken_apart(text, begin)
                value[name], at = known.value, begin + len(known.text)
                written.append((name, known.text))
                is_whole = is_whole and len(known.text) <= _LONGEST
            else:
                value[name], at = self._decode_at(text, begin)
            at = _end(text, at)
            if text[at] == "}":
                break
            if text[at] != ",":
                raise _IrregularError
        if text[at + 1 :].strip(_BLANK):
            raise _IrregularError
        return DecodedLine(value, tuple(written) if is_whole else None)

    def _taken_apart(self, text: str, at: int) -> _Known:
        is_closed = text[at] in "{["
        alike = self._known[text[at : at + _BEGINS]] if is_closed else []
        for known in alike:
            if text.startswith(known.text, at):
                return known
        value, end = self._decode_at(text, at)
        known = _Known(text[at:end], value)
        if is_closed and len(known.text) <= _LONGEST:
            self._remember(known, alike)
        return known

    def _remember(self, known: _Known, alike: list[_Known]) -> None:
        self._size += len(known.text)
        if self._size > _MOST:
            self._known.clear()
            self._size = len(known.text)
            alike = self._known[known.text[:_BEGINS]]
        if len(alike) >= _ALIKE:
            self._size -= len(alike.pop(0).text)
        alike.append(known)


def _end(text: str, at: int) -> int:
    """Return where what comes next begins. Raises `IndexError` where nothing does."""
    if text[at] not in _BLANK:
        return at
    found = _SPACE.match(text, at)
    return found.end() if found is not None else at


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key is given twice")
    return members


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
