"""The report as JSON: the document of `schemas/report.schema.json`, whose changes are changes of its version."""

from __future__ import annotations

import json
import re
from typing import Any

from preflight import __version__
from preflight.engine.plan_coverage import PlanCoverage
from preflight.engine.result import Examined, Report
from preflight.engine.result_json import plain
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


def examined_data(examined: Examined) -> dict[str, Any]:
    """Return what a lint looked at as plain data."""
    skipped = [{"path": each.path, "reason": each.reason} for each in examined.skipped]
    return {"files": examined.files, "policies": examined.policies, "skipped": skipped}


def document(report: Report) -> dict[str, Any]:
    """Return the report as plain data. What is not known (a line, the principal) is left out."""
    return {
        "version": VERSION,
        "tool": {"name": "preflight", "version": __version__},
        "verdict": report.verdict.value,
        "plan": dict(report.plan),
        **({"vouched_for": dict(report.vouched)} if report.vouched else {}),
        **({"coverage": coverage(report.coverage)} if report.coverage is not None else {}),
        **({"examined": examined_data(report.examined)} if report.examined is not None else {}),
        "results": [plain(result) for result in report.results],
        "counts": report.counts(),
    }


def coverage(found: PlanCoverage) -> dict[str, Any]:
    """Return how far a check looked at each resource, as plain data."""
    return {
        "resources": found.resources,
        "full": found.full,
        "permissions": found.permissions,
        "other": found.other,
        "not_checked": found.not_checked,
        "by_type": {
            name: {"resources": each.resources, "level": each.level, **({"why": each.why} if each.why else {})}
            for name, each in found.by_type.items()
        },
    }
