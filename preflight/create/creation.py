"""Carrying out a plan: call by call, each followed to its end before the next."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import StrEnum

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.account.live.errors import Failed
from preflight.create.events import Event, There, Undoing, Undone
from preflight.create.following import Arrival, End, follow, gone
from preflight.create.in_use import Use, use_of
from preflight.create.journal import JournalEntry, State
from preflight.create.looking import Aws, Live, Seen, ask, difference, look, seen
from preflight.create.making import make
from preflight.create.ownership import made_anew
from preflight.create.pace import Pace, Patience
from preflight.declared.operations import Environment, load_operation
from preflight.documents.plans.plan import Plan, PlannedRequest
from preflight.errors import UsageError

# How long to wait until something that is deleted is gone, and how long an interrupted run looks at what exists.
_DELETION = 300.0
_LAST_LOOK = 10.0


class Ended(StrEnum):
    """How carrying out a plan ended."""

    DONE = "done"
    NOT_AWAITED = "not awaited"
    REFUSED = "refused"
    FAILED = "failed"
    LATE = "late"
    UNREAD = "unread"


class Creation:
    """One run that carries out a plan. What it asked of AWS is in `entries` at every moment.

    Carrying out may be interrupted by KeyboardInterrupt anywhere; `standing` then says what exists.
    """

    def __init__(
        self,
        plan: Plan,
        account: Live,
        place: Environment,
        *,
        tell: Callable[[Event], None] | None = None,
        pace: Pace | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Take the plan and where it is carried out.

        Raises `UsageError` for a plan that deletes something: that is not what `create` is for.
        """
        self.plan = plan
        self.account = account
        self._aws, self._place = Aws(account), place
        self.entries = [_entry(request, place) for request in plan.requests]
        self.refusals: dict[int, Failed] = {}
        self.ends: dict[int, End] = {}
        self.tell = tell or _silent
        self._pace = pace or Pace()
        self._patience = patience or Patience()

    @property
    def failed(self) -> bool:
        """Whether a call was refused, or what was made failed."""
        return bool(self.refusals) or any(end.arrival is not Arrival.REACHED for end in self.ends.values())

    def recognize(self, *, timeout: float | None = None) -> Plan | None:
        """Find what is there already as the plan has it, and return the plan of what is left; None if nothing is.

        A resource that failed is not taken for the plan's own: the checks say what to do about it. What has not been
        read after `timeout` seconds isn't either.
        """
        self._aws.until = None if timeout is None else time.monotonic() + timeout
        asks = [Ask.one(entry.operation.kind.id, entry.region, entry.key) for entry in self.entries]
        for entry, fact in zip(self.entries, self.account.read_many(asks), strict=True):
            entry.new = isinstance(fact, Absent)
            if isinstance(fact, Known) and self._is_own(entry, seen(entry, fact.value)):
                entry.state = State.THERE
                self.tell(There(entry.label, entry.status))
        left = tuple(entry.request for entry in self.entries if entry.state is State.PLANNED)
        return replace(self.plan, requests=left) if left else None

    def _is_own(self, entry: JournalEntry, found: Seen) -> bool:
        call = entry.operation.call
        if call.status and found.status not in (*call.success, *call.progress):
            return False
        if difference(self._aws, entry, found.described) is not None:
            return False
        entry.status = found.status
        return True

    def carry_out(self, *, wait: bool = True, timeout: float | None = None) -> Ended:
        """Make the calls of what is left, in order, and follow each; stops at the first that does not succeed.

        `timeout` is in seconds, for all of it: calls, attempts that are made again, and following.
        """
        self._aws.until = None if timeout is None else time.monotonic() + timeout
        for index, entry in enumerate(self.entries):
            if entry.state is State.PLANNED:
                if self._aws.left <= 0:
                    return Ended.LATE
                failed = make(self._aws, entry, self._patience, self.tell)
                if failed is not None:
                    self.refusals[index] = failed
                    return Ended.REFUSED
            if not entry.followed or not wait:
                continue
            end = self.ends[index] = follow(self._aws, entry, self._pace, self.tell)
            if end.arrival is Arrival.LATE:
                return Ended.LATE
            if end.arrival is Arrival.UNREAD:
                return Ended.UNREAD
            if end.arrival is not Arrival.REACHED:
                return Ended.FAILED
        return Ended.DONE if wait or not any(entry.followed for entry in self.entries) else Ended.NOT_AWAITED

    def take_back(self) -> bool:
        """Delete what this run created, last first, and nothing else; says whether all of it is gone.

        It stops at the first that cannot be deleted, at what may exist, and at what something else uses by now: it may
        use what was created before.
        """
        for index, entry in reversed(list(enumerate(self.entries))):
            undo = entry.operation.call.undo
            if entry.unclear:
                self._left(entry, "it may exist, and it is not certain that this run created it")
                return False
            if entry.state is not State.MADE or undo is None or not entry.creates:
                continue
            self._aws.until = time.monotonic() + _DELETION
            self.tell(Undoing(entry.label))
            if made_anew(self._aws, entry):
                self._left(entry, "it has since been deleted and created again by another caller")
                return False
            if use := use_of(self.account, self._aws, self._place, entry):
                self._keep(index, use)
                return False
            self._aws.until = time.monotonic() + _DELETION
            entry.deleting = True
            outcome = ask(self._aws, entry.operation.call.service, undo, entry.key, entry.region)
            reason = f"{outcome.code}: {outcome.message}" if isinstance(outcome, Failed) else ""
            if isinstance(outcome, Failed) and outcome.undone:
                # A look that does not see it yet would take it for gone.
                self._left(entry, reason)
                return False
            if still := gone(self._aws, entry, self._pace, 0.0 if reason else _DELETION):
                self._left(entry, reason or still)
                return False
            self.tell(Undone(entry.label))
        return True

    def _keep(self, index: int, use: Use) -> None:
        """Leave what something else uses, or may use, and with it what was created before."""
        entry = self.entries[index]
        entry.keep(use.reason, use.look)
        self._left(entry, use.reason)
        for each in self.entries[:index]:
            if each.state is State.MADE and each.undo_command():
                each.keep(f"{entry.label} may use it", entry.look_command())
                self._left(each, f"{entry.label} may use it")

    def _left(self, entry: JournalEntry, reason: str) -> None:
        entry.note(f"not deleted again: {reason}")
        self.tell(Undone(entry.label, reason))

    def standing(self) -> list[tuple[JournalEntry, Fact[Seen]]]:
        """Look at what this run asked AWS for. Gives up after ten seconds: what is not seen by then is unknown."""
        asked, aws = [entry for entry in self.entries if entry.touched], Aws(self.account)
        found: dict[int, Fact[Seen]] = {}

        def work() -> None:
            for index, entry in enumerate(asked):
                found[index] = look(aws, entry)

        thread = threading.Thread(target=work, name="preflight-standing", daemon=True)
        thread.start()
        until = time.monotonic() + _LAST_LOOK
        while thread.is_alive() and time.monotonic() < until:
            thread.join(0.2)
        late = Unknown("AWS did not answer in time")
        facts = [(entry, found.get(index, late)) for index, entry in enumerate(asked)]
        for entry, fact in facts:
            _remember(entry, fact)
        return facts


def _silent(event: Event) -> None:
    del event


def _remember(entry: JournalEntry, fact: Fact[Seen]) -> None:
    """Keep what a look showed when the run had been stopped, for the results."""
    if isinstance(fact, Known):
        entry.status = fact.value.status
    elif isinstance(fact, Absent):
        entry.note("AWS doesn't return it")
    else:
        entry.note(f"can't determine whether it exists: {fact.reason}")


def _entry(request: PlannedRequest, place: Environment) -> JournalEntry:
    operation = load_operation(request.operation)
    key = operation.key(request.parameters)
    if operation.effect == "delete":
        raise UsageError(f"{request.operation} deletes a resource; create only makes calls that create or update")
    if key is None:
        wanted = " and ".join(operation.kind.identity)
        raise UsageError(f"{request.document.path}: {request.operation} does not say {wanted}; give it")
    arn = operation.kind.arn(key, partition=place.partition, region=place.region, account=place.account)
    return JournalEntry(request, operation, key, arn or "", place.region)


def commands(entries: Iterable[JournalEntry]) -> list[str]:
    """Return the AWS CLI's commands that delete what this run created, in the order in which they work."""
    made = [each for each in entries if each.state is State.MADE and not each.kept]
    return [command for entry in reversed(made) if (command := entry.undo_command())]


def kept(entries: Iterable[JournalEntry]) -> list[str]:
    """Return a line for each thing that this run created and left because something else uses it, or may use it."""
    return [each.kept for each in entries if each.kept]


def unclear(entries: Iterable[JournalEntry]) -> list[str]:
    """Return a line for each thing that may exist because of this run: how to find out, and how to delete it."""
    lines = []
    for entry in entries:
        if entry.unclear:
            may = "exists" if entry.state is State.UNPROVED else "may exist"
            lines.append(f"{entry.label} {may}; {entry.way_to_tell()}")
    return lines
