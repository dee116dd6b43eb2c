"""An account that is not asked for what nobody can name yet: names of which only the shape is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from preflight.account.facts import Ask, Fact, Unknown
from preflight.account.overlays.overlay import Over
from preflight.unresolved import DeployText, resolution


class Unsettled(Over):
    """An `Account` laid over another, which answers that a resource whose name is not wholly known is not known."""

    def read_many(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        """Answer several questions in order; those about names that are not wholly known are not asked below."""
        given = [_unknown(ask) for ask in asks]
        below = iter(self._below.read_many([ask for ask, fact in zip(asks, given, strict=True) if fact is None]))
        return [next(below) if fact is None else fact for fact in given]


def _unknown(ask: Ask) -> Unknown | None:
    labels = [label for _, value in ask.key for label in DeployText(value).labels]
    return Unknown(f"it depends on {', '.join(dict.fromkeys(labels))}", resolution(labels)) if labels else None
