"""A Ctrl-C ends every wait of the main thread, also one that wakes nothing up: it comes too early, or to a thread."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue

import pytest

from preflight.account.facts import Ask, Known
from preflight.account.live.calls import Answered, Call, CallOutcome
from preflight.account.live.concurrent_reads import ReadPlan, Reads
from preflight.audit.many import threads
from preflight.audit.many.targets import AuditTarget
from preflight.audit.many.task import FailedAudit
from preflight.engine.result import Kind, Level, Result
from preflight.engine.rule import Rule
from preflight.engine.run import Task, run
from preflight.thread_pool import Pool
from preflight.waiting import next_of, result_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals to a thread")
# How long what is waited for would take.
TOO_LONG = 20


class Late:
    """What is waited for."""

    def __init__(self) -> None:
        self.begun, self.over = threading.Event(), threading.Event()
        self.came = False

    def __call__(self) -> bool:
        self.begun.set()
        self.came = not self.over.wait(TOO_LONG)
        return self.came


def of_a_read(late: Late) -> object:
    def perform(call: Call) -> tuple[CallOutcome, int]:
        late()
        return Answered({}), 1

    def plan(ask: Ask) -> ReadPlan:
        yield [Call("iam", "get_role")]
        return Known(ask.kind)

    return Reads(perform, plan, Pool(1)).ask([Ask("iam:role", "")])


def of_a_check(late: Late) -> object:
    def check(subject: str, rule: Rule) -> Iterator[Result]:
        late()
        yield rule.result(Kind.PASS, subject)

    rule = Rule("PRE001", "x", Level.ERROR, "c", "s", "w", "r", "readiness")
    return run([Task(rule, check, subject) for subject in "ab"], threads=2)


def of_an_audit(late: Late, monkeypatch: pytest.MonkeyPatch) -> object:
    def gather(target: AuditTarget, orders: object) -> FailedAudit:
        late()
        return FailedAudit(target, "late")

    monkeypatch.setattr(threads, "gather", gather)
    return list(threads.on_threads([AuditTarget("a", path="a.json")], None, threads=1))  # type: ignore[arg-type]


def of_a_future(late: Late) -> object:
    future: Future[bool] = Future()
    threading.Thread(target=lambda: future.set_result(late()), daemon=True).start()
    return result_of(future)


def of_a_queue(late: Late) -> object:
    queue: SimpleQueue[bool] = SimpleQueue()
    threading.Thread(target=lambda: queue.put(late()), daemon=True).start()
    return next_of(queue)


@pytest.mark.parametrize("wait", [of_a_read, of_a_check, of_an_audit, of_a_future, of_a_queue])
def test_an_interruption_that_wakes_nothing_up_ends_the_wait(
    wait: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Late()

    def interrupt() -> None:
        if late.begun.wait(TOO_LONG):
            late.over.wait(0.1)
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            wait(late, monkeypatch) if wait is of_an_audit else wait(late)
        assert not late.came
    finally:
        late.over.set()
