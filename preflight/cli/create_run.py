"""One run of `preflight create`: what is asked, what is shown when, what each ending means, and interruptions."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from preflight.cli.create_progress import Progress, say

if TYPE_CHECKING:
    from preflight.account.live.account import LiveAccount
    from preflight.create import Creation, Ended, Pace, Patience
    from preflight.declared.operations import Place
    from preflight.documents.plans.plan import Plan, PlannedRequest
    from preflight.engine.result import Level, Report, Result
    from preflight.readiness.settings import CheckSettings

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user wants of a run, beside the plan. `color` None leaves it to the terminal. `show` shows a report;
    `last` is false before the calls.
    """

    select: tuple[str, ...]
    ignore: tuple[str, ...]
    fail_on: Level
    settings: CheckSettings
    allow_open: bool
    yes: bool
    wait: bool
    timeout: float | None
    rollback: bool
    quiet: bool
    color: bool | None
    pace: Pace
    patience: Patience
    from_stdin: bool
    show: Callable[[Report, bool], None]


class Run:
    """One `preflight create`, whose state an interruption at any moment can still read."""

    def __init__(self, wish: Wish) -> None:
        """Take what the user wants; raises `UsageError` where nobody could confirm."""
        self.wish = wish
        self.creation: Creation | None = None

    def go(self, plan: Plan, account: LiveAccount) -> int:
        """Check, ask, call, follow; returns the exit code."""
        from preflight.create import Creation
        from preflight.engine.result import Verdict
        from preflight.readiness.check import located

        place = _place(plan, account)
        plan = _makeable(replace(plan, region=place.region, account=place.account), place)
        if any(each.unreadable is not None or _unnamed(each) for each in plan.requests):
            report = self._check(plan, account)
            if report.verdict is Verdict.BLOCKED:
                self.wish.show(report, True)
                return 1
        with Progress(quiet=self.wish.quiet, color=self.wish.color) as progress:
            creation = self.creation = Creation(
                plan, account, place, tell=progress.tell, pace=self.wish.pace, patience=self.wish.patience
            )
            left = creation.recognize()
        before = self._check(left, account) if left is not None else None
        if before is not None:
            if before.verdict is Verdict.BLOCKED:
                self.wish.show(before, True)
                return 1
            if before.verdict is Verdict.OPEN and not self.wish.allow_open:
                self.wish.show(before, True)
                return 3
            self.wish.show(before, False)
            if not self.wish.yes and not _confirmed(creation, place):
                say("Nothing was created.")
                return 1
        with Progress(quiet=self.wish.quiet, color=self.wish.color) as progress:
            creation.tell = progress.tell
            ended = creation.carry_out(wait=self.wish.wait, timeout=self.wish.timeout)
            self._take_back(creation, ended)
        after = located(self._results(creation, account), plan)
        self.wish.show(_report(before, after, plan, self.wish), True)
        return self._code(ended)

    def _check(self, plan: Plan, account: LiveAccount) -> Report:
        from preflight.readiness.check import check

        wish = self.wish
        return check(
            plan, account, select=wish.select, ignore=wish.ignore, fail_on=wish.fail_on, settings=wish.settings
        )

    def _results(self, creation: Creation, account: LiveAccount) -> list[Result]:
        from preflight.create.results import results
        from preflight.readiness.check import check

        def recheck(plan: Plan, rules: Sequence[str]) -> Sequence[Result]:
            again = check(plan, account.again(), select=tuple(rules), settings=self.wish.settings)
            return again.results

        return list(results(creation, awaited=self.wish.wait, recheck=recheck))

    def _take_back(self, creation: Creation, ended: Ended) -> None:
        from preflight.create import Ended
        from preflight.create.journal import State

        if ended not in (Ended.REFUSED, Ended.FAILED):
            return
        if self.wish.rollback:
            creation.take_back()
        left = [entry.undo_command() for entry in reversed(creation.entries) if entry.state is State.MADE]
        if left := [command for command in left if command]:
            say("Created by this run and still there; to delete it:")
            for command in left:
                say(f"  {command}")

    def _code(self, ended: Ended) -> int:
        from preflight.create import Ended

        if ended in (Ended.DONE, Ended.NOT_AWAITED):
            return 0
        if ended is Ended.UNREAD:
            return 0 if self.wish.allow_open else 3
        return 4

    def interrupted(self) -> int:
        """Say what exists now and how to go on; returns the exit code. Another interruption says what is known."""
        entries = self.creation.entries if self.creation is not None else []
        asked = [entry for entry in entries if entry.touched]
        if self.creation is None or not asked:
            say("Interrupted. Nothing was asked of AWS that changes anything.")
            return INTERRUPTED
        try:
            say("Interrupted. What this run asked AWS for:")
            for line in _standing(self.creation):
                say(f"  {line}")
        except KeyboardInterrupt:
            for entry in asked:
                say(f"  {entry.label}: {'created' if entry.state == 'made' else 'not known'}; not looked up")
        say("To go on with it (what is there is not created again):")
        say(f"  {continuing(sys.argv)}" + (" < the same input" if self.wish.from_stdin else ""))
        from preflight.create.creation import commands

        if undo := commands(entries):
            say("To delete what exists of it:")
            for command in undo:
                say(f"  {command}")
        return INTERRUPTED


def continuing(argv: Sequence[str]) -> str:
    """Return the command that goes on where this one stopped: the same one."""
    return shlex.join(["preflight", *argv[1:]])


def _standing(creation: Creation) -> list[str]:
    from preflight.account.facts import Absent, Known

    lines = []
    for entry, fact in creation.standing():
        if isinstance(fact, Known):
            status = f", status {fact.value.status}" if fact.value.status else ""
            lines.append(f"{entry.label} exists{status} ({entry.arn})")
        elif isinstance(fact, Absent):
            lines.append(f"{entry.label} does not exist" + (" (yet)" if entry.state == "asked" else ""))
        else:
            lines.append(f"{entry.label}: whether it exists is not known: {fact.reason}")
    return lines


def _place(plan: Plan, account: LiveAccount) -> Place:
    from preflight.account.facts import Known
    from preflight.declared.operations import Place
    from preflight.errors import UsageError

    found = account.account_id()
    if not isinstance(found, Known):
        raise UsageError(f"whose credentials these are cannot be read: {getattr(found, 'reason', '')}; sign in again")
    if plan.account is not None and plan.account != found.value:
        raise UsageError(
            f"the plan is for account {plan.account}, the credentials are of account {found.value}; "
            "sign in to the plan's account, or correct the plan"
        )
    return Place(account.partition, plan.region or account.region, found.value)


def _makeable(plan: Plan, place: Place) -> Plan:
    """Return the plan as it is made here, call by call. Raises `UsageError` where only its own tool can make it."""
    from preflight.errors import UsageError
    from preflight.readiness.call_site import Settled, placed
    from preflight.unresolved import DeployText

    plan = placed(plan, Settled(place.region, place.account, place.partition))
    because = [f"it makes {each.kind} too" for each in plan.declared[:1]]
    because += [each.message for each in plan.gaps[:1]]
    because += [f"{each.name} depends on {', '.join(each.depends_on)}" for each in plan.requests if each.depends_on][:1]
    because += [
        f"{each.name} has {text.shown}" for each in plan.requests for _, text in DeployText.all_in(each.parameters)
    ][:1]
    if because:
        raise UsageError(
            f"create makes calls one by one, and this is more than calls: {because[0]}; "
            "check it with preflight check, and deploy it with its own tool"
        )
    return replace(plan, requests=tuple(replace(each, through="") for each in plan.requests))


def _unnamed(request: PlannedRequest) -> bool:
    from preflight.declared.operations import load_operation

    return load_operation(request.operation).key(request.parameters) is None


def _confirmed(creation: Creation, place: Place) -> bool:
    from preflight.create.journal import State

    wanted = [entry for entry in creation.entries if entry.state is State.PLANNED]
    what = ", then ".join(f"{entry.operation.effect} {entry.label}" for entry in wanted)
    print(f"{what[:1].upper()}{what[1:]} in account {place.account}, {place.region}? [y/N] ", end="", file=sys.stderr)
    sys.stderr.flush()
    answer = sys.stdin.readline()
    return answer.strip().lower() in ("y", "yes")


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
