"""Amounts that are not known exactly, with the doubts that they depend on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Why an amount is a range, and what would settle it."""

    reason: str
    resolution: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """From `low` to `high`, None being without bound."""

    low: int = 0
    high: int | None = 0
    doubts: tuple[Uncertainty, ...] = ()

    def __add__(self, other: Amount) -> Amount:
        high = None if self.high is None or other.high is None else self.high + other.high
        return Amount(self.low + other.low, high, tuple(dict.fromkeys((*self.doubts, *other.doubts))))

    def beyond(self, other: Amount) -> Amount:
        """Return by how much this is more than `other`, never less than nothing."""
        low = 0 if other.high is None else max(0, self.low - other.high)
        high = None if self.high is None else max(0, self.high - other.low)
        return Amount(low, high, tuple(dict.fromkeys((*self.doubts, *other.doubts))))

    def __str__(self) -> str:
        if self.high == self.low:
            return str(self.low)
        return f"at least {self.low}" if self.high is None else f"{self.low} to {self.high}"


NOTHING = Amount()


@dataclass(frozen=True, slots=True)
class Draw:
    """What one part draws of a measure. `types` are the types it may be of, `shares` how much is known to be of which.

    No types at all means that the type is not known, and `untyped` says why. `most` is how far the part may grow, where
    something makes it grow.
    """

    amount: Amount
    types: tuple[str, ...] = ()
    shares: tuple[tuple[str, int], ...] = ()
    most: int | None = None
    where: str = ""
    untyped: Uncertainty | None = None

    @property
    def why_untyped(self) -> Uncertainty:
        """Why the type is not known, where there are none."""
        return self.untyped or Uncertainty(f"the type of {self.where} is not known")

    def of(self, kind: str | None) -> Amount:
        """Return what is drawn of one type, or of all together."""
        if kind is None or self.types == (kind,):
            return self.amount
        if self.types and kind not in self.types:
            return NOTHING
        if self.amount.high == 0:
            return NOTHING
        if not self.types:
            return Amount(0, self.amount.high, (*self.amount.doubts, self.why_untyped))
        doubt = Uncertainty(f"{self.where} takes its instances from several pools: {', '.join(self.types)}")
        return Amount(dict(self.shares).get(kind, 0), self.amount.high, (*self.amount.doubts, doubt))


def types_of(draws: Iterable[Draw]) -> list[str]:
    """Return the types that may be drawn, in order of appearance."""
    return list(dict.fromkeys(each for draw in draws if draw.amount.high != 0 for each in draw.types))


def batch_of(amount: Amount, size: Mapping[str, Any]) -> Amount:
    """Return how much of an amount one batch of this CapacitySize is (botocore's shape)."""

    def portion(count: int) -> int:
        if "Value" not in size:
            return count
        if size.get("Type") == "CAPACITY_PERCENT":
            return ceil(count * int(size["Value"]) / 100)
        return min(count, int(size["Value"]))

    return Amount(portion(amount.low), None if amount.high is None else portion(amount.high), amount.doubts)


def perhaps(amount: Amount, doubt: Uncertainty) -> Amount:
    """Return an amount of which it is not known whether it counts at all."""
    return amount if amount.high == 0 else Amount(0, amount.high, (*amount.doubts, doubt))
