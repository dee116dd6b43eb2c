"""What is wrong with an open document, where an editor underlines it.

Source: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#diagnostic
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lsprotocol import types

from preflight import api
from preflight.api.open_documents import lint_text, request_results
from preflight.engine.result import Level, Location, Result
from preflight.errors import PreflightError

SOURCE = "preflight"
MOST_BYTES = 4 << 20
"""Larger documents are not looked at, and say so."""
_SEVERITIES = {
    Level.ERROR: types.DiagnosticSeverity.Error,
    Level.WARNING: types.DiagnosticSeverity.Warning,
    Level.NOTE: types.DiagnosticSeverity.Information,
}
_PLACE = re.compile(r"line (\d+), column (\d+): ")
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"?|[^\s,\[\]{}]+(?:[ \t]*:(?![^\s]))?')


class Underlined(NamedTuple):
    """A result with where it is underlined, as positions of code points."""

    result: Result
    range: types.Range


class Looked(NamedTuple):
    """What a document gave: results, and other things that the user is to know of it, as (severity, range, message)."""

    shown: tuple[Underlined, ...]
    notes: tuple[tuple[types.DiagnosticSeverity, types.Range, str], ...] = ()


def looked_at(text: str, path: str, *, region: str | None = None, snapshot: str | None = None) -> Looked:
    """Lint a text, and hold the requests in it to the API's model; with a snapshot, check them as `check` does.

    `snapshot` is for texts that are as their file is: a check reads the file, and what it refers to.
    """
    lines = text.split("\n")
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return _note(f"the document has more than {MOST_BYTES >> 20} MiB; preflight doesn't look at it in an editor")
    try:
        linted = lint_text(text, path)
        results = [*linted.results, *_checked(text, path, region, snapshot, has_policies=bool(linted.policies))]
    except PreflightError as error:
        return _note(str(error), types.DiagnosticSeverity.Error)
    notes = [_unread(linted.error, path, lines)] if linted.error else []
    first = _range(None, lines)
    notes += [(types.DiagnosticSeverity.Hint, first, f"not linted: {each}") for each in linted.skipped]
    return Looked(tuple(Underlined(each, _range(each.location, lines)) for each in results), tuple(notes))


def _checked(text: str, path: str, region: str | None, snapshot: str | None, *, has_policies: bool) -> Sequence[Result]:
    if snapshot is None or (has_policies and not request_like(text)):
        return request_results(text, path, region=region)
    try:
        report = api.check(path, snapshot=snapshot, region=region).report
    except PreflightError:
        return request_results(text, path, region=region)
    wanted = (api.Kind.FAIL, api.Kind.OPEN)
    return [each for each in report.results if each.kind in wanted and each.location and each.location.path == path]


def request_like(text: str) -> bool:
    """Whether a text may hold requests beside policies: a template does, a policy doesn't."""
    return "Resources" in text or "resource_changes" in text or "requests" in text


def diagnostics(looked: Looked, links: dict[str, str]) -> Iterator[types.Diagnostic]:
    """Yield what is shown, with a link for each rule that has one."""
    for shown in looked.shown:
        result = shown.result
        is_open = result.kind is api.Kind.OPEN
        link = links.get(result.rule)
        remedy = f"\n{result.remedy[:1].upper()}{result.remedy[1:]}" if result.remedy else ""
        yield types.Diagnostic(
            range=shown.range,
            message=f"{'UNKNOWN: ' if is_open else ''}{result.message}{remedy}",
            severity=types.DiagnosticSeverity.Information if is_open else _SEVERITIES[result.level],
            code=result.rule,
            code_description=types.CodeDescription(href=link) if link else None,
            source=SOURCE,
        )
    for severity, place, message in looked.notes:
        yield types.Diagnostic(range=place, message=message, severity=severity, source=SOURCE)


def _note(message: str, severity: types.DiagnosticSeverity = types.DiagnosticSeverity.Hint) -> Looked:
    return Looked((), ((severity, _range(None, [""]), message),))


def _unread(error: str, path: str, lines: Sequence[str]) -> tuple[types.DiagnosticSeverity, types.Range, str]:
    """Return what keeps a text from being read, at the place that it names."""
    said = error.removeprefix(f"{path}: ")
    found = _PLACE.match(said)
    if found is None:
        return types.DiagnosticSeverity.Error, _range(None, lines), said
    place = Location(path, "", int(found[1]), int(found[2]))
    return types.DiagnosticSeverity.Error, _range(place, lines), said[found.end() :]


def _range(location: Location | None, lines: Sequence[str]) -> types.Range:
    """Return the word or string that begins at a location; the first line where the location is not known."""
    if location is None or location.line is None or not 0 < location.line <= len(lines):
        return types.Range(types.Position(0, 0), types.Position(0, len(lines[0]) if lines else 0))
    line, start = lines[location.line - 1].rstrip("\r"), (location.column or 1) - 1
    word = _WORD.match(line, start)
    end = word.end() if word else min(start + 1, len(line))
    return types.Range(types.Position(location.line - 1, start), types.Position(location.line - 1, max(end, start)))
