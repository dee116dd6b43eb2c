"""Threads that wait for AWS. They never wait for each other, and never keep the process from ending."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue


class Pool:
    """Runs work on up to `size` daemon threads, each started when there is work and no idle one to take it.

    Not `ThreadPoolExecutor`: the interpreter waits for that one's threads at its end, so Ctrl-C would hang for as long
    as AWS takes to answer.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = 0

    def submit(self, work: Callable[[], None]) -> None:
        """Queue work, which must deal with its own errors."""
        with self._lock:
            if self._idle:
                self._idle -= 1
            elif self._threads < self._size:
                self._threads += 1
                threading.Thread(target=self._run, daemon=True, name=f"preflight-io-{self._threads}").start()
        self._work.put(work)

    def close(self) -> None:
        """Let every thread end after the work it is on."""
        with self._lock:
            threads, self._threads = self._threads, 0
        for _ in range(threads):
            self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            with self._lock:
                self._idle += 1
