"""Where and as whom a plan's calls are made: what the plan says, completed and held against what the account is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from preflight.account.facts import Account, Ask, Known, Unknown
from preflight.account.principals import identity_of
from preflight.account.snapshots.snapshot import require_account
from preflight.declared.expressions import arn_part
from preflight.documents.plans.consistency import require_consistent
from preflight.documents.plans.plan import Plan
from preflight.errors import InputError, UsageError


@dataclass(frozen=True, slots=True)
class Settled:
    """The region, account and partition of a plan's calls."""

    region: str
    account: str
    partition: str


def settled(plan: Plan, account: Account) -> Settled:
    """Return where the plan's calls are made, by the plan and by the account that it is checked against.

    Raises `InputError` where the facts are of another account or partition than the plan or its principal says, and
    `UsageError` where region or account cannot be told.
    """
    found = account.account_id()
    require_account(found, plan.account, source=account.source, said_by="the plan")
    of_principal = arn_part(plan.principal, "account")
    require_account(found, of_principal, source=account.source, said_by="the principal's ARN")
    partition = arn_part(plan.principal, "partition")
    if partition is not None and partition != account.partition:
        raise InputError(
            account.source,
            f"the account is in partition {account.partition}, but the principal is in {partition}",
            mend="use an account or snapshot of that partition, or another principal",
        )
    number = found.value if isinstance(found, Known) else plan.account or of_principal
    if number is None:
        reason = found.reason if isinstance(found, Unknown) else "it was not given"
        raise UsageError(f"can't determine the account: {reason}; give --account, or sign in again")
    return Settled(_region(plan, account), number, account.partition)


def placed(plan: Plan, place: Settled) -> Plan:
    """Return the plan as it is in its place, where what its documents say depends on that. Raises as reading them does,
    and `InputError` where a document names another place or principal.
    """
    if plan.placed is None:
        return plan
    again = plan.placed(place.region, place.account)
    found = replace(again, principal=plan.principal or again.principal, context=plan.context, placed=None)
    require_consistent(found)
    return found


def _region(plan: Plan, account: Account) -> str:
    if plan.region is not None:
        return plan.region
    home = account.home_region()
    if isinstance(home, Known):
        return home.value
    held = f", and {home.reason}" if isinstance(home, Unknown) else ""
    raise UsageError(f"the region is not known: the plan names none{held}; give --region")


def calling(account: Account) -> str | None:
    """Return the role or user whose credentials are in use: a session's role, with its path, where it may be read."""
    caller = account.caller()
    if not isinstance(caller, Known):
        return None
    kind, key = identity_of(caller.value) or ("", {})
    if kind == "session":
        role = account.read(Ask.one("iam:role", "", key))
        if isinstance(role, Known) and role.value.get("Arn"):
            return str(role.value["Arn"])
    return caller.value
