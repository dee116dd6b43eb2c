"""What AWS's pages leave open: each such thing is a question, and every answer is gone through."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

T = TypeVar("T")


class Doubts:
    """Answers to the questions that come up while a case is decided: those chosen so far, and no to a new one."""

    def __init__(self, chosen: dict[Hashable, bool]) -> None:
        self.chosen = chosen
        self.new: list[Hashable] = []

    def perhaps(self, question: Hashable) -> bool:
        """Return this run's answer."""
        if question not in self.chosen:
            self.chosen[question] = False
            self.new.append(question)
        return self.chosen[question]


def every_way(decide: Callable[[Doubts], T]) -> tuple[set[T], set[Hashable]]:
    """Return the decisions over all answers to all questions, and the questions."""
    found: set[T] = set()
    asked: set[Hashable] = set()
    waiting: list[dict[Hashable, bool]] = [{}]
    while waiting:
        doubts = Doubts(waiting.pop())
        found.add(decide(doubts))
        asked |= doubts.chosen.keys()
        known = {question: answer for question, answer in doubts.chosen.items() if question not in doubts.new}
        for question in doubts.new:
            waiting.append({**known, question: True})
            known[question] = False
    return found, asked
