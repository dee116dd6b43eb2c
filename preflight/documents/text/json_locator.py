"""Where a value of a JSON text stands, found by going through no more of the text than lies before it."""

from __future__ import annotations

import json
import re

from preflight.documents.text.json_tokens import STRING
from preflight.json_pointer import parts

_SPACE = re.compile(r"[ \t\n\r]*")
# A member's name and a string, each with what parts it from what follows; and that alone, behind another value.
_NAME = re.compile(rf"({STRING})[ \t\n\r]*:[ \t\n\r]*", re.DOTALL)
_ITEM = re.compile(rf"{STRING}[ \t\n\r]*(?:,[ \t\n\r]*)?", re.DOTALL)
_COMMA = re.compile(r"[ \t\n\r]*(?:,[ \t\n\r]*)?")
_DIGITS = 10  # of the longest index that a list can have
_parse = json.JSONDecoder(strict=False).raw_decode


class Locator:
    """Finds places in a valid JSON text. What comes before one is parsed by Python's own decoder, which is in C, and
    once: each container remembers where the values in it begin, as far as it was gone through.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._containers: dict[int, _Container] = {}

    def locate(self, pointer: str) -> tuple[int, int]:
        """Return the offset of the value at a JSON pointer, and of its member's name; -1 where there is none."""
        at, name_at = _end_of(_SPACE, self._text, 0), -1
        for part in parts(pointer):
            container = self._containers.get(at)
            if container is None:
                if self._text[at] not in "{[":
                    return -1, -1
                container = self._containers[at] = _Container(self._text, at)
            at, name_at = container.child(part)
            if at < 0:
                return -1, -1
        return at, name_at


class _Container:
    """An object or a list of a JSON text, gone through as far as somebody asked for what is in it."""

    def __init__(self, text: str, at: int) -> None:
        self._text, self._is_object = text, text[at] == "{"
        self._next = _end_of(_SPACE, text, at + 1)
        # The last value that was come to. To find where a large one ends is as much work as to parse it.
        self._last = -1
        self._found: dict[str, tuple[int, int]] = {}
        self._count = 0

    def child(self, part: str) -> tuple[int, int]:
        """Return the offset of a value by its name or index, and of its name; of a repeated name the first."""
        if not self._is_object and part.isdecimal() and len(part) < _DIGITS:
            self._step_over_strings(int(part))
        while part not in self._found:
            if not self._step():
                return -1, -1
        return self._found[part]

    def _step_over_strings(self, last: int) -> None:
        """Go through the strings of a list up to a place, as long as one follows the other: most lists are theirs."""
        match, text, found = _ITEM.match, self._text, self._found
        self._leave_last()
        while self._count <= last and (item := match(text, self._next)) is not None:
            found[str(self._count)] = (self._next, -1)
            self._next = item.end()
            self._count += 1

    def _leave_last(self) -> None:
        if self._last >= 0:
            item = _ITEM.match(self._text, self._last)
            end = item.end() if item is not None else _end_of(_COMMA, self._text, _parse(self._text, self._last)[1])
            self._next, self._last = end, -1

    def _step(self) -> bool:
        """Come to the next value. Return whether there is one."""
        self._leave_last()
        text, at, part, name_at = self._text, self._next, str(self._count), -1
        if text[at] in "}]":
            return False
        if self._is_object and (name := _NAME.match(text, at)) is not None:
            part = _parse(text, at)[0] if "\\" in name[1] else name[1][1:-1]
            at, name_at = name.end(), at
        self._found.setdefault(part, (at, name_at))
        self._count += 1
        self._last = at
        return True


def _end_of(form: re.Pattern[str], text: str, offset: int) -> int:
    found = form.match(text, offset)
    return found.end() if found is not None else offset
