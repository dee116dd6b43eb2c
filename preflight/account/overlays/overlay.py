"""An account that is laid over another: what every such account has in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from preflight.account.facts import Account, Ask, Fact


class Over:
    """An `Account` that answers as the one below it does. A subclass answers some questions itself, in `read_many`."""

    def __init__(self, below: Account) -> None:
        """Take the account that answers everything else."""
        self._below = below

    @property
    def partition(self) -> str:
        """The partition of the account below."""
        return self._below.partition

    @property
    def source(self) -> str:
        """Where the facts below come from."""
        return self._below.source

    @property
    def waits(self) -> bool:
        """Whether a read below costs waiting."""
        return self._below.waits

    def home_region(self) -> Fact[str]:
        """Return the region below."""
        return self._below.home_region()

    def account_id(self) -> Fact[str]:
        """Return the account below."""
        return self._below.account_id()

    def caller(self) -> Fact[str]:
        """Return whose credentials are in use below."""
        return self._below.caller()

    def read(self, ask: Ask) -> Fact[Any]:
        """Answer one question."""
        return self.read_many([ask])[0]

    def read_many(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        """Answer several questions in order."""
        return self._below.read_many(asks)
