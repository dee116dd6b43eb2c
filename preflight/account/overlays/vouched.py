"""What the user knows of an account and AWS has no call to show, laid over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from preflight.account.facts import Account, Ask, Fact, Known
from preflight.account.overlays.overlay import Over

_STS = "sts:regional-endpoint"


def with_sts_active(account: Account, regions: Sequence[str]) -> Account:
    """Return the account as one in which STS is known to be active in these regions."""
    return _StsActive(account, regions) if regions else account


class _StsActive(Over):
    def __init__(self, account: Account, regions: Sequence[str]) -> None:
        super().__init__(account)
        self._regions = frozenset(regions)

    def read_many(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        """Answer for these regions without asking the account."""
        given = [self._given(ask) for ask in asks]
        below = iter(self._below.read_many([ask for ask, fact in zip(asks, given, strict=True) if fact is None]))
        return [fact or next(below) for fact in given]

    def _given(self, ask: Ask) -> Known[Any] | None:
        region = dict(ask.key).get("RegionName") if ask.kind == _STS else None
        return Known({"RegionName": region, "active": True}) if region in self._regions else None
