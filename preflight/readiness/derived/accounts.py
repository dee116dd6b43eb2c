"""Each resource and call of a plan with what it needs, and how far that is all that can be said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

from preflight.account.facts import Account
from preflight.account.sessions import Session
from preflight.declared.operations import Operation, load_operation
from preflight.documents.plans.plan import Plan, PlannedRequest, PlannedResource
from preflight.documents.text.document import Document
from preflight.engine.plan_coverage import PlanCoverage, TypeCoverage
from preflight.engine.result import Location
from preflight.readiness.call_site import Settled
from preflight.readiness.derived import calls, cloud_control, cloudformation, terraform
from preflight.readiness.derived.arns import words
from preflight.readiness.derived.need import DerivedNeed
from preflight.readiness.step import Step

CoverageLevel: TypeAlias = Literal["full", "permissions", "other", "not_checked"]
_LEVELS: tuple[str, ...] = ("not_checked", "permissions", "full", "other")


@dataclass(frozen=True, slots=True)
class ResourceStep:
    """One resource or call, what it needs (None where nothing is known of its type), and what is judged with: `step`
    has the account and the caller. `level` is how far it is checked, `why` no further; `accepted` says that
    it may go unchecked.
    """

    resource: PlannedResource
    needs: tuple[DerivedNeed, ...] | None
    level: CoverageLevel
    why: str
    accepted: bool
    step: Step = field(compare=False, repr=False)

    @property
    def location(self) -> Location:
        """Where the resource stands in what the user gave."""
        return Location(self.resource.document.path, self.resource.pointer)

    @property
    def thing(self) -> frozenset[str]:
        """The words of the type's name, without its service."""
        type_ = self.resource.type
        if "::" in type_:
            return frozenset(words(type_.split("::")[-1]))
        if ":" in type_:
            return frozenset(words(type_.partition(":")[2])[1:])
        return frozenset(words(type_)[1:])

    def asking(self, prefix: str) -> Step:
        """Return the step as which a permission of a service is asked for."""
        # Calls of the deploy are all made in the same session; of a call of the user's own only the first service's.
        if prefix == "iam" or self.resource.handler not in ("call", "deploy"):
            return _with(self.step, prefix, self.resource)
        called = "cloudformation" if self.resource.handler == "deploy" else self.resource.type.partition(":")[0]
        service = calls.prefix(called)
        return _with(self.step, service, self.resource)


def _with(step: Step, service: str, resource: PlannedResource) -> Step:
    tags = resource_tags(resource)
    request = PlannedRequest(
        f"{service}:{resource.type}",
        {} if tags is None else {"RequestTags": tags},
        resource.document,
        resource.pointer,
        resource.name,
        resource.through,
        resource.depends_on,
    )
    return Step(
        plan=step.plan,
        request=request,
        operation=Operation(f"{service}:derived", _NOTHING_DECLARED),
        account=step.account,
        region=step.region,
        account_id=step.account_id,
        partition=step.partition,
        principal=step.principal,
        session=step.session,
        memo=step.memo,
    )


# A call of which nothing is declared makes no resource of a declared kind: it is taken as one that deletes, so that
# what it names is not looked for.
_NOTHING_DECLARED = {
    "resource": "iam:role",
    "effect": "delete",
    "authorize": (),
    "service-principal": "cloudformation.amazonaws.com",
    "call": {"service": "cloudformation", "method": ""},
}


def step_without_request(plan: Plan, account: Account, place: Settled, principal: str | None, session: Session) -> Step:
    """Return what the resources of a plan are judged with that makes no declared call."""
    document = (
        plan.resources[0].document if plan.resources else plan.gaps[0].document if plan.gaps else Document("", {}, "")
    )
    return Step(
        plan=plan,
        request=PlannedRequest("cloudformation:CreateStack", {}, document),
        operation=Operation("cloudformation:derived", _NOTHING_DECLARED),
        account=account,
        region=place.region,
        account_id=place.account,
        partition=place.partition,
        principal=principal,
        session=session or Session(),
    )


def accounted(resource: PlannedResource, step: Step, accepted: Iterable[str] = ()) -> ResourceStep:
    """Return a resource with what is derived of it. `accepted` are patterns of the types that may go unchecked."""
    if resource.region:
        step = replace(step, region=resource.region)
    if resource.handler == "none":
        return ResourceStep(resource, (), "other", "", False, step)  # noqa: FBT003 -- each by its field
    if resource.handler == "call":
        needs, why = cloud_control.needs_of_resource_call(resource)
    elif "::" in resource.type:
        needs, why = cloudformation.needs_of(resource)
    else:
        needs, why = terraform.needs_of(resource)
    if needs is not None and resource.request:
        made_by = step.memo.once(_operations, lambda: _operations(step.plan))
        declared = _declared(made_by.get(resource.request, ()))
        needs = tuple(each for each in needs if each.action not in declared)
    level: CoverageLevel = "full" if resource.request else "permissions" if needs is not None else "not_checked"
    taken = level == "not_checked" and any(fnmatchcase(resource.type, pattern) for pattern in accepted)
    return ResourceStep(resource, needs, level, why, taken, step)


def _operations(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return the operations of a plan's requests by what they make."""
    found: dict[str, tuple[str, ...]] = {}
    for request in plan.requests:
        found[request.name] = (*found.get(request.name, ()), request.operation)
    return found


def _declared(operations: Iterable[str]) -> set[str]:
    """Return the actions that the declarations of the operations that make a resource speak of: they win."""
    return {permission.action for operation in operations for permission in load_operation(operation).permissions()}


def resource_tags(resource: PlannedResource) -> dict[str, str] | None:
    """Return the tags that a resource is made with, the stack's among them; None where they are not wholly known."""
    if resource.tags is None:
        return None
    found = dict(resource.tags)
    for name in ("Tags", "tags", "tags_all", "TagSet"):
        given = resource.properties.get(name)
        if isinstance(given, dict):
            found |= {str(key): str(value) for key, value in given.items() if value is not None}
        elif isinstance(given, list):
            for tag in given:
                if not isinstance(tag, dict):
                    return None
                lowered = {str(key).lower(): value for key, value in tag.items()}
                if "key" not in lowered:
                    return None
                found[str(lowered["key"])] = str(lowered.get("value", ""))
        elif given is not None:
            return None
    return found


def coverage_of(steps: Iterable[ResourceStep], requests: Mapping[str, int]) -> PlanCoverage:
    """Return how far resources and calls are checked. `requests` are those that are no resource's, how many by
    operation: a declared operation is checked in full.
    """
    count: dict[str, int] = dict.fromkeys(_LEVELS, 0)
    by_type: dict[str, TypeCoverage] = {}
    taken = 0
    for each in steps:
        count[each.level] += 1
        taken += each.accepted
        before = by_type.get(each.resource.type)
        level, why = str(each.level), each.why
        if before is not None and _LEVELS.index(before.level) < _LEVELS.index(level):
            level, why = before.level, before.why
        by_type[each.resource.type] = TypeCoverage(1 + (before.resources if before else 0), level, why)
    for operation, number in requests.items():
        count["full"] += number
        by_type[operation] = TypeCoverage(number, "full")
    return PlanCoverage(
        count["full"], count["permissions"], count["other"], count["not_checked"], dict(sorted(by_type.items())), taken
    )
