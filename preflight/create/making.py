"""Making one call: tried again while AWS does not see yet what it needs, and never taken for failed while it is not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Any

from preflight.account.live.errors import THROTTLED, Failed
from preflight.create.events import Accepted, Again, Calling, Event, Refused, Waiting
from preflight.create.journal import JournalEntry, State
from preflight.create.looking import Aws, ask
from preflight.create.ownership import Whose, refused, unclear
from preflight.create.pace import Patience

Tell = Callable[[Event], None]

# How long an interrupted run waits for the answer to the call that is under way. A call that is begun as time is up has
# a second: AWS answers in less, and what it did is known then.
_GRACE = 5.0
_ANSWER = 1.0


def make(aws: Aws, entry: JournalEntry, patience: Patience, tell: Tell) -> Failed | None:
    """Make the call of an entry, and say in the entry what became of it. Returns AWS's refusal, or None.

    A refusal that a stale read explains, and throttling that outlasts botocore's own retries, are met by trying again.
    After any other failure AWS is asked what is there: botocore makes a call again when its answer is lost on the way,
    and the second one is refused although the first one did its work.
    """
    tell(Calling(entry.label, entry.operation.effect))
    attempt = 0
    lost: list[str] = []
    while True:
        attempt += 1
        failed = _call(aws, entry, lost, tell)
        if failed is None:
            entry.state, entry.made_at = State.MADE, time.monotonic()
            tell(Accepted(entry.label, entry.arn))
            return None
        passing = _passes(entry, failed)
        if passing and attempt <= patience.retries:
            delay = patience.wait(attempt)
            tell(Again(entry.label, passing, attempt, delay))
            if aws.sleep(delay):
                continue
        if attempt > 1:
            entry.notes.append(f"tried {attempt} times")
        if _is_there(aws, entry, failed, patience, unsure=bool(lost), passing=bool(passing)):
            tell(Accepted(entry.label, entry.arn))
            return None
        tell(Refused(entry.label, f"{failed.code}: {failed.message}"))
        return failed


def _call(aws: Aws, entry: JournalEntry, lost: list[str], tell: Tell) -> Failed | None:
    """Make the call once, in a thread of its own: an interruption must not tear it from its answer.

    What went wrong in attempts that AWS may have done all the same, botocore's own included, is added to `lost`.
    """
    call = entry.operation.call
    future: Future[dict[str, Any] | Failed] = Future()

    def work() -> None:
        try:
            with _noting(aws, entry, lost):
                future.set_result(ask(aws, call.service, call.method, entry.request.written, entry.region))
        except BaseException as error:
            future.set_exception(error)

    until = aws.until
    if until is not None:
        aws.until = max(until, time.monotonic() + _ANSWER)
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
            answer = future.result()
            if not isinstance(answer, Failed):
                entry.state = State.MADE
            elif not lost and not answer.uncertain:
                # What may be there under its name is another's.
                entry.state, entry.refused = State.REFUSED, f"{answer.code}: {answer.message}"
                tell(Refused(entry.label, entry.refused))
        raise
    finally:
        aws.until = until
    outcome = future.result()
    if not isinstance(outcome, Failed):
        return None
    if outcome.uncertain:
        lost.append(outcome.code)
    elif not lost:
        # What an interruption of the wait before the next attempt finds: nothing was made.
        entry.state, entry.refused = State.REFUSED, f"{outcome.code}: {outcome.message}"
    return outcome


@contextmanager
def _noting(aws: Aws, entry: JournalEntry, lost: list[str]) -> Iterator[None]:
    """Note which attempts of a call were answered by nothing, or by an error of AWS's own."""
    call = entry.operation.call
    client = aws.client(call.service, entry.region)
    operation = client.meta.method_to_api_mapping[call.method]
    event = f"response-received.{client.meta.service_model.service_id.hyphenize()}.{operation}"

    def heard(*, response_dict: Any = None, exception: Any = None, **_: Any) -> None:
        status = response_dict["status_code"] if response_dict is not None else 0
        if exception is not None or status >= 500:
            lost.append(type(exception).__name__ if exception is not None else str(status))

    client.meta.events.register(event, heard)
    try:
        yield
    finally:
        client.meta.events.unregister(event, heard)


def _passes(entry: JournalEntry, failed: Failed) -> str:
    """Return why a refusal will pass, or nothing."""
    if failed.code in THROTTLED:
        return f"AWS throttles ({failed.code})"
    for stale in entry.operation.call.stale:
        if stale["code"] == failed.code and stale.get("message", "") in failed.message:
            return f"AWS does not see everything yet ({failed.message})"
    return ""


def _is_there(
    aws: Aws, entry: JournalEntry, failed: Failed, patience: Patience, *, unsure: bool, passing: bool
) -> bool:
    """Say whether what the call is for is there although it failed, and note in the entry whose it is.

    `unsure`: whether AWS may have done the call; `passing`: whether it was refused for a reason that passes.
    """
    if not unsure:
        there = not (passing or failed.unsent or failed.denied) and refused(aws, entry) is Whose.ANOTHERS
        entry.state = State.THERE if there else State.REFUSED
        return there
    whose = unclear(aws, entry, patience)
    entry.state = {
        Whose.THIS_RUNS: State.MADE,
        Whose.ANOTHERS: State.THERE,
        Whose.OTHER: State.REFUSED,
        Whose.UNPROVED: State.UNPROVED,
        Whose.NOT_SEEN: State.ASKED,
    }[whose]
    return whose in (Whose.THIS_RUNS, Whose.ANOTHERS, Whose.UNPROVED)
