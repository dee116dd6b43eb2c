"""An audit of many accounts: what is to do, doing it, and what came of it, with no account left out without a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from preflight.audit.many.ledger import Ledger
from preflight.audit.many.targets import AuditTarget, LeftOut
from preflight.audit.many.task import Done, FailedAudit, Orders
from preflight.engine.result import Verdict

Engine: TypeAlias = Callable[[Iterable[AuditTarget], Orders], Iterator["Done | FailedAudit"]]
AccountProgress: TypeAlias = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Many:
    """What came of it. `rows` are the manifest's of all accounts that were to be audited, in order; `left_out` those
    that were not to be; `before` is how many were done by an earlier run, the first of them at `since`.
    """

    rows: tuple[Mapping[str, Any], ...]
    left_out: tuple[LeftOut, ...] = ()
    before: int = 0
    since: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def done(self) -> list[Mapping[str, Any]]:
        """The accounts that were audited."""
        return [each for each in self.rows if each["status"] == "done"]

    @property
    def failed(self) -> list[Mapping[str, Any]]:
        """The accounts that could not be audited."""
        return [each for each in self.rows if each["status"] != "done"]

    @property
    def verdict(self) -> Verdict:
        """Findings where any account has some that count, else open where something is in any."""
        found = {each["verdict"] for each in self.done}
        return next((each for each in (Verdict.FINDINGS, Verdict.OPEN) if each.value in found), Verdict.CLEAN)


def audit_many(
    targets: Sequence[AuditTarget],
    orders: Orders,
    ledger: Ledger,
    engine: Engine,
    *,
    left_out: Sequence[LeftOut] = (),
    again: bool = False,
    progress: AccountProgress | None = None,
) -> Many:
    """Audit what the ledger does not have yet, and tell of all. An account that fails does not keep the others from
    being audited. `progress` is told each row, those of earlier runs first.

    Raises `UsageError` where the directory cannot be written or the cluster is lost: what was done until then is kept.
    """
    ledger.begin(
        [
            *({"key": each.key, "name": each.name} for each in targets),
            *({"key": each.key, "name": each.name, "reason": each.reason} for each in left_out),
        ],
        again=again,
    )
    stamps = {each.key: _stamp(each) for each in targets}
    whose: dict[str, str] = {}
    to_do, kept = [], []
    for each in targets:
        row = ledger.rows.get(each.key)
        # Of two that are of one account, the second is done again, and told of then.
        if row and ledger.has(each.key, stamps[each.key]) and whose.setdefault(row["account"], each.key) == each.key:
            kept.append(row)
        else:
            to_do.append(each)
    missing = {each.key for each in to_do}
    # What is not to be kept must not stand for an account that fails now.
    for key in missing:
        ledger.rows.pop(key, None)
    told = progress or (lambda _: None)
    for row in kept:
        told(row)
    outcomes = engine(to_do, orders)
    try:
        for outcome in outcomes:
            told(_written(outcome, ledger, stamps[outcome.target.key], whose))
    finally:
        if close := getattr(outcomes, "close", None):
            close()
    rows = tuple(ledger.rows[each.key] for each in targets)
    return _folded(rows, tuple(left_out), len(kept), min((each["at"] for each in kept), default=""))


def _written(
    outcome: Done | FailedAudit, ledger: Ledger, stamp: Mapping[str, Any], whose: dict[str, str]
) -> Mapping[str, Any]:
    if (
        isinstance(outcome, Done)
        and (other := whose.setdefault(outcome.account, outcome.target.key)) != outcome.target.key
    ):
        reason = f"it belongs to account {outcome.account}, as {other} does; leave out one of them"
        outcome = FailedAudit(outcome.target, reason)
    return ledger.failed(outcome) if isinstance(outcome, FailedAudit) else ledger.done(outcome, stamp)


def _stamp(target: AuditTarget) -> dict[str, Any]:
    """Return what tells that an account was asked for the same: its own regions, whether an organization's policies
    were known, and that a snapshot is still the one that was read.
    """
    asked: dict[str, Any] = {"regions": list(target.regions), "organization": bool(target.answers)}
    if not target.path:
        return asked
    try:
        about = Path(target.path).stat()
    except OSError:
        return {**asked, "path": target.path}
    return {**asked, "path": target.path, "size": about.st_size, "modified": about.st_mtime_ns}


def _folded(rows: tuple[Mapping[str, Any], ...], left_out: tuple[LeftOut, ...], before: int, since: str) -> Many:
    counts: Counter[str] = Counter()
    rules: dict[str, dict[str, Any]] = {}
    ranks = ("error", "warning", "note")
    for row in rows:
        if row["status"] != "done":
            continue
        counts.update(row["counts"])
        for rule, found in row["rules"].items():
            sum_ = rules.setdefault(
                rule, {"name": found["name"], "level": found["level"], "fail": 0, "open": 0, "accounts": []}
            )
            sum_["fail"] += found["fail"]
            sum_["open"] += found["open"]
            sum_["level"] = min(sum_["level"], found["level"], key=ranks.index)
            sum_["accounts"].append(row["account"])
    return Many(rows, left_out, before, since, dict(counts), rules)
