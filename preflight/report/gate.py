"""What a merge gate asks of a run: the verdict, how many results of each kind, what failed, and the exit code."""

from __future__ import annotations

from preflight import __version__
from preflight.engine.result import Kind, Report
from preflight.report.json import dumped

VERSION = 1


def summary(report: Report, exit_code: int) -> str:
    """Return the document of `schemas/summary.schema.json`."""
    failing = [each for each in report.results if each.kind is Kind.FAIL]
    levels = dict.fromkeys(("error", "warning", "note"), 0)
    for each in failing:
        levels[each.level.value] += 1
    return dumped(
        {
            "version": VERSION,
            "tool": {"name": "preflight", "version": __version__},
            "verdict": report.verdict.value,
            "exitCode": exit_code,
            "counts": report.counts(),
            "levels": levels,
            "failed": sorted({each.rule for each in failing}),
            "open": sorted({each.rule for each in report.results if each.kind is Kind.OPEN}),
        },
        indent=2,
    )
