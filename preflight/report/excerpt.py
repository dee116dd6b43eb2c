"""The line of a document that a result is about, with carets under the value, in a window that fits the page."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from preflight.engine.result import Location
from preflight.redaction import environment_credentials, without_credentials
from preflight.report.terminal import clean, paint

_NEAR = 4000
_TAB = 4
_ELLIPSIS = "..."
_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'|[^\s,\[\]{}"\']+')


class Excerpt(NamedTuple):
    """A line as it can be shown, and how many columns before and under its value are blank and are carets."""

    number: int
    line: str
    before: int
    carets: int

    def lines(self, lead: str, *, color: bool) -> Iterator[str]:
        """Yield the line with its number, and the carets below it."""
        number = str(self.number)
        yield f"{lead}{paint(f'{number} |', 'dim', on=color)} {self.line}"
        bar = paint(f"{' ' * len(number)} |", "dim", on=color)
        yield f"{lead}{bar} {' ' * self.before}{paint('^' * self.carets, 'red', on=color)}"


class Sources:
    """The lines of documents, each document split once, and only when it is asked for."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._lines: dict[str, list[str]] = {}
        self._open: dict[tuple[str, int], bool] = {}
        self._secrets = environment_credentials()

    def line(self, path: str, number: int) -> str | None:
        """Return a line, counted from 1, without its end; None where the document or the line is not at hand."""
        if path not in self._texts:
            return None
        if path not in self._lines:
            self._lines[path] = self._texts[path].split("\n")
        lines = self._lines[path]
        return lines[number - 1].removesuffix("\r") if 0 < number <= len(lines) else None

    def end_column(self, location: Location) -> int | None:
        """Return the column after the value that begins at a location; None where its text is not at hand."""
        if location.line is None or location.column is None:
            return None
        line = self.line(location.path, location.line)
        if line is None or not 0 < location.column <= len(line):
            return None
        return value_end(line, location.column)

    def excerpt(self, location: Location, width: int) -> Excerpt | None:
        """Return what to show of a location in `width` columns with its number; None where its text is not at hand."""
        if location.line is None or location.column is None:
            return None
        line = self.line(location.path, location.line)
        if line is None or not 0 < location.column <= len(line):
            return None
        if not self._is_open(location.path, location.line, line):
            near = line[max(0, location.column - _NEAR) : location.column + _NEAR]
            if without_credentials(near, self._secrets) != near:
                return None
        room = width - len(f"{location.line} | ")
        return Excerpt(location.line, *window(line, location.column - 1, value_end(line, location.column) - 1, room))

    def _is_open(self, path: str, number: int, line: str) -> bool:
        """Whether no credentials are in a line. A whole document may be on one, as may all findings."""
        if (path, number) not in self._open:
            self._open[path, number] = without_credentials(line, self._secrets) == line
        return self._open[path, number]


def value_end(line: str, column: int) -> int:
    """Return the column after the value that begins at a column, both from 1: a string with its quotes, or a word."""
    found = _VALUE.match(line, column - 1)
    if found is None:
        return column + 1
    # The name of a member in YAML ends before its colon; a colon within an ARN is part of it.
    text = found.group().removesuffix(":")
    return column + max(len(text), 1)


def window(line: str, start: int, end: int, width: int) -> tuple[str, int, int]:
    """Return a line cut to `width` columns around the characters from `start` to `end`, the columns before those, and
    the columns that they take.

    Tabs become spaces, what a terminal would obey is written out, and wide characters count as the two columns they
    take; `...` stands for what is cut.
    """
    if len(line) <= width and line.isascii() and line.isprintable():
        return line.rstrip(), start, max(min(end, len(line)) - start, 1)
    # No character takes less than no column, and marks that combine are few: far more than what fits is not looked at.
    first, last = max(0, start - 2 * width), start + 3 * width
    text = line[first:last]
    plain = text.isascii() and text.isprintable()
    cells: Sequence[str] = text if plain else _cells(text)
    # The columns before each character, and before the end.
    at = range(len(text) + 1) if plain else list(accumulate(map(_columns, cells), initial=0))
    start, end = start - first, min(end - first, len(cells))
    left, right = 0, len(cells)
    if first or first + len(cells) < len(line) or at[-1] > width:
        room = width - len(_ELLIPSIS)
        value = at[end] - at[start]
        if first or at[start] + min(value, width // 3) > room:
            room -= len(_ELLIPSIS)
            left = bisect_left(at, at[start] - max(width // 3, room - value - width // 3), 0, start)
        right = bisect_right(at, at[left] + room, left) - 1
    before = _ELLIPSIS if first or left else ""
    after = _ELLIPSIS if first + right < len(line) else ""
    shown = f"{before}{''.join(cells[left:right])}{after}"
    return shown.rstrip(), len(before) + at[start] - at[left], max(at[min(end, right)] - at[start], 1)


def _cells(text: str) -> list[str]:
    cells: list[str] = []
    column = 0
    for character in text:
        cell = " " * (_TAB - column % _TAB) if character == "\t" else clean(character)
        column += _columns(cell)
        cells.append(cell)
    return cells


def _columns(cell: str) -> int:
    if cell.isascii():
        return len(cell)
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in cell
    )
