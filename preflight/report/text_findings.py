"""The findings of a lint as text: file by file, each with its line, a caret under the value, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from preflight.engine.result import Kind, Level, Report, Result
from preflight.report.counting import not_read
from preflight.report.excerpt import Sources
from preflight.report.paths import place
from preflight.report.terminal import clean, paint, wrapped
from preflight.report.view import View

_COLORS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "bold"}


class Findings:
    """The page of a lint but for its last line."""

    def __init__(self, report: Report, view: View) -> None:
        self._report, self._view = report, view
        self._width = max(view.width, 40)
        self._sources = Sources(view.sources)
        self._explained: set[str] = set()

    def lines(self) -> Iterator[str]:
        """Yield the lines of the findings, in the order of their places within each file."""
        for result in _by_file(self._report):
            yield from self._head(result)
            if not self._view.quiet:
                yield from self._body(result)
                yield ""
        if self._view.quiet and self._report.results:
            yield ""
        for line in () if self._view.quiet else not_read(self._report.examined):
            yield from wrapped(f"not read: {clean(line)}", "", "  ", self._width)

    def _paint(self, text: str, color: str) -> str:
        return paint(text, color, on=self._view.color)

    def _head(self, result: Result) -> Iterator[str]:
        where = clean(place(result.location))
        level = result.level.value if result.kind is Kind.FAIL else result.kind.value
        parts = [f"{where}:" if where else "", level, clean(result.rule)]
        lead = " ".join([part for part in parts if part])
        lines = wrapped(f"{lead} {result.message}", "", "  ", self._width)
        if not self._view.color:
            yield from lines
            return
        color = _COLORS[result.level] if result.kind is Kind.FAIL else "dim"
        painted = " ".join(
            self._paint(part, how) for part, how in zip(parts, ("bold", color, "bold"), strict=True) if part
        )
        for number, line in enumerate(lines):
            is_lead = not number and line.startswith(lead)
            yield painted + line[len(lead) :] if is_lead else line

    def _body(self, result: Result) -> Iterator[str]:
        location = result.location
        gutter = " " * (len(str(location.line)) + 1 if location is not None and location.line is not None else 1)
        found = None if location is None else self._sources.excerpt(location, self._width - 1)
        if found is not None:
            yield from found.lines(" ", color=self._view.color)
        rule = self._view.rule(result.rule)
        if rule is not None and (result.rule not in self._explained or self._view.verbose):
            self._explained.add(result.rule)
            yield from self._labelled(gutter, "why", rule.why)
        if result.remedy:
            yield from self._labelled(gutter, "fix", result.remedy)

    def _labelled(self, gutter: str, label: str, text: str) -> Iterator[str]:
        first = f"{gutter} = {label}: "
        lines = wrapped(text, first, " " * len(first), self._width)
        if not self._view.color:
            yield from lines
            return
        for number, line in enumerate(lines):
            is_first = not number and line.startswith(first.rstrip())
            mark = f"{gutter} {self._paint(f'= {label}:', 'dim')}"
            yield mark + line[len(first) - 1 :] if is_first else line


def _by_file(report: Report) -> list[Result]:
    """Return the results with those of a file together, by line; files in the order in which they were read."""
    order: dict[str, int] = {}
    for result in report.results:
        order.setdefault(result.location.path if result.location else "", len(order))

    def key(result: Result) -> tuple[int, int, int]:
        where = result.location
        return (order[where.path if where else ""], (where and where.line) or 0, (where and where.column) or 0)

    return sorted(report.results, key=key)
