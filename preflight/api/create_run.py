"""One run of `create`: what is checked first, what is asked, what each ending means, and interruptions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.account.live.account import LiveAccount, Stats
    from preflight.create import Creation, Ended, Pace, Patience
    from preflight.create.events import Event
    from preflight.create.journal import JournalEntry
    from preflight.declared.operations import Environment
    from preflight.documents.plans.plan import Plan, PlannedRequest
    from preflight.engine.result import Level, Report, Result
    from preflight.readiness.settings import CheckSettings


class CreateOutcome(StrEnum):
    """How a run ended: what was asked for is there, or the check or the user stopped it before anything was created, or
    it failed, or whether it worked could not be read.
    """

    CREATED = "created"
    BLOCKED = "blocked"
    OPEN = "open"
    DECLINED = "declined"
    FAILED = "failed"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Created:
    """What came of a run. `left` are the commands that delete what it created and left behind after a failure, `kept`
    says what of it something else uses or may use, `unclear` what may exist, both with how to find out. `sources` are
    the texts of the documents by their paths, `stats` what was asked of AWS.
    """

    outcome: CreateOutcome
    report: Report
    left: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    stats: Stats | None = None


class Begun:
    """What a run that ended before its end had asked AWS for by then, and what exists of it. `sources` are the texts of
    the documents by their paths.
    """

    _creation: Creation | None
    _run: Run | None
    _because = ""
    sources: Mapping[str, str]

    @property
    def began(self) -> bool:
        """Whether AWS was asked for anything that changes something."""
        return self._creation is not None and any(entry.called for entry in self._creation.entries)

    def standing(self) -> list[str]:
        """Look up what exists of what was asked for, and return a line for each."""
        from preflight.account.facts import Absent, Known

        lines = [f"{each.label} was created and deleted again" for each in self._undone()]
        for entry, fact in self._creation.standing() if self._creation is not None else ():
            if isinstance(fact, Known):
                status = f", status {fact.value.status}" if fact.value.status else ""
                begun = "; its deletion was begun" if entry.deleting else ""
                lines.append(f"{entry.label} exists{status} ({entry.arn}){begun}")
            elif isinstance(fact, Absent):
                lines.append(f"{entry.label} does not exist" + (" (yet)" if entry.state == "asked" else ""))
            else:
                lines.append(f"{entry.label}: can't determine whether it exists: {fact.reason}")
        return lines

    def remembered(self) -> list[str]:
        """Return a line for each thing that was asked for, without asking AWS."""
        entries = self._creation.entries if self._creation is not None else []
        return [f"{each.label} was created and deleted again" for each in self._undone()] + [
            f"{each.label}: {'created' if each.state == 'made' else 'not known'}; not looked up"
            for each in entries
            if each.touched
        ]

    def undo(self) -> list[str]:
        """Return the commands that delete what this run created."""
        from preflight.create.creation import commands

        return list(commands(self._creation.entries)) if self._creation is not None else []

    def unclear(self) -> list[str]:
        """Return a line for each thing that may exist because of this run: how to find out."""
        from preflight.create.creation import unclear

        return unclear(self._creation.entries) if self._creation is not None else []

    def kept(self) -> list[str]:
        """Return a line for each thing that this run created and left, because something else uses it or may."""
        from preflight.create.creation import kept

        return kept(self._creation.entries) if self._creation is not None else []

    def report(self) -> Report | None:
        """Return the report of the run as far as it went; None where there is none.

        What exists is told as `standing` saw it last: call that first to look.
        """
        return self._run.report(self._because) if self._run is not None else None

    def _undone(self) -> list[JournalEntry]:
        return [each for each in self._creation.entries if each.state == "undone"] if self._creation is not None else []


class CreateInterrupted(Begun, KeyboardInterrupt):
    """Ctrl-C during a run; knows what exists by then."""

    _because = "the run was interrupted"

    def __init__(
        self, creation: Creation | None, run: Run | None = None, sources: Mapping[str, str] | None = None
    ) -> None:
        super().__init__()
        self._creation, self._run, self.sources = creation, run, sources or {}


class CreateError(Begun, Exception):
    """An error in a run that had asked AWS for something; knows what exists by then. The error is `__cause__`."""

    _because = "an error stopped the run"

    def __init__(self, creation: Creation, run: Run | None = None, sources: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._creation, self._run, self.sources = creation, run, sources or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is wanted of a run, beside the plan.

    `confirm` is asked before anything is created, `show` is given the report of the check before, `tell` each event.
    """

    select: tuple[str, ...]
    ignore: tuple[str, ...]
    fail_on: Level
    settings: CheckSettings
    allow_open: bool
    wait: bool
    timeout: float | None
    rollback: bool
    pace: Pace
    patience: Patience
    confirm: Callable[[str], bool] | None = None
    show: Callable[[Report], None] | None = None
    tell: Callable[[Event], None] = lambda _: None


class Run:
    """One run, whose state an interruption at any moment can still read."""

    def __init__(self, wish: Wish, plan: Plan) -> None:
        """Take what is wanted, and the plan."""
        self.wish = wish
        self.creation: Creation | None = None
        self._plan = plan
        self._before: Report | None = None

    def go(self, account: LiveAccount) -> Created:
        """Check, ask, call, follow."""
        from preflight.create import Creation, Ended
        from preflight.create.creation import commands, kept, unclear
        from preflight.engine.result import Verdict
        from preflight.readiness.check import located

        wish, plan = self.wish, self._plan
        time_left = _TimeLeft(wish.timeout)
        place = _place(plan, account)
        plan = self._plan = _makeable(replace(plan, region=place.region, account=place.account), place)
        if any(each.unreadable is not None or _unnamed(each) for each in plan.requests):
            report = self._check(plan, account)
            if report.verdict is Verdict.BLOCKED:
                return Created(CreateOutcome.BLOCKED, report)
        creation = self.creation = Creation(
            plan, account, place, tell=wish.tell, pace=wish.pace, patience=wish.patience
        )
        left = creation.recognize(timeout=time_left.seconds)
        before = self._before = self._check(left, account) if left is not None else None
        if before is not None:
            if before.verdict is Verdict.BLOCKED:
                return Created(CreateOutcome.BLOCKED, before)
            if before.verdict is Verdict.OPEN and not wish.allow_open:
                return Created(CreateOutcome.OPEN, before)
            if wish.show is not None:
                wish.show(before)
            if wish.confirm is not None:
                with time_left.stopped():
                    confirmed = wish.confirm(_question(creation, place))
                if not confirmed:
                    return Created(CreateOutcome.DECLINED, before)
        ended = creation.carry_out(wait=wish.wait, timeout=time_left.seconds)
        unmade = ended in (Ended.REFUSED, Ended.FAILED)
        if unmade and wish.rollback:
            creation.take_back()
        after = located(self._results(creation, account, time_left), plan)
        entries = creation.entries
        return Created(
            _outcome(ended),
            _report(before, after, plan, wish),
            left=tuple(commands(entries)) if unmade else (),
            unclear=tuple(unclear(entries)),
            kept=tuple(kept(entries)),
        )

    def report(self, stopped: str) -> Report:
        """Return the report of a run that `stopped` ended early, from what is known of it."""
        from preflight.create.results import not_begun, results
        from preflight.readiness.check import located

        creation, plan = self.creation, self._plan
        after = (
            not_begun(plan, stopped) if creation is None else results(creation, awaited=self.wish.wait, stopped=stopped)
        )
        return _report(self._before, located(list(after), plan), plan, self.wish)

    def _check(self, plan: Plan, account: LiveAccount) -> Report:
        from preflight.readiness.check import check

        wish = self.wish
        return check(
            plan, account, select=wish.select, ignore=wish.ignore, fail_on=wish.fail_on, settings=wish.settings
        )

    def _results(self, creation: Creation, account: LiveAccount, time_left: _TimeLeft) -> list[Result]:
        from preflight.create.results import results
        from preflight.readiness.check import check

        def recheck(plan: Plan, rules: Sequence[str]) -> Sequence[Result]:
            left = time_left.seconds
            if left == 0:
                return ()
            again = check(plan, account.again(timeout=left), select=tuple(rules), settings=self.wish.settings)
            return again.results

        return list(results(creation, awaited=self.wish.wait, recheck=recheck))


class _TimeLeft:
    """The time of a whole run, which stands still while the user is asked."""

    def __init__(self, timeout: float | None) -> None:
        self._until = None if timeout is None else time.monotonic() + timeout

    @property
    def seconds(self) -> float | None:
        """The seconds that are left; None for no end."""
        return None if self._until is None else max(self._until - time.monotonic(), 0.0)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        begun = time.monotonic()
        yield
        if self._until is not None:
            self._until += time.monotonic() - begun


def _outcome(ended: Ended) -> CreateOutcome:
    from preflight.create import Ended

    if ended in (Ended.DONE, Ended.NOT_AWAITED):
        return CreateOutcome.CREATED
    return CreateOutcome.UNREAD if ended is Ended.UNREAD else CreateOutcome.FAILED


def _place(plan: Plan, account: LiveAccount) -> Environment:
    from preflight.account.facts import Known
    from preflight.declared.operations import Environment

    found = account.account_id()
    if not isinstance(found, Known):
        how = getattr(found, "resolution", "") or "sign in again"
        raise UsageError(f"can't determine the account of the credentials: {getattr(found, 'reason', '')}; {how}")
    if plan.account is not None and plan.account != found.value:
        raise UsageError(
            f"the plan is for account {plan.account}, the credentials belong to account {found.value}; "
            "sign in to the plan's account, or correct the plan"
        )
    return Environment(account.partition, plan.region or account.region, found.value)


def _makeable(plan: Plan, place: Environment) -> Plan:
    """Return the plan as it is made here, call by call. Raises `UsageError` where only its own tool can make it."""
    from preflight.readiness.call_site import Settled, placed
    from preflight.unresolved import DeployText

    plan = placed(plan, Settled(place.region, place.account, place.partition))
    because = [f"it makes {each.kind} too" for each in plan.declared[:1]]
    because += [each.message for each in plan.gaps[:1]]
    others = (each for each in plan.resources if not each.request and each.handler not in ("none", "read"))
    because += [f"it has {each.name}, for which create has no call" for each in others][:1]
    because += [f"{each.name} depends on {', '.join(each.depends_on)}" for each in plan.requests if each.depends_on][:1]
    because += [
        f"{each.name} has {text.shown}" for each in plan.requests for _, text in DeployText.all_in(each.parameters)
    ][:1]
    if because:
        raise UsageError(
            f"create makes calls one by one, and this plan needs more: {because[0]}; "
            "check it with preflight check, and deploy it with its own tool"
        )
    return replace(plan, requests=tuple(replace(each, through="") for each in plan.requests))


def _unnamed(request: PlannedRequest) -> bool:
    from preflight.declared.operations import load_operation

    return load_operation(request.operation).key(request.parameters) is None


def _question(creation: Creation, place: Environment) -> str:
    from preflight.create.journal import State

    wanted = [entry for entry in creation.entries if entry.state is State.PLANNED]
    what = ", then ".join(f"{entry.operation.effect} {entry.label}" for entry in wanted)
    return f"{what[:1].upper()}{what[1:]} in account {place.account}, {place.region}?"


def _report(before: Report | None, after: Sequence[Result], plan: Plan, wish: Wish) -> Report:
    from preflight.engine.result import Report, check_verdict

    about = before.plan if before is not None else {"region": plan.region, "account": plan.account}
    known = {key: value for key, value in about.items() if value is not None}
    # What was found again after a failure takes the place of what was found before the call.
    again = {(result.rule, result.subject) for result in after}
    earlier = before.results if before is not None else ()
    kept = tuple(result for result in earlier if (result.rule, result.subject) not in again)
    results = (*kept, *after)
    return Report(check_verdict(results, wish.fail_on), results, known, wish.settings.vouched())
