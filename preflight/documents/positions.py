"""Where each value of a JSON or YAML text stands: JSON pointer to line and column."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache
from itertools import accumulate
from typing import Any, TypeAlias

# A string with the colon behind it if it is a member's name, a bracket, a comma, or a number or word.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}\[\],]|[^\s{}\[\],:"]+', re.DOTALL)


_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_ITEM = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"[ \t\n\r]*(?:,[ \t\n\r]*)?', re.DOTALL)
_FEW = 6  # places are counted out; for more, where each line begins is worth knowing
_DIGITS = 10  # of the longest index that a list can have
# What parts a member's name from its value, and a value from the next one.
_COLON, _COMMA = re.compile(r"[ \t\n\r]*:[ \t\n\r]*"), re.compile(r"[ \t\n\r]*(?:,[ \t\n\r]*)?")


def escape(part: str) -> str:
    """Return one member name as it stands in a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")


Places: TypeAlias = dict[str, tuple[int, int]]


def places(text: str, syntax: str, values: Places, names: Places) -> None:
    """Fill in the line and column (from 1) of every value and of every member's name, by the JSON pointer of the value.

    Of a repeated member it is the first.
    """
    if syntax == "yaml":
        for pointer, mark, name in _yaml_marks(text):
            values.setdefault(pointer, (mark.line + 1, mark.column + 1))
            if name is not None:
                names.setdefault(pointer, (name.line + 1, name.column + 1))
        return
    starts = _line_starts(text)

    def place(offset: int) -> tuple[int, int]:
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    for pointer, offset, name_at in scan_json(text):
        values.setdefault(pointer, place(offset))
        if name_at >= 0:
            names.setdefault(pointer, place(name_at))


def search(text: str, syntax: str) -> Callable[[str, bool], tuple[int, int] | None]:
    """Return a function from a JSON pointer, and whether its member's name is meant, to line and column; it reads a
    JSON text only as far as it has to.
    """
    if syntax == "yaml":
        found: tuple[Places, Places] = ({}, {})
        places(text, syntax, *found)
        return lambda pointer, name: found[name].get(pointer)
    locate = _Locator(text).locate
    starts: list[int] = []
    asked = 0

    def place(pointer: str, name: bool) -> tuple[int, int] | None:
        nonlocal asked
        offset = locate(pointer)[name]
        if offset < 0:
            return None
        asked += 1
        if asked <= _FEW:
            return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
        if not starts:
            starts.extend(_line_starts(text))
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    return place


def _line_starts(text: str) -> list[int]:
    return list(accumulate([len(line) + 1 for line in text.split("\n")[:-1]], initial=0))


def locate_json(text: str, pointer: str) -> tuple[int, int]:
    """Return the offset in a valid JSON text of the value at a JSON pointer, and of its member's name; -1 where there
    is none.
    """
    return _Locator(text).locate(pointer)


class _Locator:
    """Finds places in a JSON text. What comes before one is parsed by Python's own decoder, which is in C, and once:
    each container remembers where the values in it begin, as far as it was gone through.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._containers: dict[int, _Container] = {}

    def locate(self, pointer: str) -> tuple[int, int]:
        """Return the offsets as `locate_json` does."""
        at, name_at = _skipped(self._text, 0), -1
        for part in pointer.split("/")[1:]:
            container = self._containers.get(at)
            if container is None:
                if self._text[at] not in "{[":
                    return -1, -1
                container = self._containers[at] = _Container(self._text, at)
            at, name_at = container.child(part.replace("~1", "/").replace("~0", "~"))
            if at < 0:
                return -1, -1
        return at, name_at


class _Container:
    """An object or a list of a JSON text, gone through as far as somebody asked for what is in it."""

    def __init__(self, text: str, at: int) -> None:
        self._text, self._is_object = text, text[at] == "{"
        self._next = _skipped(text, at + 1)
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
            self._next, self._last = _match_end(_COMMA, self._text, _end(self._text, self._last)), -1

    def _step(self) -> bool:
        """Come to the next value. Return whether there is one."""
        self._leave_last()
        if self._text[self._next] in "}]":
            return False
        text, at, name, name_at = self._text, self._next, str(self._count), -1
        if self._is_object:
            name_at, end = at, _end(text, at)
            name = text[at + 1 : end - 1]
            if "\\" in name:
                name = _decoder().raw_decode(text, at)[0]
            at = _match_end(_COLON, text, end)
        self._found.setdefault(name, (at, name_at))
        self._count += 1
        self._last = at
        return True


def _skipped(text: str, offset: int) -> int:
    """Return the offset of what comes after spaces."""
    return _match_end(_SPACE, text, offset)


def _match_end(form: re.Pattern[str], text: str, offset: int) -> int:
    found = form.match(text, offset)
    return found.end() if found is not None else offset


def _end(text: str, offset: int) -> int:
    """Return the offset of what comes after the value at an offset."""
    found = _STRING.match(text, offset)
    end: int = found.end() if found is not None else _decoder().raw_decode(text, offset)[1]
    return end


@cache
def _decoder() -> Any:
    from json.decoder import JSONDecoder

    return JSONDecoder(strict=False)


def scan_json(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the JSON pointer of each value of a valid JSON text, its offset, and the offset of its member name (or -1).

    A repeated member is yielded each time that it stands there.
    """
    above: list[tuple[str, int, int]] = []
    pointer, index, name_at = "", -1, -1  # of the open container: its pointer, and its next index (-1 for an object)
    name = ""
    for match in _TOKEN.finditer(text):
        offset = match.start()
        first = text[offset]
        if first == ",":
            if index >= 0:
                index += 1
        elif first in "}]":
            pointer, index, name_at = above.pop()
        elif match[1] is not None:
            name, name_at = _name(text[offset : match.start(1)]), offset
        else:
            value = f"{pointer}/{name if index < 0 else index}" if above else ""
            yield value, offset, name_at if index < 0 else -1
            if first in "{[":
                above.append((pointer, index, name_at))
                pointer, index = value, -1 if first == "{" else 0


def _name(token: str) -> str:
    """Return the name of a member, from its token, as it stands in a JSON pointer."""
    if "\\" in token:
        import json

        return escape(json.loads(token, strict=False))
    return escape(token[1:-1]) if "~" in token or "/" in token else token[1:-1]


def _yaml_marks(text: str) -> Iterator[tuple[str, Any, Any]]:
    from preflight.documents.yaml_nodes import compose, members

    root = compose(text)
    stack = [("", root, None)] if root is not None else []
    while stack:
        pointer, node, name = stack.pop()
        yield pointer, node.start_mark, name
        stack.extend((f"{pointer}/{escape(part)}", child, mark) for part, child, mark in members(node))
