"""Reads at the same time, none of them twice, each knowing how many calls one after another it took.

A read is a plan: a generator that yields what it wants to know next (calls and questions, all started at once), is sent
the answers, and returns a fact. No thread waits inside a plan: the thread that brings the last answer of a stage takes
the plan to its next stage. So a few threads serve any number of plans, and wall time follows the longest chain.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias

from preflight.account.facts import Ask, Fact, Known
from preflight.account.live.calls import Call, CallOutcome
from preflight.account.live.incomplete import IncompleteAnswerError
from preflight.thread_pool import Pool
from preflight.waiting import result_of


@dataclass(frozen=True, slots=True)
class Begin:
    """Start a read that will be needed later, without waiting for its answer."""

    wanted: Ask


Wanted: TypeAlias = Call | Ask | Begin
ReadPlan: TypeAlias = Generator[Sequence[Wanted], list[Any], Fact[Any]]


@dataclass(frozen=True, slots=True)
class Chain:
    """Calls made one after another, and the seconds they took."""

    calls: int = 0
    seconds: float = 0.0

    def joined(self, other: Chain) -> Chain:
        """Return the longer of two chains that ran side by side."""
        return Chain(max(self.calls, other.calls), max(self.seconds, other.seconds))


@dataclass(frozen=True, slots=True)
class _Answer:
    value: Any
    chain: Chain


class Reads:
    """Starts reads and remembers their answers. `make_plan` gives the plan for a question."""

    def __init__(
        self, perform: Callable[[Call], tuple[CallOutcome, int]], make_plan: Callable[[Ask], ReadPlan], pool: Pool
    ) -> None:
        self._perform = perform
        self._make_plan = make_plan
        self._pool = pool
        self._lock = threading.Lock()
        self._started: dict[Any, Future[_Answer]] = {}
        # What the asking thread has already waited for: a question asked after an answer depends on that answer.
        self._waited: ContextVar[Chain | None] = ContextVar("waited", default=None)
        self.longest = Chain()

    def ask(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        """Start all questions at once, wait for all answers and return them in order."""
        before = self._waited.get() or Chain()
        futures = [self._start(ask, before) for ask in asks]
        answers = [result_of(future) for future in futures]
        after = before
        for answer in answers:
            after = after.joined(answer.chain)
        self._waited.set(after)
        with self._lock:
            self.longest = self.longest.joined(after)
        return [answer.value for answer in answers]

    def begin(self, asks: Sequence[Ask]) -> None:
        """Start questions whose answers will be asked for later."""
        for ask in asks:
            self._start(ask, self._waited.get() or Chain())

    def _start(self, wanted: Ask | Call, before: Chain) -> Future[_Answer]:
        name = wanted.identity if isinstance(wanted, Call) else wanted
        with self._lock:
            future = self._started.get(name)
            if future is not None:
                return future
            future = self._started[name] = Future()
        if isinstance(wanted, Call):
            call, done = wanted, future
            self._pool.submit(lambda: self._make(call, before, done))
        else:
            self._advance(self._make_plan(wanted), None, before, future)
        return future

    def _make(self, call: Call, before: Chain, future: Future[_Answer]) -> None:
        started = time.monotonic()
        try:
            outcome, calls = self._perform(call)
        except BaseException as error:
            future.set_exception(error)
            return
        took = time.monotonic() - started
        future.set_result(_Answer(outcome, Chain(before.calls + calls, before.seconds + took)))

    def _advance(self, plan: ReadPlan, answers: list[Any] | None, chain: Chain, future: Future[_Answer]) -> None:
        try:
            wanted = plan.send(answers) if answers is not None else next(plan)
            pending = [self._begin_or_start(each, chain) for each in wanted]
        except StopIteration as finished:
            future.set_result(_Answer(finished.value, chain))
            return
        except IncompleteAnswerError as error:
            future.set_result(_Answer(error.fact, chain))
            return
        except BaseException as error:
            future.set_exception(error)
            if not isinstance(error, Exception):
                raise  # A Ctrl-C is for the thread that it hits, which may be about to wait for another answer.
            return
        _when_all(pending, lambda: self._resume(plan, pending, chain, future))

    def _begin_or_start(self, wanted: Wanted, chain: Chain) -> Future[_Answer]:
        if isinstance(wanted, Begin):
            self._start(wanted.wanted, chain)
            begun: Future[_Answer] = Future()
            begun.set_result(_Answer(Known(None), chain))
            return begun
        return self._start(wanted, chain)

    def _resume(self, plan: ReadPlan, done: Sequence[Future[_Answer]], chain: Chain, future: Future[_Answer]) -> None:
        try:
            answers = [each.result() for each in done]
        except BaseException as error:
            future.set_exception(error)
            if not isinstance(error, Exception) and threading.current_thread() is threading.main_thread():
                raise
            return
        for answer in answers:
            chain = chain.joined(answer.chain)
        self._advance(plan, [answer.value for answer in answers], chain, future)


def _when_all(futures: Sequence[Future[_Answer]], then: Callable[[], None]) -> None:
    """Call `then` once, when every future is done: at once if they are, else in the thread that ends the last."""
    left = len(futures)
    if not left:
        then()
        return
    lock = threading.Lock()

    def one_done(_: Future[_Answer]) -> None:
        nonlocal left
        with lock:
            left -= 1
            last = left == 0
        if last:
            then()

    for future in futures:
        future.add_done_callback(one_done)
