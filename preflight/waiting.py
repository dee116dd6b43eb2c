"""Waiting that Ctrl-C ends.

Python acts on a signal in the main thread, between two steps of it. A signal that comes as the thread is about to
wait, or that the system hands to another thread, wakes nothing up: the wait would last until AWS answers. So nothing
here waits for long without looking up (https://docs.python.org/3/library/signal.html#execution-of-python-signal-handlers).
"""

from __future__ import annotations

from concurrent.futures import Future, wait
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeVar

T = TypeVar("T")
_LOOKS_UP = 0.5


def result_of(future: Future[T]) -> T:
    """Wait for a future; what it raises is raised."""
    while not future.done():
        wait([future], timeout=_LOOKS_UP)
    return future.result()


def next_of(queue: SimpleQueue[T]) -> T:
    """Wait for what a queue gives next."""
    while True:
        with suppress(Empty):
            return queue.get(timeout=_LOOKS_UP)
