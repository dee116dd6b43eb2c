"""An account of which nothing is known but its number: what a plan needs can mostly be told from the plan itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from preflight.account.facts import Ask, Fact, Known, Unknown
from preflight.declared.expressions import arn_part
from preflight.declared.partitions import partition_of
from preflight.documents.plans.plan import Plan
from preflight.errors import UsageError

_SETTLE = "give facts with --snapshot FILE or --live"


class NoFacts:
    """An `Account` that answers nothing: every fact is unknown."""

    def __init__(self, plan: Plan) -> None:
        """Take the account and the region of a plan. Raises `UsageError` where it does not say them."""
        account = plan.account or arn_part(plan.principal, "account")
        for name, said in (("account", account), ("region", plan.region)):
            if said is None:
                raise UsageError(f"the {name} is not known: the plan names none; give --{name}, --snapshot or --live")
        self._account = str(account)
        self._region = str(plan.region)
        self._partition = partition_of(self._region)

    @property
    def partition(self) -> str:
        """The partition of the plan's region."""
        return self._partition

    @property
    def source(self) -> str:
        """What messages call it."""
        return "the plan alone"

    @property
    def waits(self) -> bool:
        """False: nothing is asked."""
        return False

    def home_region(self) -> Fact[str]:
        """Return the plan's region."""
        return Known(self._region)

    def account_id(self) -> Fact[str]:
        """Return the account that the plan is for."""
        return Known(self._account)

    def caller(self) -> Fact[str]:
        """Return unknown: nobody's credentials are in use."""
        return Unknown("the caller was not given", "name the role or user with --principal ARN")

    def read(self, ask: Ask) -> Fact[Any]:  # noqa: ARG002
        """Answer that it is not known."""
        return Unknown("the plan does not describe it, and no facts were given", _SETTLE, asked=False)

    def read_many(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        """Answer that none of it is known."""
        return [self.read(ask) for ask in asks]
