"""What a plan needs of its execution roles: the same actions on the same resources that PRE121 asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from preflight import catalog
from preflight.account.facts import Unknown
from preflight.declared.resource_kinds import load_kind
from preflight.readiness.least_privilege.grants import Doubt, Grant
from preflight.readiness.least_privilege.narrowing import ConditionBlock
from preflight.readiness.permissions.role_needs import RoleNeed, role_needs
from preflight.readiness.references import Reference, references
from preflight.readiness.step import Step
from preflight.unresolved import DeployText


@dataclass(frozen=True, slots=True)
class RoleNeeds:
    """What a plan needs of one execution role: whom it has to trust, what it needs, and what of that is not known."""

    role: str
    service: str
    grants: tuple[Grant, ...]
    doubts: tuple[Doubt, ...]


def needed_of_roles(steps: Sequence[Step]) -> tuple[RoleNeeds, ...]:
    """Return what the calls of a plan need of each execution role that they use, in the order of the plan.

    What the service may do without (`doubt` of a need) is granted too: a check by these policies passes.
    """
    services: dict[str, str] = {}
    grants: dict[str, dict[Grant, None]] = {}
    doubts: dict[str, dict[Doubt, None]] = {}
    for step in steps:
        for role in (each.name for each in references(step) if each.rule == "PRE120" and each.kind == "iam:role"):
            services.setdefault(role, step.operation.service_principal or "")
            unread = [_doubt(role, each) for each in references(step) if _may_need(each)]
            doubts.setdefault(role, {}).update(dict.fromkeys(unread))
        for need in role_needs(step):
            services.setdefault(need.role, step.operation.service_principal or "")
            if need.alias:
                doubts.setdefault(need.role, {})[_of_alias(need)] = None
                continue
            for grant in _grants(need):
                grants.setdefault(need.role, {})[grant] = None
    return tuple(
        RoleNeeds(role, service, tuple(grants.get(role, ())), tuple(doubts.get(role, ())))
        for role, service in services.items()
    )


def _grants(need: RoleNeed) -> Iterator[Grant]:
    # A star in the resource of a need stands for more, unlike one in a caller's.
    resource = "*".join(part.replace("${", "${$}{") for part in DeployText(need.resource).known_parts)
    words = "".join(word[:1].upper() + word[1:] for word in need.to.replace("'s", "").replace("/", " ").split())
    for action in need.actions:
        yield Grant(action, resource, _condition(need), ("", words))


def _condition(need: RoleNeed) -> ConditionBlock:
    """Return the flags that the service always sets; other keys are what a policy may be narrowed by."""
    flags = [
        key
        for key, value in need.context.items()
        if value == "'true'" and (known := catalog.condition_key(key)) is not None and known.type == "Bool"
    ]
    return (("Bool", tuple((key, ("true",)) for key in sorted(flags))),) if flags else ()


def _may_need(reference: Reference) -> bool:
    kind = load_kind(reference.kind)
    leads = kind.section("role-needs") is not None or "execution-role" in kind.declared
    return leads and isinstance(reference.fact, Unknown)


def _doubt(role: str, reference: Reference) -> Doubt:
    fact: Any = reference.fact
    message = f"what {role} needs depends on {reference.label} ({reference.via}): {fact.reason}"
    return Doubt(DeployText(message).shown, DeployText(fact.remedy.rstrip(".")).shown)


def _of_alias(need: RoleNeed) -> Doubt:
    actions = " and ".join(need.actions)
    message = f"{need.role} needs {actions} on the key of the alias {need.resource}, to {need.to}"
    return Doubt(DeployText(message).shown, "Name the key by its ARN, or give facts with --snapshot FILE or --live")
