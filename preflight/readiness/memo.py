"""Work that several checks of one request need is done once, though the checks run in different threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")


class Memo:
    """Values by name, each made by the first who asks; those who ask meanwhile wait for it."""

    __slots__ = ("_lock", "_made")

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: dict[Any, Future[Any]] = {}

    def once(self, name: Any, make: Callable[[], T]) -> T:
        """Return the value of this name, made at most once. What `make` raises is raised to everyone who asks."""
        with self._lock:
            future = self._made.get(name)
            mine = future is None
            if future is None:
                future = self._made[name] = Future()
        if mine:
            try:
                future.set_result(make())
            except BaseException as error:
                future.set_exception(error)
                raise
        value: T = future.result()
        return value
