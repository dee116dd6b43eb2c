"""PRE506: do the resources that a plan makes stay within the quotas on how many there may be?"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.account.facts import Ask, Known
from preflight.declared.stack_names import CountQuota, count_quota
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
    quota = count_quota(each.resource.type)
    if quota is None or each.resource.handler != "create":
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
        way = (
            f"Request {there + certain} or more: aws service-quotas request-service-quota-increase --service-code "
            f"{quota.service} --quota-code {quota.code} --desired-value {there + certain} --region "
            f"{_HOME if quota.is_global else each.step.region}. Or delete what you no longer need."
        )
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


def _known(each: ResourceStep, quota: CountQuota) -> tuple[int, int] | None:
    """Return a quota and how many there are; None where either is not known, or the quota is AWS's default."""
    region = _HOME if quota.is_global else each.step.region
    account = beneath(each.step.account)
    key = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    limit, there = account.read_many(
        [Ask.one(_QUOTA, region, key), Ask.all(quota.kind, "" if quota.is_global else region)]
    )
    if not isinstance(limit, Known) or not isinstance(there, Known) or limit.value.get("Default"):
        return None
    value = limit.value.get("Value")
    return None if value is None else (int(value), len(there.value))
