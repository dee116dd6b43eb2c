"""One result a line, as JSON: for `jq`, `grep` and logs. Each line is a `result` of `schemas/report.schema.json`."""

from __future__ import annotations

from preflight.engine.result import Report
from preflight.engine.result_json import plain
from preflight.report.json import dumped
from preflight.report.view import PLAIN, View


def render(report: Report, _view: View = PLAIN) -> str:
    """Return a line for each result, in the order of the report; no text at all where there is none."""
    return "".join(dumped(plain(result)) for result in report.results)
