"""GitHub's workflow commands: each problem becomes an annotation of its line in the pull request.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.engine.result import Kind, Level, Report, Result
from preflight.report.counting import in_order, summary
from preflight.report.excerpt import Sources
from preflight.report.paths import is_page, relative
from preflight.report.terminal import clean, inert
from preflight.report.view import PLAIN, View

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def render(report: Report, view: View = PLAIN) -> str:
    """Return a command for each failure and each open result, and the verdict as a last line for people.

    GitHub shows the first ten annotations of a kind and step; the most severe come first.
    """
    sources = Sources(view.sources)
    lines = [_command(result, sources, view) for result in in_order(report) if result.kind in (Kind.FAIL, Kind.OPEN)]
    return "\n".join([*lines, summary(report)]) + "\n"


def _command(result: Result, sources: Sources, view: View) -> str:
    is_open = result.kind is Kind.OPEN
    command = "warning" if is_open else _COMMANDS[result.level]
    title = f"{result.rule} {result.name}{' is UNKNOWN' if is_open else ''}"
    properties = [*_place(result, sources, view), ("title", title)]
    said = ",".join(f"{name}={_property(value)}" for name, value in properties)
    text = "\n".join(part for part in (result.message, result.remedy) if part)
    return f"::{command} {said}::{_data(text)}"


def _place(result: Result, sources: Sources, view: View) -> Iterator[tuple[str, str]]:
    location = result.location
    if location is None or location.path == "-" or is_page(location.path):
        return
    yield "file", relative(location.path, view)
    if location.line is not None:
        yield "line", str(location.line)
        yield "endLine", str(location.line)
        yield "col", str(location.column)
        end = sources.end_column(location)
        if end is not None:
            yield "endColumn", str(end)


def _data(text: str) -> str:
    return inert(clean(text)).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
