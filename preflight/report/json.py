"""The report as JSON: the document of `schemas/report.schema.json`, whose changes are changes of its version."""

from __future__ import annotations

import json
from typing import Any

from preflight import __version__
from preflight.engine.result import Location, Report, Result

VERSION = 1


def render(report: Report) -> str:
    """Return the report as one indented JSON document in ASCII, with a line end."""
    return json.dumps(document(report), indent=2) + "\n"


def document(report: Report) -> dict[str, Any]:
    """Return the report as plain data. What is not known (a line, the principal) is left out."""
    return {
        "version": VERSION,
        "tool": {"name": "preflight", "version": __version__},
        "verdict": report.verdict.value,
        "plan": dict(report.plan),
        "results": [_result(result) for result in report.results],
        "counts": report.counts(),
    }


def _result(result: Result) -> dict[str, Any]:
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


def _location(location: Location) -> dict[str, Any]:
    found: dict[str, Any] = {"path": location.path, "pointer": location.pointer}
    if location.line is not None:
        found |= {"line": location.line, "column": location.column}
    return found
