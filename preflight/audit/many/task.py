"""The audit of one account among many, from its facts to its document: what a thread, a process or a worker is given.

It is two steps, because they want different things: reading from AWS waits for the network, deciding takes a core.
"""

from __future__ import annotations

import gzip
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from preflight.audit.check import Audit, audit
from preflight.audit.many.targets import AuditTarget
from preflight.audit.settings import AuditSettings
from preflight.documents.text.document import Document
from preflight.documents.text.load import decode, load_text, read_bytes
from preflight.engine.result import Kind, Level
from preflight.errors import PreflightError

ATTEMPTS = 10
# Python's default of 9 takes three times as long as 5 for a twentieth less.
PACKED = 5


@dataclass(frozen=True, slots=True)
class Orders:
    """What holds for every account of a run. `render` makes the document of an audit, as plain data."""

    render: Callable[[Audit], Mapping[str, Any]]
    regions: tuple[str, ...] = ()
    endpoint_url: str | None = None
    settings: AuditSettings = field(default_factory=AuditSettings)
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: Level = Level.ERROR
    keep_snapshots: bool = False


@dataclass(frozen=True, slots=True)
class PackedFacts:
    """The facts of one account as a snapshot document, packed where they were read from AWS, and what they cost."""

    target: AuditTarget
    data: bytes = field(repr=False)
    requests: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Done:
    """One account that was audited: its packed document, what the report of all accounts needs of it (`row`), and its
    packed snapshot where it is to be kept.
    """

    target: AuditTarget
    account: str
    row: Mapping[str, Any]
    document: bytes = field(repr=False)
    snapshot: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class FailedAudit:
    """One account that could not be audited, and why."""

    target: AuditTarget
    reason: str


def gather(target: AuditTarget, orders: Orders) -> PackedFacts | FailedAudit:
    """Read the facts of one account, from its snapshot or from AWS. Never raises for what is wrong with the account."""
    begun = time.perf_counter()
    try:
        if target.path:
            return PackedFacts(target, read_bytes(target.path))
        document, requests = _collected(target, orders)
    except PreflightError as error:
        return FailedAudit(target, str(error))
    data = gzip.compress(json.dumps(document).encode("utf-8", "backslashreplace"), PACKED, mtime=0)
    return PackedFacts(target, data, requests, time.perf_counter() - begun)


def judge(gathered: PackedFacts, orders: Orders) -> Done | FailedAudit:
    """Audit one account of which the facts were gathered. Never raises for what is wrong with the account."""
    target = gathered.target
    begun = time.perf_counter()
    try:
        document = _document(gathered)
        found = audit(
            document,
            regions=target.regions or orders.regions,
            settings=orders.settings,
            select=orders.select,
            ignore=orders.ignore,
            fail_on=orders.fail_on,
        )
    except PreflightError as error:
        return FailedAudit(target, str(error))
    # A snapshot of a folder is named by its file; all else by the account it must be: none may stand for another.
    if target.key.isdigit() and found.account != target.key:
        if target.path:
            return FailedAudit(target, f"{target.path} is of account {found.account}; correct the list")
        return FailedAudit(
            target, f"the credentials belong to account {found.account}; correct the role or the profile"
        )
    # A file's name can hold what is no text (half of a surrogate pair), and no reader of JSON would take it.
    told = json.dumps(orders.render(found), separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    row = {**row_of(found), "seconds": round(gathered.seconds + time.perf_counter() - begun, 3)}
    if not target.path:
        row["requests"] = gathered.requests
    kept = gathered.data if orders.keep_snapshots and not target.path else b""
    return Done(target, found.account, row, gzip.compress(told, PACKED, mtime=0), kept)


def whole(target: AuditTarget, orders: Orders) -> Done | FailedAudit:
    """Do both steps, one after the other."""
    gathered = gather(target, orders)
    return gathered if isinstance(gathered, FailedAudit) else judge(gathered, orders)


def row_of(found: Audit) -> dict[str, Any]:
    """Return what the report of all accounts says of one: its verdict, how much was found by level and by rule, and who
    can do what there.
    """
    levels: Counter[str] = Counter()
    rules: dict[str, dict[str, Any]] = {}
    for each in found.report.results:
        if each.kind not in (Kind.FAIL, Kind.OPEN):
            continue
        levels[each.level.value if each.kind is Kind.FAIL else each.kind.value] += 1
        rule = rules.setdefault(each.rule, {"name": each.name, "fail": 0, "open": 0, "level": each.level.value})
        rule[each.kind.value] += 1
        if each.kind is Kind.FAIL and each.level.rank < Level(rule["level"]).rank:
            rule["level"] = each.level.value
    kinds = Counter(each.kind for each in found.scene.holders.by_arn.values())
    return {
        "verdict": found.report.verdict.value,
        "regions": list(found.regions),
        "counts": {name: levels[name] for name in (*(level.value for level in Level), Kind.OPEN.value)},
        "rules": {rule: rules[rule] for rule in sorted(rules)},
        "roles": kinds["role"],
        "users": kinds["user"],
        "endpoints": {group: len(arns) for group, arns in sorted(found.scene.able().items())},
        "administrators": len(found.escalation.administrators),
        "escalating": len(found.escalation.steps),
    }


def _document(gathered: PackedFacts) -> Document:
    target, data = gathered.target, gathered.data
    if not target.path:
        return Document(f"account {target.key}", json.loads(gzip.decompress(data)))
    return load_text(decode(data, target.path), target.path)


def _collected(target: AuditTarget, orders: Orders) -> tuple[dict[str, Any], int]:
    """Read an account from AWS. Raises `PreflightError` where nobody gets in, or credentials expired partway."""
    from preflight.account.live.account import LiveAccount
    from preflight.account.live.clients import Connection
    from preflight.audit.collecting import collect, enabled_regions, expired

    regions: Sequence[str] = target.regions or orders.regions
    connection = Connection(
        target.profile,
        next(iter(regions), None),
        orders.endpoint_url,
        retry_mode="adaptive",
        attempts=ATTEMPTS,
        role=target.role,
    )
    live = LiveAccount.open(connection, rereads=0)
    try:
        enabled, unlisted = (regions, None) if regions else enabled_regions(live)
        document = collect(live, regions=enabled, answers=target.answers, unlisted=unlisted)
        requests = live.stats().calls
    finally:
        live.close()
    if reasons := expired(document):
        raise PreflightError(f"the credentials expired partway ({reasons[0]}); sign in again, and run it again")
    return document, requests
