"""The verdict and how many results there are of each kind, as every format for people says it."""

from __future__ import annotations

from preflight.engine.result import Kind, Level, Report, Result, Verdict


def is_lint(report: Report) -> bool:
    """Say whether the report is of a lint, whose results are all findings."""
    return report.verdict in (Verdict.CLEAN, Verdict.FINDINGS)


def summary(report: Report) -> str:
    """Return the verdict and the counts as one line: `BLOCKED: 3 failed, 18 passed`."""
    return f"{report.verdict.value.upper()}: {counted(report)}"


def counted(report: Report) -> str:
    """Return the counts that are not zero: `3 failed, 1 warning, 18 passed`; of a lint `3 errors in 2 files`."""
    said = ", ".join(f"{count} {word}" for word, count in counts(report) if count)
    if not is_lint(report):
        return said or "nothing was checked"
    files = {each.location.path for each in report.results if each.location is not None}
    where = f" in {len(files)} files" if len(files) > 1 else ""
    return f"{said}{where}" if said else "no findings"


def counts(report: Report) -> list[tuple[str, int]]:
    """Return each word with its number, zeros included, in the order in which results are read."""
    failed = [each.level for each in report.results if each.kind is Kind.FAIL]
    errors, warnings, notes = (failed.count(level) for level in Level)
    found = report.counts()
    return [
        (_plural(errors, "error") if is_lint(report) else "failed", errors),
        (_plural(warnings, "warning"), warnings),
        (_plural(notes, "note"), notes),
        ("open", found["open"]),
        ("passed", found["pass"]),
        ("not applicable", found["notApplicable"]),
    ]


def in_order(report: Report) -> list[Result]:
    """Return the results with what needs attention first: failures by level, what is open, then the rest."""
    order = {Kind.FAIL: 0, Kind.OPEN: 3, Kind.PASS: 4, Kind.NOT_APPLICABLE: 5}
    return sorted(
        report.results, key=lambda each: order[each.kind] + (each.level.rank if each.kind is Kind.FAIL else 0)
    )


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
