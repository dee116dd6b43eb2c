"""Where each value of a JSON or YAML text stands: JSON pointer to line and column."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


def escape(part: str) -> str:
    """Return one member name as it stands in a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")


def places(text: str, syntax: str) -> dict[str, tuple[int, int]]:
    """Return the line and column (from 1) of every value, by JSON pointer; the first one of a repeated member."""
    found: dict[str, tuple[int, int]] = {}
    if syntax == "yaml":
        for pointer, mark in _yaml_marks(text):
            found.setdefault(pointer, (mark.line + 1, mark.column + 1))
        return found
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    for pointer, offset, _ in scan_json(text):
        line = bisect_right(starts, offset)
        found.setdefault(pointer, (line, offset - starts[line - 1] + 1))
    return found


def scan_json(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the JSON pointer of each value of a valid JSON text, its offset, and the offset of its member name (or -1).

    A repeated member is yielded each time that it stands there.
    """
    import json

    parents: list[tuple[str, bool]] = []  # the pointer of each open container, and whether it is an object
    index: list[int] = []
    name, name_at, expect_name = "", -1, False
    for match in _TOKEN.finditer(text):
        token = match[0]
        first = token[0]
        if first == ",":
            if parents[-1][1]:
                expect_name = True
            else:
                index[-1] += 1
        elif first == ":":
            expect_name = False
        elif first in "}]":
            parents.pop()
            index.pop()
            expect_name = False
        elif expect_name and first == '"':
            name, name_at = json.loads(token, strict=False), match.start()
        else:
            pointer = ""
            if parents:
                above, is_object = parents[-1]
                pointer = f"{above}/{escape(name) if is_object else index[-1]}"
            yield pointer, match.start(), name_at if parents and parents[-1][1] else -1
            if first in "{[":
                parents.append((pointer, first == "{"))
                index.append(0)
                expect_name = first == "{"


def _yaml_marks(text: str) -> Iterator[tuple[str, Any]]:
    from preflight.documents.yaml_nodes import compose, members

    root = compose(text)
    stack = [("", root)] if root is not None else []
    while stack:
        pointer, node = stack.pop()
        yield pointer, node.start_mark
        stack.extend((f"{pointer}/{escape(part)}", child) for part, child in members(node))
