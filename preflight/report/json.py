"""The report as JSON: the document of `schemas/report.schema.json`, whose changes are changes of its version."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from preflight import __version__
from preflight.engine.result import Evidence, Kind, Level, Location, Report, Result
from preflight.report.view import PLAIN, View

VERSION = 1
_COMMAND = re.compile(r"#(?=#\w*\[)")


def render(report: Report, _view: View = PLAIN) -> str:
    """Return the report as one indented JSON document in ASCII, with a line end."""
    return dumped(document(report), indent=2)


def dumped(value: Any, *, indent: int | None = None) -> str:
    """Return plain data as JSON in ASCII with a line end, in which no terminal and no build service sees an order."""
    text = json.dumps(value, indent=indent)
    return _COMMAND.sub(r"\\u0023", text).replace("\x7f", "\\u007f") + "\n"


def document(report: Report) -> dict[str, Any]:
    """Return the report as plain data. What is not known (a line, the principal) is left out."""
    return {
        "version": VERSION,
        "tool": {"name": "preflight", "version": __version__},
        "verdict": report.verdict.value,
        "plan": dict(report.plan),
        "results": [plain(result) for result in report.results],
        "counts": report.counts(),
    }


def plain(result: Result) -> dict[str, Any]:
    """Return one result as plain data, a `result` of the schema."""
    found: dict[str, Any] = {
        "rule": result.rule,
        "name": result.name,
        "kind": result.kind.value,
        "level": result.level.value,
        "message": result.message,
        "subject": result.subject,
        "location": None if result.location is None else _location(result.location),
        "evidence": [{"policy": each.policy, "statement": each.statement} for each in result.evidence],
        "remedy": result.remedy,
        "aliases": list(result.aliases),
    }
    if found["location"] is None:
        del found["location"]
    return found


def parsed(found: Mapping[str, Any]) -> Result:
    """Return the result that `plain` made plain data of."""
    where = found.get("location")
    return Result(
        found["rule"],
        found["name"],
        Kind(found["kind"]),
        Level(found["level"]),
        found["message"],
        found["subject"],
        Location(where["path"], where["pointer"], where.get("line"), where.get("column")) if where else None,
        tuple(Evidence(each["policy"], each["statement"]) for each in found["evidence"]),
        found["remedy"],
        tuple(found["aliases"]),
    )


def _location(location: Location) -> dict[str, Any]:
    found: dict[str, Any] = {"path": location.path, "pointer": location.pointer}
    if location.line is not None:
        found |= {"line": location.line, "column": location.column}
    return found
