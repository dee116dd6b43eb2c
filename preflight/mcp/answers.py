"""What tools answer: typed, small, most important first.

The SDK reads the types of these classes to publish a schema of each answer; of fields in slots it would take the slot
for a default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from preflight.engine.result import Kind, Report, Result

MOST_RESULTS = 100
"""How many results one answer holds; the others are counted."""
_ORDER = {Kind.FAIL: 0, Kind.OPEN: 1, Kind.PASS: 2, Kind.NOT_APPLICABLE: 3}


@dataclass(frozen=True)
class ToolResult:
    """One result. `kind` is pass, fail, open (unknown) or notApplicable; `line` and `column` count from 1."""

    rule: str
    name: str
    kind: str
    level: str
    message: str
    subject: str
    remedy: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    pointer: str | None = None


@dataclass(frozen=True)
class CheckAnswer:
    """Whether a plan will work: `ready`, `blocked` or `open`. `facts` says what it was judged by. `counts` are of all
    results by kind; `results` are the failures, then what is unknown, of which `left_out` are not shown. `coverage`
    says of how many resources how much was checked, `vouched_for` what the verdict takes from the user's word.
    """

    verdict: str
    facts: str
    counts: dict[str, int]
    results: list[ToolResult]
    left_out: int
    vouched_for: list[str]
    coverage: dict[str, Any] | None = None


@dataclass(frozen=True)
class LintAnswer:
    """What is wrong with policies: `clean` or `findings`; `open` where nothing is wrong with what could be read, but
    not all could. `policies` is how many were found and linted; `skipped` and `errors` name what was not, and why.
    `fixes` is a unified diff of what can be mended without a decision; nothing is written.
    """

    verdict: str
    policies: int
    skipped: list[str]
    findings: list[ToolResult]
    left_out: int
    errors: list[str]
    fixes: str


@dataclass(frozen=True)
class ExplainAnswer:
    """What a rule, or a constraint of PRE304, is about, in words; for a rule its level, summary and pages of AWS."""

    id: str
    level: str
    summary: str
    text: str
    references: list[str]


@dataclass(frozen=True)
class DecideAnswer:
    """How one request is decided: `allowed`, `explicitDeny`, `implicitDeny` or `open` (unknown), why in words, and by
    which statements.
    """

    decision: str
    why: str
    details: dict[str, Any]


@dataclass(frozen=True)
class WhyAnswer:
    """The refusals that a text tells of, as `preflight why --format json` gives them. `verdict` is `explained`,
    `allowed` (the facts allow the request) or `open`; `other` says what the text is where it tells of no refusal.
    """

    verdict: str
    refusals: list[dict[str, Any]]
    text: str
    other: str


@dataclass(frozen=True)
class ProveAnswer:
    """Whether a claim holds for every request: `holds`, `fails` (with counterexamples, each a case for `decide`) or
    `unknown`, with the reasons. `policies` is how many were looked at, `skipped` names what was not.
    """

    verdict: str
    counterexamples: list[dict[str, Any]]
    unknown: list[dict[str, Any]]
    policies: int
    skipped: list[str]


@dataclass(frozen=True)
class PolicyAnswer:
    """The least-privilege policies that a plan needs. `open` says what could not be accounted for: without it they are
    not known to suffice.
    """

    policies: list[dict[str, Any]]
    fits: bool
    open: list[str]


def shown(results: Iterable[Result], name: Callable[[str], str], *, passes: bool) -> tuple[list[ToolResult], int]:
    """Return results, the most important first, with their files under the names that were given, and how many are left
    out. Those that pass or do not apply are left out without being counted, unless `passes`.
    """
    wanted = [each for each in results if passes or each.kind in (Kind.FAIL, Kind.OPEN)]
    wanted.sort(key=lambda each: (_ORDER[each.kind], each.level.rank))
    return [_one(each, name) for each in wanted[:MOST_RESULTS]], max(0, len(wanted) - MOST_RESULTS)


def _one(result: Result, name: Callable[[str], str]) -> ToolResult:
    at = result.location
    return ToolResult(
        rule=result.rule,
        name=result.name,
        kind=result.kind.value,
        level=result.level.value,
        message=result.message,
        subject=result.subject,
        remedy=result.remedy,
        file=None if at is None else name(at.path),
        line=None if at is None else at.line,
        column=None if at is None else at.column,
        pointer=None if at is None else at.pointer or None,
    )


def check_answer(report: Report, facts: str, name: Callable[[str], str], *, passes: bool) -> CheckAnswer:
    """Return the answer that a check's report gives."""
    from preflight.report.json import coverage
    from preflight.report.vouched import vouched

    results, left_out = shown(report.results, name, passes=passes)
    return CheckAnswer(
        verdict=report.verdict.value,
        facts=facts,
        counts=report.counts(),
        results=results,
        left_out=left_out,
        vouched_for=vouched(report),
        coverage=None if report.coverage is None else coverage(report.coverage),
    )
