"""Where each value of a JSON or YAML text stands: JSON pointer to line and column."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any, TypeAlias

from preflight.documents.text.json_tokens import token
from preflight.json_pointer import escape

_FEW = 6  # places are counted out; for more, where each line begins is worth knowing


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
    from preflight.documents.text.json_locator import Locator

    locate = Locator(text).locate
    starts: list[int] = []
    asked = 0

    def place(pointer: str, name: bool) -> tuple[int, int] | None:  # noqa: FBT001 -- callables take no keywords
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


def scan_json(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the JSON pointer of each value of a valid JSON text, its offset, and the offset of its member name (or -1).

    A repeated member is yielded each time that it stands there.
    """
    above: list[tuple[str, int, int]] = []
    pointer, index, name_at = "", -1, -1  # of the open container: its pointer, and its next index (-1 for an object)
    name = ""
    for match in token().finditer(text):
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


def _name(quoted: str) -> str:
    """Return the name of a member, from its token, as it stands in a JSON pointer."""
    if "\\" in quoted:
        import json

        return escape(json.loads(quoted, strict=False))
    return escape(quoted[1:-1]) if "~" in quoted or "/" in quoted else quoted[1:-1]


def _yaml_marks(text: str) -> Iterator[tuple[str, Any, Any]]:
    from preflight.documents.text.yaml_nodes import compose, members

    root = compose(text)
    stack = [("", root, None)] if root is not None else []
    while stack:
        pointer, node, name = stack.pop()
        yield pointer, node.start_mark, name
        stack.extend((f"{pointer}/{escape(part)}", child, mark) for part, child, mark in members(node))
