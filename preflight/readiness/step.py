"""What every readiness check is given: one request of a plan, its declared operation, and the facts at that moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from preflight.account.facts import Account
from preflight.account.overlays.planned import Planned, _Layer, _region
from preflight.account.sessions import Session
from preflight.declared.operations import Environment, Operation
from preflight.documents.plans.plan import Plan, PlannedRequest
from preflight.engine.result import Location
from preflight.readiness.memo import Memo


@dataclass(frozen=True, slots=True)
class Step:
    """One planned request.

    `account` answers as the account will be when the request is made: what earlier requests create exists. `region`,
    `account_id` and `partition` are settled; `principal` is the IAM ARN that will make the call, None if nobody said
    and the facts do not tell, `session` what was passed to its session. `memo` holds what several checks of the step
    need, made once.
    """

    plan: Plan
    request: PlannedRequest
    operation: Operation
    account: Account
    region: str
    account_id: str
    partition: str
    principal: str | None
    session: Session = field(default_factory=Session)
    memo: Memo = field(default_factory=Memo, compare=False, repr=False)

    @property
    def is_first(self) -> bool:
        """Whether this is the plan's first request: what is to be said once for a plan is said of it."""
        return not self.plan.requests or self.request is self.plan.requests[0]

    @property
    def place(self) -> Environment:
        """What expressions know beside the request's parameters: partition, region and account."""
        return Environment(self.partition, self.region, self.account_id)

    @property
    def location(self) -> Location:
        """Where the request stands in what the user gave."""
        return Location(self.request.document.path, self.request.pointer)

    @property
    def described(self) -> dict[str, Any]:
        """How AWS will describe the resource right after the call: its parameters, and what the operation declares."""
        return self.operation.described(self.request.parameters, self.place)


def after(step: Step) -> Account:
    """Return the account as it will be after a step's request; a request that names nothing changes nothing."""
    operation = step.operation
    key = operation.key(step.request.parameters)
    if key is None:
        return step.account
    region = _region(operation.kind, step.region)
    return Planned(step.account, _Layer(operation.kind, region, key, operation.effect, step.described))
