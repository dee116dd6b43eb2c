"""Auditing many accounts on this machine: threads read them from AWS, processes decide, both at the same time."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from multiprocessing.process import BaseProcess
from queue import SimpleQueue

from preflight.audit.many.targets import AuditTarget
from preflight.audit.many.task import Done, FailedAudit, Orders, PackedFacts, gather, judge
from preflight.engine.cores import cores
from preflight.errors import UsageError
from preflight.thread_pool import Pool
from preflight.waiting import next_of
from preflight.worker_process import serve_parent

THREADS = 8
_MEMORY = "usually out of memory"
# How many accounts a process audits before another takes its place: starting one takes as long as two of them.
_MOST_EACH = 100


def on_threads(
    targets: Iterable[AuditTarget], orders: Orders, *, threads: int = THREADS, processes: int | None = None
) -> Iterator[Done | FailedAudit]:
    """Yield what becomes of each account, in the order in which they are done.

    So many accounts are read at once as there are `threads`; `processes` decide, one for each core unless told. No more
    are under way than twice the threads: memory does not grow with the number of accounts. Closing it stops the work.
    """
    pool = Pool(threads)
    judges = _Judges(cores() if processes is None else processes)
    outcomes: SimpleQueue[Done | FailedAudit | BaseException] = SimpleQueue()
    source = iter(targets)
    under_way = 0
    try:
        while True:
            while under_way < 2 * threads and (target := next(source, None)) is not None:
                pool.submit(partial(_told, outcomes, partial(_one, target, orders, judges)))
                under_way += 1
            if not under_way:
                return
            outcome = next_of(outcomes)
            under_way -= 1
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome
    finally:
        pool.close()
        judges.stop()


def _told(outcomes: SimpleQueue[Done | FailedAudit | BaseException], work: Callable[[], Done | FailedAudit]) -> None:
    try:
        outcomes.put(work())
    except BaseException as error:
        outcomes.put(error)


def _one(target: AuditTarget, orders: Orders, judges: _Judges) -> Done | FailedAudit:
    gathered = gather(target, orders)
    return gathered if isinstance(gathered, FailedAudit) else judges.judge(gathered, orders)


class _Judges:
    """The processes. One that is killed takes the others' work with it, so each account is then tried alone. What they
    remember of texts grows with the accounts that they have seen, so others take their place now and then.
    """

    def __init__(self, processes: int) -> None:
        self._processes = max(processes, 1)
        self._lock, self._alone = threading.Lock(), threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._given = 0
        self._leaving: list[BaseProcess] = []
        self._closing: list[threading.Thread] = []
        self._stopped = False

    def judge(self, gathered: PackedFacts, orders: Orders) -> Done | FailedAudit:
        pool, future = self._submitted(gathered, orders)
        try:
            return future.result()
        except BrokenProcessPool:
            self._drop(pool)
        with self._alone, _processes(1) as single:
            try:
                return self._submitted_alone(single, gathered, orders).result()
            except BrokenProcessPool:
                reason = f"the process that audited it was killed twice ({_MEMORY}); audit it on a larger machine"
                return FailedAudit(gathered.target, reason)

    def stop(self) -> None:
        """End the processes, whatever they are at, and wait for that: a pool that is still closing when the
        interpreter ends writes to a pipe that is closed by then.
        """
        with self._lock:
            self._stopped = True
            self._retire(cancel=True)
        for process in self._leaving:
            process.terminate()
        for closing in self._closing:
            closing.join()
        with self._alone:
            pass

    def _submitted(
        self, gathered: PackedFacts, orders: Orders
    ) -> tuple[ProcessPoolExecutor, Future[Done | FailedAudit]]:
        with self._lock:
            if self._stopped:
                raise UsageError("the audit was stopped")
            if self._given >= _MOST_EACH * self._processes:
                self._retire(cancel=False)
            if self._pool is not None:
                self._given += 1
                with suppress(BrokenProcessPool):  # by another's account, whose thread is yet to drop it
                    return self._pool, self._pool.submit(judge, gathered, orders)
                self._retire(cancel=True)
            self._pool, self._given = _processes(self._processes), 1
            return self._pool, self._pool.submit(judge, gathered, orders)

    def _submitted_alone(
        self, single: ProcessPoolExecutor, gathered: PackedFacts, orders: Orders
    ) -> Future[Done | FailedAudit]:
        with self._lock:
            if self._stopped:
                raise UsageError("the audit was stopped")
            future = single.submit(judge, gathered, orders)
            self._leaving += (single._processes or {}).values()
            return future

    def _retire(self, *, cancel: bool) -> None:
        """Let the processes end after what they have been given."""
        pool, self._pool = self._pool, None
        if pool is not None:
            self._leaving = [each for each in self._leaving if each.is_alive()]
            self._leaving += (pool._processes or {}).values()
            self._closing = [each for each in self._closing if each.is_alive()]
            self._closing.append(threading.Thread(target=pool.shutdown, kwargs={"cancel_futures": cancel}, daemon=True))
            self._closing[-1].start()

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is pool:
                self._retire(cancel=True)


def _processes(count: int) -> ProcessPoolExecutor:
    # A fork of a process with threads may hang: https://docs.python.org/3/library/multiprocessing.html
    ways = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in ways else "spawn")
    return ProcessPoolExecutor(count, mp_context=context, initializer=_begin)


def _begin() -> None:
    import gc

    serve_parent()
    gc.set_threshold(100_000)
