"""What the caller of a plan must be allowed: the same actions on the same resources that PRE110 and PRE122 ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from preflight.account.facts import Absent, Account, Unknown
from preflight.account.overlays.planned import deployed
from preflight.account.sessions import Session
from preflight.declared.operations import Permission, Target
from preflight.documents.plans.plan import Plan
from preflight.documents.plans.planned_request import require_readable
from preflight.readiness.call_site import calling, placed, settled
from preflight.readiness.check import steps_of
from preflight.readiness.derived.accounts import ResourceStep, accounted, step_without_request
from preflight.readiness.derived.decisions import arns_of, need_of
from preflight.readiness.derived.deployment import deployments
from preflight.readiness.least_privilege.narrowing import ConditionBlock, exactly, narrowed
from preflight.readiness.permissions.authorization import NeededPermission, needs, required
from preflight.readiness.references import Reference, references
from preflight.readiness.step import Step
from preflight.unresolved import DeployText, resolution


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one resource, as a policy grants it.

    `resource` is a pattern: characters that policies take for more than themselves are escaped where they are not
    meant so. `purpose` says what it is for, in two parts that make a name: `PassRoleFor` and `CreateModel`.
    """

    action: str
    resource: str
    condition: ConditionBlock
    purpose: tuple[str, str]


@dataclass(frozen=True, slots=True)
class PlannedNeed:
    """A need of one of the plan's calls, with the grant that meets it and no more."""

    step: Step
    need: NeededPermission
    grant: Grant


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that may be needed and that nobody knows: what, why not, and what would settle it."""

    message: str
    resolution: str


@dataclass(frozen=True, slots=True)
class Needed:
    """What a plan needs, and what of it is not known."""

    steps: tuple[Step, ...]
    needs: tuple[PlannedNeed, ...]
    doubts: tuple[Doubt, ...]


def needed_by(plan: Plan, account: Account, session: Session | None = None, service_role: str | None = None) -> Needed:
    """Return what the caller of a plan needs, by the operations' declarations and what is known of the account.

    `session` is what is known of the session that makes the calls. With a `service_role`, CloudFormation makes the
    resources as that role, and the caller only deploys the stack. Raises `InputError` where a request
    cannot be read by its operation's shape and where plan and account are not of the same AWS account, `UsageError`
    where the region or the account cannot be told.
    """
    place = settled(plan, account)
    plan = placed(plan, place)
    require_readable(plan)
    facts = deployed(account, plan, place.region)
    service_role = service_role if plan.stacks else None
    steps = tuple(steps_of(plan, facts, place, plan.principal or calling(account), session))
    found: dict[tuple[str, str, ConditionBlock, tuple[str, str]], PlannedNeed] = {}
    doubts = {Doubt(gap.message, gap.resolution): None for gap in plan.gaps}
    for step in steps if service_role is None else ():
        for permission in required(step):
            for target in permission.on:
                for each in needs(step, permission, target):
                    if isinstance(each, NeededPermission):
                        grant = _grant(step, each)
                        doubts |= dict.fromkeys(_open_name(each))
                        found.setdefault((grant.action, grant.resource, grant.condition, grant.purpose),
                                         PlannedNeed(step, each, grant))  # fmt: skip
                    else:
                        doubts[_doubt(step, permission, each)] = None
                doubts |= dict.fromkeys(_missing(step, permission, target))
    first = (
        steps[0]
        if steps
        else step_without_request(plan, facts, place, plan.principal or calling(account), session or Session())
    )
    derived_of = [] if service_role is not None else [accounted(each, first) for each in plan.resources]
    caller = step_without_request(plan, facts, place, first.principal, session or Session())
    for stack in deployments(plan, caller, service_role):
        ways = (*stack.ways[:1], *stack.beside) if stack.asked else ()
        derived_of += [each for each in ways if each.step.principal == first.principal]
    for each_of in derived_of:
        for derived, doubt in _derived(each_of):
            if doubt is not None:
                doubts[doubt] = None
            if derived is not None:
                grant = derived.grant
                found.setdefault((grant.action, grant.resource, grant.condition, grant.purpose), derived)
    return Needed(steps, tuple(found.values()), tuple(doubts))


def _derived(each: ResourceStep) -> Iterator[tuple[PlannedNeed | None, Doubt | None]]:
    """Give what a resource needs and may need, so that a check by the policy passes; of a call only what it needs, for
    what it may need besides depends on what the account has.
    """
    if each.needs is None:
        remedy = f"Review it yourself, and add what it needs ({each.resource.type})"
        yield None, Doubt(f"{each.resource.name} isn't accounted for: {each.why}", remedy)
    parts = re.split("[:_]+", each.resource.type.removeprefix("AWS::"))
    words = "".join(part[:1].upper() + part[1:] for part in (parts[1:] if each.resource.handler == "call" else parts))
    for need in each.needs or ():
        if need.certainty == "not-needed":
            continue
        if need.certainty == "maybe" and each.resource.handler == "call":
            yield None, Doubt(f"{each.resource.type} may need {need.action} too: {need.because}", "Add it if so")
            continue
        for arn in arns_of(each, need):
            step, asked = need_of(each, need, arn)
            purpose = ("", words)
            condition = () if need.by == "rule" else narrowed(step, _without_region(asked))
            yield (
                PlannedNeed(step, asked, Grant(need.action, "*" if arn == "*" else exactly(arn), condition, purpose)),
                None,
            )


def _without_region(need: NeededPermission) -> NeededPermission:
    """Return a need without the region as a condition: the ARNs have it."""
    context = {name: how for name, how in need.permission.context.items() if name != "aws:RequestedRegion"}
    return replace(need, permission=replace(need.permission, context=context))


def _grant(step: Step, need: NeededPermission) -> Grant:
    action = need.permission.action
    resource = "*" if need.resource == "*" else exactly(need.resource)
    what, operation = _name(action), _name(step.operation.id)
    purpose = ("" if what == operation else f"{what}For", operation)
    return Grant(action, resource, narrowed(step, need), purpose)


def _open_name(need: NeededPermission) -> Iterator[Doubt]:
    """Tell of a name that somebody could give: until then the grant is for every name that it may be."""
    if (unknown := DeployText.partial(need.resource)) and not unknown.is_only_made_up:
        labels = unknown.labels
        message = f"{need.permission.action} is granted on every value that {unknown.shown} can have"
        said = resolution(labels)
        yield Doubt(f"{message}, which depends on {', '.join(labels)}", f"{said[0].upper()}{said[1:]}")


def _name(action: str) -> str:
    return action.partition(":")[2]


def _missing(step: Step, permission: Permission, target: Target) -> Iterator[Doubt]:
    """Tell of what a permission depends on where it does not exist: then nobody knows what it will name."""
    if target.within is None:
        return
    for reference in references(step):
        if reference.kind == target.within and isinstance(reference.fact, Absent):
            yield _doubt(step, permission, reference)


def _doubt(step: Step, permission: Permission, reference: Reference) -> Doubt:
    fact = reference.fact
    reason, way = (fact.reason, fact.resolution) if isinstance(fact, Unknown) else ("it does not exist", "")
    way = way or f"put the request that creates {reference.label} into the plan"
    return Doubt(
        DeployText(
            f"whether {step.operation.id} needs {permission.action} depends on {reference.label}: {reason}"
        ).shown,
        DeployText(way[0].upper() + way[1:]).shown,
    )
