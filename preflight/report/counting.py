"""The verdict and how many results there are of each kind, as every format for people says it."""

from __future__ import annotations

from preflight.engine.result import NO_POLICY, Examined, Kind, Level, Report, Result, Verdict

HEADINGS = ("failed", "warnings", "notes", "unknown", "passed", "not applicable")
_MOST_NAMED = 10


def is_lint(report: Report) -> bool:
    """Say whether the report is of a lint or an audit, whose failed results are findings."""
    return report.verdict in (Verdict.CLEAN, Verdict.FINDINGS) or is_audit(report)


def is_audit(report: Report) -> bool:
    """Say whether the report is of an audit, whose results are about an account."""
    return set(report.plan) == {"account"}


def shown(verdict: Verdict) -> str:
    """Return a verdict as people read it: what JSON and SARIF call `open` is UNKNOWN."""
    return "UNKNOWN" if verdict is Verdict.OPEN else verdict.value.upper()


def command(report: Report) -> str:
    """Return the command that the report is of: `lint`, `audit`, `prove`, or else `check`."""
    if report.verdict in (Verdict.HOLDS, Verdict.FAILS, Verdict.UNKNOWN):
        return "prove"
    if is_audit(report):
        return "audit"
    return "lint" if is_lint(report) else "check"


def verdict_word(report: Report) -> str:
    """Return a report's verdict as people read it; a lint that looked at no policy found nothing and is not clean."""
    looked = report.examined
    nothing = looked is not None and not looked.policies and not report.results
    return "NOTHING LINTED" if nothing else shown(report.verdict)


def summary(report: Report) -> str:
    """Return the verdict and the counts as one line: `BLOCKED: 3 failed, 18 passed`."""
    return f"{verdict_word(report)}: {counted(report)}"


def counted(report: Report) -> str:
    """Return the counts that are not zero: `3 failed, 1 warning, 18 passed`; of a lint `3 errors in 2 files`, and
    where it found nothing what it looked at.
    """
    numbers = counts(report)
    words = list(HEADINGS)
    if is_lint(report):
        words[0] = "errors"
    for index in range(3):
        if numbers[index] == 1:
            words[index] = words[index].removesuffix("s")
    said = ", ".join(f"{number} {word}" for number, word in zip(numbers, words, strict=True) if number)
    if not is_lint(report):
        return said or "nothing was checked"
    files = {each.location.path for each in report.results if each.location is not None}
    where = f" in {len(files)} files" if len(files) > 1 and not is_audit(report) else ""
    if said:
        return f"{said}{where}"
    return "no findings" if report.examined is None else looked_at(report.examined)


def looked_at(examined: Examined) -> str:
    """Return what a lint looked at: `14 policies in 9 files, 2 files without policies`."""
    without = sum(each.reason == NO_POLICY for each in examined.skipped)
    parts = sum(each.partly for each in examined.skipped)
    unread = len(examined.skipped) - without - parts
    said = [f"{_number(examined.policies, 'policy', 'policies')} in {_number(examined.files, 'file', 'files')}"]
    said += [f"{_number(without, 'file', 'files')} without policies"] if without else []
    said += [f"{_number(unread, 'file', 'files')} not read"] if unread else []
    said += [f"{_number(parts, 'place', 'places')} not read"] if parts else []
    return ", ".join(said)


def not_read(examined: Examined | None) -> list[str]:
    """Return a line for each file, or part of one, that a lint came upon and could not look at; of many, the first."""
    unread = [each for each in examined.skipped if each.reason != NO_POLICY] if examined is not None else []
    more = len(unread) - _MOST_NAMED
    named = [f"{each.path}: {each.reason}" for each in unread[:_MOST_NAMED]]
    return [*named, f"and {more:,} more, which --format json lists"] if more > 0 else named


def _number(count: int, one: str, many: str) -> str:
    return f"1 {one}" if count == 1 else f"{count:,} {many}"


def covered(report: Report) -> str:
    """Return how far the resources of a check were looked at, `12 of 14 resources checked (9 in full, 3 by
    permissions), 2 not checked: Custom::X`; nothing for declared requests alone, each of which is checked in full.
    """
    found = report.coverage
    if found is None or (found.full and not any(found.level_counts)):
        return ""
    if found.resources == found.other:
        return "nothing to check: the plan makes no AWS calls"
    checked, asking = found.full + found.permissions, found.resources - found.other
    how = [
        f"{number} {word}"
        for number, word in ((found.full, "in full"), (found.permissions, "by permissions"))
        if number
    ]
    what = "resource" if asking == 1 else "resources"
    said = f"{checked} of {asking} {what} checked" + (f" ({', '.join(how)})" if how else "")
    if found.not_checked:
        types = ", ".join(name for name, each in found.by_type.items() if each.level == "not_checked")
        said += f", {found.not_checked} not checked: {types}"
    if found.other:
        said += f"; {found.other} that {'asks' if found.other == 1 else 'ask'} nothing of AWS"
    return said


def counts(report: Report) -> list[int]:
    """Return how many results there are of each of `HEADINGS`."""
    failed = [each.level for each in report.results if each.kind is Kind.FAIL]
    found = report.counts()
    return [*(failed.count(level) for level in Level), found["open"], found["pass"], found["notApplicable"]]


def in_order(report: Report) -> list[Result]:
    """Return the results with what needs attention first: failures by level, what is open, then the rest."""
    order = {Kind.FAIL: 0, Kind.OPEN: 3, Kind.PASS: 4, Kind.NOT_APPLICABLE: 5}
    return sorted(
        report.results, key=lambda each: order[each.kind] + (each.level.rank if each.kind is Kind.FAIL else 0)
    )
