"""Making one call: tried again while AWS does not see yet what it needs, and never taken for failed while it is not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from preflight.account.facts import Known
from preflight.account.live.errors import THROTTLED, Failed
from preflight.create.events import Accepted, Again, Calling, Event, Refused, Waiting
from preflight.create.journal import JournalEntry, State
from preflight.create.looking import Aws, ask, difference, just_made, look
from preflight.create.pace import Patience

Tell = Callable[[Event], None]

# How long an interrupted run waits for the answer to the call that is under way.
_GRACE = 5.0


def make(aws: Aws, entry: JournalEntry, patience: Patience, tell: Tell) -> Failed | None:
    """Make the call of an entry, and say in the entry what became of it. Returns AWS's refusal, or None.

    A refusal that a stale read explains, and throttling that outlasts botocore's own retries, are met by trying again.
    After any other failure AWS is asked what is there: botocore makes a call again when its answer is lost on the way,
    and the second one is refused although the first one did its work.
    """
    tell(Calling(entry.label, entry.operation.effect))
    attempt = 0
    while True:
        attempt += 1
        failed = _call(aws, entry, tell)
        if failed is None:
            tell(Accepted(entry.label, entry.arn))
            return None
        passing = _passes(entry, failed)
        if passing and attempt <= patience.retries:
            delay = patience.wait(attempt)
            tell(Again(entry.label, passing, attempt, delay))
            time.sleep(delay)
            continue
        if not passing and not failed.unsent and _happened(aws, entry, failed):
            tell(Accepted(entry.label, entry.arn))
            return None
        if entry.state is State.ASKED and (passing or failed.status or failed.unsent):
            entry.state = State.REFUSED
        if attempt > 1:
            entry.notes.append(f"tried {attempt} times")
        tell(Refused(entry.label, f"{failed.code}: {failed.message}"))
        return failed


def _call(aws: Aws, entry: JournalEntry, tell: Tell) -> Failed | None:
    """Make the call once, in a thread of its own: an interruption must not tear it from its answer."""
    call = entry.operation.call
    future: Future[dict[str, Any] | Failed] = Future()

    def work() -> None:
        try:
            future.set_result(ask(aws, call.service, call.method, entry.request.written, entry.region))
        except BaseException as error:
            future.set_exception(error)

    entry.state = State.ASKED
    entry.asked_at = entry.asked_at or time.monotonic()
    threading.Thread(target=work, name="preflight-create", daemon=True).start()
    try:
        while not future.done():
            wait([future], timeout=0.5)
    except KeyboardInterrupt:
        tell(Waiting(entry.label))
        wait([future], timeout=_GRACE)
        if future.done():
            _note(entry, future)
        raise
    return _note(entry, future)


def _note(entry: JournalEntry, future: Future[dict[str, Any] | Failed]) -> Failed | None:
    outcome = future.result()
    if isinstance(outcome, Failed):
        return outcome
    entry.state = State.MADE
    return None


def _passes(entry: JournalEntry, failed: Failed) -> str:
    """Return why a refusal will pass, or nothing."""
    if failed.code in THROTTLED:
        return f"AWS throttles ({failed.code})"
    for stale in entry.operation.call.stale:
        if stale["code"] == failed.code and stale.get("message", "") in failed.message:
            return f"AWS does not see everything yet ({failed.message})"
    return ""


def _happened(aws: Aws, entry: JournalEntry, failed: Failed) -> bool:
    """Say whether the call did its work although it failed, and note whose work it is."""
    if failed.denied:
        return False
    found = look(aws, entry)
    if not isinstance(found, Known):
        return False
    entry.status = found.value.status
    other = difference(aws, entry, found.value.described)
    if other is not None:
        entry.notes.append(f"{entry.label} is there, but {other}")
        return False
    updating = entry.operation.effect == "update" and (failed.status == 0 or failed.attempts > 1)
    entry.state = State.MADE if updating or just_made(entry, found.value) else State.THERE
    return True
