"""GitLab's Code Quality report: problems show in the merge request.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from typing import Any

from preflight.engine.result import Kind, Level, Report, Result
from preflight.report.counting import in_order, is_audit
from preflight.report.fingerprints import fingerprints
from preflight.report.json import dumped
from preflight.report.paths import STDIN, is_page, relative
from preflight.report.terminal import clean
from preflight.report.view import PLAIN, View

_SEVERITIES = {Level.ERROR: "critical", Level.WARNING: "major", Level.NOTE: "info"}


def render(report: Report, view: View = PLAIN) -> str:
    """Return a JSON array with a violation for each failure and each open result; an empty one where there is none."""
    results = [result for result in in_order(report) if result.kind in (Kind.FAIL, Kind.OPEN)]
    found = zip(results, fingerprints(results, view, of_account=is_audit(report)), strict=True)
    return dumped([_violation(result, fingerprint, view) for result, fingerprint in found], indent=2)


def _violation(result: Result, fingerprint: str, view: View) -> dict[str, Any]:
    is_open = result.kind is Kind.OPEN
    location = result.location
    # GitLab requires a path and a line; what is about no file is shown at the top of what was read.
    path = location.path if location is not None else next(iter(view.sources), STDIN)
    if is_page(path):
        path = result.subject
    return {
        "description": clean(f"{'UNKNOWN: ' if is_open else ''}{result.message}"),
        "check_name": f"{result.rule} {result.name}",
        "fingerprint": fingerprint,
        "severity": "major" if is_open else _SEVERITIES[result.level],
        "location": {
            "path": clean(relative(path, view)),
            "lines": {"begin": (location and location.line) or 1},
        },
    }
