"""An account that remembers what it was asked, and what it answered: the matter of a snapshot."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from preflight.account.facts import Account, Ask, Fact
from preflight.account.overlays.overlay import Over

AnswerSink = Callable[[Ask, Fact[Any]], None]


class Recorder(Over):
    """An `Account` over another. `answers` are what is known already, as from a run that was interrupted; what is not
    is asked below and told to `told`.
    """

    def __init__(self, below: Account, answers: Mapping[Ask, Fact[Any]], told: AnswerSink) -> None:
        super().__init__(below)
        self._told = told
        self._lock = threading.Lock()
        self.answers: dict[Ask, Fact[Any]] = {_plain(ask): fact for ask, fact in answers.items()}

    def read_many(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        """Answer several questions in order; each is asked below once."""
        new = list(dict.fromkeys(ask for ask in map(_plain, asks) if ask not in self.answers))
        for ask, fact in zip(new, self._below.read_many(new), strict=True):
            with self._lock:
                if ask in self.answers:
                    continue
                self.answers[ask] = fact
            self._told(ask, fact)
        return [self.answers[_plain(ask)] for ask in asks]


def _plain(ask: Ask) -> Ask:
    """Return a question without what it expects: nobody waits here for what is not there yet."""
    return Ask(ask.kind, ask.region, ask.key) if ask.expected else ask
