"""Whose a resource is that is there after a call for it failed. It is this run's only where that is proved.

A plain refusal ("already existing") of a call that was made once speaks of another's resource, however young it is.
Where an answer was lost, or AWS failed itself, one of this run's calls may have done its work all the same: what is
there then is this run's if it is as the plan has it and was created after the first call, by AWS's clock. Reads are
eventually consistent, so what is not seen is looked for again for a while.
"""

from __future__ import annotations

from enum import StrEnum

from preflight.account.facts import Known
from preflight.create.journal import JournalEntry
from preflight.create.looking import UNREAD_TAGS, Aws, Seen, difference, look, unasked
from preflight.create.pace import Patience


class Whose(StrEnum):
    """Whose what is there is, as far as it can be told."""

    THIS_RUNS = "this run's"
    ANOTHERS = "another's, as the plan has it"
    OTHER = "another's, and not as the plan has it"
    UNPROVED = "as the plan has it, and perhaps this run's"
    NOT_SEEN = "not seen, or not as the plan has it yet"


def refused(aws: Aws, entry: JournalEntry) -> Whose:
    """Say what is there after AWS refused the only call that was made."""
    found = look(aws, entry)
    if not isinstance(found, Known):
        return Whose.NOT_SEEN
    return Whose.OTHER if _difference(aws, entry, found.value) else Whose.ANOTHERS


def unclear(aws: Aws, entry: JournalEntry, patience: Patience) -> Whose:
    """Say what is there after a call of which it is not known whether AWS did it."""
    attempt = 0
    while True:
        attempt += 1
        found = look(aws, entry)
        if isinstance(found, Known):
            whose = _whose(aws, entry, found.value)
            if whose is not Whose.NOT_SEEN:
                return whose
        if attempt > patience.retries or not aws.sleep(patience.look(attempt)):
            return Whose.NOT_SEEN


def made_anew(aws: Aws, entry: JournalEntry) -> bool:
    """Say whether what is there now was created after AWS had accepted this run's call: by another, then."""
    found = look(aws, entry)
    if not isinstance(found, Known) or found.value.created is None or entry.made_at is None:
        return False
    return aws.clock.after(found.value.created, entry.made_at)


def _whose(aws: Aws, entry: JournalEntry, found: Seen) -> Whose:
    other = _difference(aws, entry, found)
    if entry.operation.effect == "update":
        # An update that is not seen yet shows what was there before.
        return Whose.NOT_SEEN if other else Whose.THIS_RUNS
    created, asked, clock = found.created, entry.asked_at, aws.clock
    if other is not None and not other.startswith(UNREAD_TAGS):
        return Whose.OTHER
    if created is None or asked is None:
        return Whose.UNPROVED
    clock.narrow(
        lambda: look(aws, entry), lambda: clock.after(created, asked) or clock.before(created, asked), aws.sleep
    )
    if clock.before(created, asked):
        return Whose.OTHER if other else Whose.ANOTHERS
    more = unasked(aws, entry, found.described)
    if more is not None:
        _note(entry, more)
    return Whose.UNPROVED if other or more or not clock.after(created, asked) else Whose.THIS_RUNS


def _difference(aws: Aws, entry: JournalEntry, found: Seen) -> str | None:
    """Say where what is there is not as the plan has it, and note it; None where it is."""
    entry.status = found.status
    other = difference(aws, entry, found.described)
    if other is not None:
        _note(entry, other)
    return other


def _note(entry: JournalEntry, other: str) -> None:
    entry.note(f"{entry.label} is there, but {other}")
