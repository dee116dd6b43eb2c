"""Whether something else uses by now what a run is about to delete again: another plan may share it.

Which kinds may name it is declared with the operation (`kept-for`). Only what was created or changed since this run
first asked for it is looked at: before that there was nothing to name. What cannot be told is no leave to delete,
except of what runs, and so costs money for as long as it is left.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.account.overlays.planned import fold
from preflight.create.journal import JournalEntry, command
from preflight.create.looking import Aws, Live, read
from preflight.declared.operations import Environment, keys_in
from preflight.declared.resource_kinds import ResourceKind, load_kind

# How many of a kind are looked at, and for how many seconds.
_MOST = 100
_TIME = 30.0
# AWS's hosts do not agree on the time to the second.
_APART = 60.0


@dataclass(frozen=True, slots=True)
class Use:
    """Why something is left: what uses it, or (not `certain`) why that cannot be told. `look` is the AWS CLI's command
    that shows it.
    """

    reason: str
    look: str
    certain: bool = False


def use_of(account: Live, aws: Aws, place: Environment, entry: JournalEntry) -> Use | None:
    """Say what else uses what an entry made; None where nothing does. Takes half a minute at most."""
    kinds = [load_kind(each) for each in entry.operation.call.kept_for]
    if not kinds:
        return None
    aws.until = time.monotonic() + _TIME
    afresh = account.again(timeout=_TIME)
    since = {kind.id: _since(kind, aws, entry) for kind in kinds}
    try:
        listed = afresh.read_many([Ask.all(kind.id, entry.region, **since[kind.id]) for kind in kinds])
    finally:
        afresh.close()
    found: Use | None = None
    for kind, fact in zip(kinds, listed, strict=True):
        for use in _among(aws, place, entry, kind, fact, since[kind.id]):
            if use.certain:
                return use
            found = found or use
    return None if entry.followed else found


def _since(kind: ResourceKind, aws: Aws, entry: JournalEntry) -> dict[str, str]:
    """Return what narrows a list to what came after the first call by AWS's clock; nothing where that is not known."""
    earliest = (entry.asked_at or 0.0) + aws.clock.low - _APART
    if not math.isfinite(earliest):
        return {}
    return {kind.section("read")["all"]["since"]: datetime.fromtimestamp(int(earliest), UTC).isoformat()}


def _among(
    aws: Aws, place: Environment, entry: JournalEntry, kind: ResourceKind, fact: Fact[Any], since: Mapping[str, str]
) -> Iterator[Use]:
    def unclear(reason: str) -> Use:
        listing = kind.section("read")["all"]
        look = command(listing["service"], listing["call"], since, entry.region)
        return Use(f"can't determine whether another {kind.label} uses it: {reason}", look)

    if not isinstance(fact, Known):
        yield unclear(_why(fact))
        return
    if len(fact.value) > _MOST:
        yield unclear(f"{len(fact.value)} of them are new, and preflight looks at {_MOST} at most")
        return
    member, over = _states(kind)
    for each in fact.value:
        key = {name: str(each[name]) for name in kind.identity}
        arn = kind.arn(key, partition=place.partition, region=place.region, account=place.account)
        shown = read(aws, kind, key, entry.region, arn or "*")
        if isinstance(shown, Absent):
            continue
        if isinstance(shown, Unknown):
            yield unclear(_why(shown))
            return
        if shown.value.get(member) not in over and _names(entry, kind, place.values(shown.value)):
            one = kind.section("read")["one"]
            look = command(one["service"], one["call"], key, entry.region)
            yield Use(f"{kind.label} `{'/'.join(key.values())}` uses it", look, certain=True)
            return


def _states(kind: ResourceKind) -> tuple[str, tuple[str, ...]]:
    """Return the member that holds the status, and the statuses in which one uses nothing any more."""
    states = kind.section("status") or {}
    return states.get("member", ""), tuple(states.get("not-live", ()))


def _names(entry: JournalEntry, kind: ResourceKind, values: Mapping[str, Any]) -> bool:
    wanted = entry.operation.kind
    named = [each["each"] for each in kind.section("references") or () if each["to"] == wanted.id]
    return any(_is(entry, key) for each in named for key, _ in keys_in(each, values))


def _is(entry: JournalEntry, key: Mapping[str, str]) -> bool:
    mine, theirs = ({name: fold(entry.operation.kind, each) for name, each in one.items()} for one in (entry.key, key))
    return mine == theirs or entry.arn in key.values()


def _why(fact: Unknown | Absent) -> str:
    if isinstance(fact, Absent):
        return fact.detail or "AWS gave no list"
    from preflight.account.live.errors import LATE

    if fact.code == LATE:
        return "AWS did not answer in time"
    return f"{fact.reason}; {fact.resolution}" if fact.resolution else fact.reason
