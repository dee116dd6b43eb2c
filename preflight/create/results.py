"""What carrying out a plan came to, as results: PRE901 for every call, PRE902 for everything that was followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from preflight.account.live.errors import Failed, remedy_for
from preflight.create import failures
from preflight.create.creation import Creation
from preflight.create.following import Arrival, End
from preflight.create.journal import JournalEntry, State
from preflight.create.refusals import denied, limit, rules_for
from preflight.documents.plans.plan import Plan, PlannedRequest
from preflight.engine.result import Kind, Location, Result
from preflight.engine.rule import load_rule
from preflight.errors import PreflightError
from preflight.sentence import sentence

_AGAIN = "Run the same command again: it continues with this one"
# Runs rules again on the account as it is now, for one request.
Recheck = Callable[[Plan, Sequence[str]], Sequence[Result]]


def results(
    creation: Creation, *, awaited: bool, recheck: Recheck | None = None, stopped: str = ""
) -> Iterator[Result]:
    """Give the results of every request, each followed by what our own checks say about its failure now.

    `stopped` says what ended the run before its end, such as "the run was interrupted".
    """
    for index, entry in enumerate(creation.entries):
        failed, end = creation.refusals.get(index), creation.ends.get(index)
        why = _why(creation, entry, failed, end, recheck)
        yield _accepted(creation, entry, failed, why, stopped)
        if entry.followed and failed is None:
            yield _in_service(entry, end, stopped, awaited=awaited)
        yield from why


def not_begun(plan: Plan, stopped: str) -> Iterator[Result]:
    """Give a result for every request of a plan that was stopped before it was known where its calls are made."""
    for request in plan.requests:
        name, place = request.operation.partition(":")[2], Location(request.document.path, request.pointer)
        message, remedy = f"{name} was not called: {stopped}", "Run the same command again."
        yield load_rule("PRE901").result(Kind.OPEN, message, subject="", location=place, remedy=remedy)


def _accepted(
    creation: Creation, entry: JournalEntry, failed: Failed | None, why: Sequence[Result], stopped: str
) -> Result:
    rule = load_rule("PRE901")
    doing, name = entry.operation.effect, entry.operation.id.partition(":")[2]
    notes = f" ({'; '.join(entry.notes)})" if entry.notes else ""
    kind, remedy = Kind.PASS, ""
    if failed is not None:
        kind = Kind.OPEN if entry.state is State.ASKED else Kind.FAIL
        message, remedy = _refused(entry, failed, why)
    elif stopped and entry.state is State.PLANNED and not creation.failed:
        kind, message = Kind.OPEN, f"{name} was not called for {entry.label}: {stopped}"
        remedy = "Run the same command again."
    elif entry.state is State.PLANNED:
        why_not = "an earlier request failed" if creation.failed else "the time given by --timeout is over"
        kind, message = Kind.NOT_APPLICABLE, f"{name} was not called for {entry.label}: {why_not}"
    elif entry.state is State.ASKED:
        kind, message = Kind.OPEN, f"the outcome of {name} for {entry.label} is unknown: {stopped} before AWS answered"
        remedy = f"{sentence(entry.way_to_tell())} Then run the same command again."
    elif entry.state is State.REFUSED:
        kind, message = Kind.FAIL, f"AWS refused {name} for {entry.label}: {entry.refused}; then {stopped}"
        remedy = "Run the same command again."
    elif entry.state is State.UNPROVED:
        message = f"{entry.label} exists as planned; can't determine whether {name} of this run created it"
    elif entry.state is State.THERE:
        message = f"{entry.label} already exists as planned; {name} was not called again"
    elif entry.state is State.UNDONE:
        message = f"AWS accepted {name} for {entry.label}, which was deleted again"
    else:
        message = f"AWS accepted {name}: {entry.label} is {'updated' if doing == 'update' else 'created'}"
        if stopped and entry.deleting:
            message += "; its deletion was begun"
    return rule.result(kind, message + notes, subject=entry.arn, location=entry.location, remedy=remedy)


def _refused(entry: JournalEntry, failed: Failed, why: Sequence[Result]) -> tuple[str, str]:
    name = entry.operation.id.partition(":")[2]
    if entry.state is State.ASKED:
        message = f"the outcome of {name} for {entry.label} is unknown: {failed.message}"
        return message, f"Look: {entry.look_command()}. {remedy_for(failed)} Then run again."
    if failed.unsent:
        message = f"{name} for {entry.label} failed before it reached AWS; nothing was sent: {failed.message}"
        return message, f"{remedy_for(failed) or 'Correct what the message names.'} Then run the same command again."
    message = f"AWS refused {name} for {entry.label}: {failed.code}: {failed.message}"
    refused, over = denied(failed), limit(failed)
    if refused is not None:
        remedy = refused.remedy()
        if not why:
            remedy += (
                " preflight's own checks find nothing that denies it: it can be a policy that they do not see, such as"
                " that of the session or of the organization."
            )
        return f"{message} In short: {refused.says()}.", remedy
    if over is not None:
        return f"{message} In short: {over.says()}.", over.remedy(entry.region)
    if any(stale["code"] == failed.code and stale.get("message", "") in failed.message for stale in _stale(entry)):
        return message, "AWS may still not see what was just created: wait a minute, and run the same command again."
    if said := remedy_for(failed):
        return message, f"{said} Then run the same command again."
    return message, "Correct the request as AWS says, and run the same command again."


def _stale(entry: JournalEntry) -> Sequence[dict[str, str]]:
    return [dict(stale) for stale in entry.operation.call.stale]


def _in_service(entry: JournalEntry, end: End | None, stopped: str, *, awaited: bool) -> Result:
    rule = load_rule("PRE902")
    kind, message, remedy = Kind.NOT_APPLICABLE, f"{entry.label} was not followed", ""
    if end is None:
        exists = entry.state in (State.MADE, State.THERE, State.UNPROVED)
        if exists and not awaited:
            message, remedy = f"{entry.label} was not waited for", f"Wait for it: {entry.wait_command()}"
        elif exists and stopped:
            kind, message = Kind.OPEN, f"{entry.label} was {entry.status or 'not seen'} when {stopped}"
            remedy = _AGAIN + _or(entry.wait_command())
    elif end.arrival is Arrival.REACHED:
        kind, message = Kind.PASS, f"{entry.label} is {end.status}, after {_seconds(end.seconds)}"
    elif end.arrival is Arrival.LATE:
        kind = Kind.OPEN
        message = f"{entry.label} is still {end.status or 'not seen'} after {_seconds(end.seconds)}"
        remedy = _AGAIN + _or(entry.wait_command())
    elif end.arrival is Arrival.UNREAD:
        kind = Kind.OPEN
        message = f"whether {entry.label} comes into service cannot be read: {end.reason}"
        remedy = f"{sentence(end.resolution)} Then run the same command again.".lstrip()
    elif end.arrival is Arrival.GONE:
        kind = Kind.FAIL
        message = f"{entry.label} was {end.status or 'never seen'} and no longer exists: it was deleted"
        remedy = "Find out who (DeleteEndpoint in CloudTrail), and run the same command again."
    else:
        kind = Kind.FAIL
        found = failures.explain(entry, end.reason)
        reverted = "was rolled back: it " if end.arrival is Arrival.REVERTED else ""
        reason = f": {end.reason.rstrip('.')}." if end.reason else "; AWS gives no reason."
        message = f"{entry.label} {reverted}is {end.status}{reason} {found.means}".rstrip()
        remedy = found.remedy
        if end.arrival is Arrival.FAILED and entry.undo_command() and entry.state is not State.UNDONE:
            remedy = f"{remedy} Before another try: {entry.undo_command()}".lstrip()
    if entry.state is State.UNDONE:
        message = f"{message.rstrip('.')}; it was deleted again"
    return rule.result(kind, message, subject=entry.arn, location=entry.location, remedy=remedy)


def _or(command: str) -> str:
    return f"; or {command}" if command else ""


def _seconds(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"


def _why(
    creation: Creation, entry: JournalEntry, failed: Failed | None, end: End | None, recheck: Recheck | None
) -> Sequence[Result]:
    """Return what our own checks say now about a failure: only what fails or is open."""
    rules: tuple[str, ...] = ()
    if failed is not None:
        rules = rules_for(failed)
    elif end is not None and end.arrival in (Arrival.FAILED, Arrival.REVERTED):
        rules = failures.explain(entry, end.reason).rules
    if not rules or recheck is None:
        return ()
    try:
        found = recheck(_only(creation.plan, entry.request), rules)
    except PreflightError:
        return ()
    return [result for result in found if result.kind in (Kind.FAIL, Kind.OPEN)]


def _only(plan: Plan, request: PlannedRequest) -> Plan:
    from dataclasses import replace

    return replace(plan, requests=(request,))
