"""What every readiness check is given: one request of a plan, its declared operation, and the facts at that moment."""

from __future__ import annotations

from dataclasses import dataclass

from preflight.account.facts import Account
from preflight.documents.plan import Plan, PlannedRequest
from preflight.engine.operation import Operation


@dataclass(frozen=True, slots=True)
class Step:
    """One planned request.

    `account` answers as the account will be when the request is made: what earlier requests create exists. `region`,
    `account_id` and `partition` are settled; `principal` is the IAM ARN that will make the call, None if nobody said
    and the facts do not tell.
    """

    plan: Plan
    request: PlannedRequest
    operation: Operation
    account: Account
    region: str
    account_id: str
    partition: str
    principal: str | None
