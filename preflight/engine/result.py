"""One result of one rule: what every check and every lint gives, and every reporter shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from preflight.engine.plan_coverage import NeedOf, PlanCoverage


class Kind(StrEnum):
    """SARIF's result kinds, the four that preflight uses."""

    PASS = "pass"
    FAIL = "fail"
    OPEN = "open"
    NOT_APPLICABLE = "notApplicable"


class Level(StrEnum):
    """SARIF's levels, most severe first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for error, 1 for warning, 2 for note."""
        return list(Level).index(self)


class Verdict(StrEnum):
    """What a run says as a whole: the first three of a check, the next two of a lint, the last three of a proof;
    an audit is clean, has findings or is open.
    """

    READY = "ready"
    BLOCKED = "blocked"
    OPEN = "open"
    CLEAN = "clean"
    FINDINGS = "findings"
    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a document. `pointer` is a JSON pointer; `line` and `column` count from 1; None: not known."""

    path: str
    pointer: str = ""
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A policy statement that a result rests on. `statement` is as people cite it: its Sid, or `Statement[2]`."""

    policy: str
    statement: str


@dataclass(frozen=True, slots=True)
class Result:
    """One result.

    `rule` is the id (`PRE302`), `name` the rule's kebab-case name, `subject` what was judged, an ARN or
    the name of a template's or plan's resource. `need` is the permission that it is about, where that was derived.
    """

    rule: str
    name: str
    kind: Kind
    level: Level
    message: str
    subject: str = ""
    location: Location | None = None
    evidence: tuple[Evidence, ...] = ()
    remedy: str = ""
    aliases: tuple[str, ...] = ()
    need: NeedOf | None = None


NO_POLICY = "no policy in it"
"""Why a file is skipped that was read and holds none."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that a lint was given, or found in a directory, and did not lint, with the reason in a few words; `partly`
    where it did, but for a part of it.
    """

    path: str
    reason: str
    partly: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """What a lint's verdict covers: how many policies, in how many files, and the files that were skipped."""

    files: int
    policies: int
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All results of a run, in the order in which they are to be read, with what was looked at.

    `plan` has `region`, `account` and `principal` for a check and is empty for a lint. `vouched` is what the user
    vouched for (session tags, regions in which STS is active ...), as plain data.
    `examined` is what a lint looked at.
    """

    verdict: Verdict
    results: tuple[Result, ...]
    plan: Mapping[str, str] = field(default_factory=dict)
    vouched: Mapping[str, Any] = field(default_factory=dict)
    coverage: PlanCoverage | None = None
    examined: Examined | None = None

    def counts(self) -> dict[str, int]:
        """Return how many results there are of each kind, zeros included."""
        seen = Counter(result.kind for result in self.results)
        return {kind.value: seen[kind] for kind in Kind}


def failed(results: Iterable[Result], threshold: Level) -> bool:
    """Say whether any result failed at or above the threshold."""
    return any(result.kind is Kind.FAIL and result.level.rank <= threshold.rank for result in results)


def check_verdict(results: Iterable[Result], threshold: Level) -> Verdict:
    """Return the verdict of a check: blocked before open before ready; no result at all is open, never ready."""
    results = tuple(results)
    if failed(results, threshold):
        return Verdict.BLOCKED
    if not results or any(result.kind is Kind.OPEN for result in results):
        return Verdict.OPEN
    return Verdict.READY
