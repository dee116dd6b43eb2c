"""Following what a call made until it is in service, has failed, or time is up."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum

from preflight.account.facts import Absent, Known, Unknown
from preflight.create.events import NotSeen, Progress
from preflight.create.journal import JournalEntry, State
from preflight.create.looking import Aws, Seen, difference, look
from preflight.create.making import Tell
from preflight.create.pace import Pace

# Looks in a row that may show nothing: what was just made may not be seen yet, and a read may fail.
_UNSEEN = 5
_UNREAD = 10


class Arrival(StrEnum):
    """How following ended."""

    REACHED = "reached"
    FAILED = "failed"
    REVERTED = "reverted"
    GONE = "gone"
    LATE = "late"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class End:
    """How following ended, what was seen last, and why it ended where AWS or a read said so."""

    arrival: Arrival
    status: str = ""
    reason: str = ""
    resolution: str = ""
    seconds: float = 0.0


def follow(aws: Aws, entry: JournalEntry, pace: Pace, tell: Tell) -> End:
    """Look at a resource until its status is one in which it stays, or AWS's time is up."""
    begun = time.monotonic()
    looks = unseen = unread = 0
    known_before = moved = False
    while True:
        looks += 1
        found = look(aws, entry)
        seconds = time.monotonic() - begun
        if isinstance(found, Known):
            known_before, unseen, unread = True, 0, 0
            entry.status = found.value.status
            tell(Progress(entry.label, found.value.status, seconds))
            moved |= found.value.status in entry.operation.call.progress
            end = _end(aws, entry, found.value, seconds, settled=moved or looks > _UNSEEN)
            if end is not None:
                return end
        elif isinstance(found, Absent):
            unseen += 1
            tell(NotSeen(entry.label, "AWS doesn't return it yet"))
            if unseen > (1 if known_before else _UNSEEN):
                return End(Arrival.GONE, entry.status, found.detail, seconds=seconds)
        else:
            unread += 1
            tell(NotSeen(entry.label, found.reason))
            if _hopeless(found) or unread > _UNREAD:
                return End(Arrival.UNREAD, entry.status, found.reason, found.resolution, seconds)
        if not aws.sleep(pace.delay(looks)):
            return End(Arrival.LATE, entry.status, seconds=time.monotonic() - begun)


def _end(aws: Aws, entry: JournalEntry, found: Seen, seconds: float, *, settled: bool) -> End | None:
    call = entry.operation.call
    if found.status in call.failure:
        return End(Arrival.FAILED, found.status, found.reason, seconds=seconds)
    if found.status not in call.success:
        return None
    # An update that fails is rolled back: in service again, but with what was there before. Right after the call the
    # same may be seen because the update is not seen yet.
    other = difference(aws, entry, found.described) if entry.operation.effect == "update" else None
    if other is not None:
        if not settled:
            return None
        why = f"{other}; AWS says: {found.reason}" if found.reason else other
        return End(Arrival.REVERTED, found.status, why, seconds=seconds)
    return End(Arrival.REACHED, found.status, seconds=seconds)


def gone(aws: Aws, entry: JournalEntry, pace: Pace, timeout: float) -> str:
    """Wait until a resource that was deleted is gone; returns why that can't be said, or nothing if it is."""
    begun = time.monotonic()
    looks = 0
    while True:
        looks += 1
        found = look(aws, entry)
        if isinstance(found, Absent):
            entry.state = State.UNDONE
            return ""
        if isinstance(found, Unknown) and _hopeless(found):
            return f"can't determine whether AWS has deleted it: {found.reason}"
        delay = pace.delay(looks)
        if time.monotonic() - begun + delay > timeout:
            return "AWS is still deleting it"
        time.sleep(delay)


def _hopeless(found: Unknown) -> bool:
    from preflight.account.live.errors import DENIED, INVALID_CREDENTIALS, NO_CREDENTIALS

    return found.code in DENIED | INVALID_CREDENTIALS | NO_CREDENTIALS
