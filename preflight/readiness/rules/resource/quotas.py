"""PRE506: do the resources that a plan makes stay within the quotas on how many there may be?"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.account.facts import Ask, Known
from preflight.declared.stack_names import CountQuota, Reservation, count_quota, reservation
from preflight.documents.plans.plan import Plan, PlannedResource
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.readiness.derived.accounts import ResourceStep
from preflight.readiness.derived.names import beneath

_QUOTA = "service-quotas:quota"
# Service Quotas has the quotas of global services in this region:
# https://docs.aws.amazon.com/servicequotas/latest/userguide/intro.html
_HOME = "us-east-1"


def count_within(each: ResourceStep, rule: Rule) -> Iterator[Result]:
    """Say of the first resource of a counted type whether all that the plan makes fit, where that is known."""
    if each.resource.handler != "create":
        return
    yield from _reserved_within(each, rule)
    quota = count_quota(each.resource.type)
    if quota is None:
        return
    same = each.step.memo.once(count_within, lambda: _counted(each.step.plan))[quota, each.resource.region]
    if each.resource is not same[0]:
        return
    certain = sum(1 for other in same if not other.depends_on)
    found = _known(each, quota)
    if found is None:
        return
    limit, there = found
    state = f"{quota.name} is {limit}; {there} exist, and the plan creates {len(same)}"
    kind, way = Kind.PASS, ""
    if there + certain > limit:
        kind = Kind.FAIL
        region = _HOME if quota.is_global else each.step.region
        way = f"{_increase(quota, there + certain, region)} Or delete what you no longer need."
    elif there + len(same) > limit:
        kind, way = Kind.OPEN, "Give the parameters that its conditions depend on."
        state = (
            f"Can't determine whether the plan stays within a quota, since conditions decide how many it makes: {state}"
        )
    yield rule.result(kind, state, subject=each.resource.name, location=each.location, remedy=way)


def _counted(plan: Plan) -> dict[tuple[CountQuota, str], list[PlannedResource]]:
    """Return the resources that a plan makes of which a quota limits the number, by quota and region."""
    found: dict[tuple[CountQuota, str], list[PlannedResource]] = {}
    for each in plan.resources:
        quota = count_quota(each.type) if each.handler == "create" else None
        if quota is not None:
            found.setdefault((quota, each.region), []).append(each)
    return found


def _increase(quota: CountQuota | Reservation, wanted: int, region: str) -> str:
    return (
        f"Request {wanted} or more: aws service-quotas request-service-quota-increase --service-code {quota.service} "
        f"--quota-code {quota.code} --desired-value {wanted} --region {region}."
    )


def _reserved_within(each: ResourceStep, rule: Rule) -> Iterator[Result]:
    """Say of the first resource that reserves of a limit whether all that the plan reserves is free, where that is
    known. https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    """
    reserved = reservation(each.resource.type)
    if reserved is None:
        return
    made = each.step.memo.once(_reserved, lambda: _reserved(each.step.plan))
    amounts = made.get((reserved.kind, each.resource.region))
    if amounts is None or amounts[0][0] is not each.resource:
        return
    (limits,) = beneath(each.step.account).read_many([Ask.all(reserved.kind, each.step.region)])
    limit = limits.value[0] if isinstance(limits, Known) and limits.value else {}
    free, whole = limit.get(reserved.free), limit.get(reserved.limit)
    if free is None or whole is None:
        return
    kept = min(reserved.kept, int(whole))
    left = max(int(free) - kept, 0)
    every = sum(amount for _, amount in amounts)
    certain = sum(amount for other, amount in amounts if not other.depends_on)
    state = f"the plan reserves {every} {reserved.name}, and {left} can be reserved: of {free}, {kept} must be left"
    kind, way = Kind.PASS, ""
    if certain > left:
        kind = Kind.FAIL
        way = f"Reserve less. Or: {_increase(reserved, int(whole) + certain - left, each.step.region)}"
    elif every > left:
        kind, way = Kind.OPEN, "Give the parameters that its conditions depend on."
        state = f"Can't determine whether the plan reserves too much, since conditions decide how much it is: {state}"
    yield rule.result(kind, state, subject=each.resource.name, location=each.location, remedy=way)


def _reserved(plan: Plan) -> dict[tuple[str, str], list[tuple[PlannedResource, int]]]:
    """Return the resources that a plan makes with what each reserves, by the kind of the limit and region."""
    found: dict[tuple[str, str], list[tuple[PlannedResource, int]]] = {}
    for each in plan.resources:
        reserved = reservation(each.type) if each.handler == "create" else None
        amount = None if reserved is None else _amount(each, reserved)
        if reserved is not None and amount is not None:
            found.setdefault((reserved.kind, each.region), []).append((each, amount))
    return found


def _amount(resource: PlannedResource, reserved: Reservation) -> int | None:
    """Return what a resource reserves, where that is a number; negative ones stand for nothing (Terraform's -1)."""
    given = resource.properties.get(reserved.property)
    known = str(given) if isinstance(given, (int, str)) and not isinstance(given, bool) else ""
    return int(known) if known.isdecimal() else None


def _known(each: ResourceStep, quota: CountQuota) -> tuple[int, int] | None:
    """Return a quota and how many there are; None where either is not known, or the quota is AWS's default."""
    region = _HOME if quota.is_global else each.step.region
    account = beneath(each.step.account)
    if quota.live and not account.waits:
        return None
    key = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    limit, there = account.read_many(
        [Ask.one(_QUOTA, region, key), Ask.all(quota.kind, "" if quota.is_global and not quota.live else region)]
    )
    if not isinstance(limit, Known) or not isinstance(there, Known) or limit.value.get("Default"):
        return None
    value = limit.value.get("Value")
    return None if value is None else (int(value), len(there.value))
