"""A call whose answer is waited for only so long: what it does afterwards is nobody's concern."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from preflight.account.live.errors import LATE, Failed

T = TypeVar("T")
TIME_IS_UP = Failed(LATE, "AWS did not answer within the time given by --timeout")


def within(seconds: float, work: Callable[[], T]) -> T | Failed:
    """Return what some work gives, or that it took longer. What the work raises is raised."""
    future: Future[T] = Future()

    def carry_out() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=carry_out, name="preflight-asking", daemon=True).start()
    wait([future], timeout=seconds)
    return future.result() if future.done() else TIME_IS_UP
