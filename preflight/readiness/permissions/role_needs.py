"""What a plan's calls need to be allowed to the execution roles, as `rules/resources/` declares it (`role-needs`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preflight.account.facts import Ask, Known
from preflight.account.overlays.planned import planned_in
from preflight.declared.expressions import arn_part, evaluate, fill
from preflight.declared.operations import keys_in
from preflight.declared.resource_kinds import ResourceKind, load_kind
from preflight.engine.result import Level
from preflight.readiness.references import Reference, described_arn, references
from preflight.readiness.step import Step


@dataclass(frozen=True, slots=True)
class RoleNeed:
    """Actions that a role must be allowed on one resource, of a declared kind and key where it has them.

    `to` says what for; `about` is the described shape that says so, from which `context` is evaluated. `or_caller` says
    that the caller's permission serves as well, `doubt` why AWS may do without.
    """

    role: str
    actions: tuple[str, ...]
    resource: str
    kind: str
    key: Mapping[str, str]
    to: str
    level: Level | None
    context: Mapping[str, Any]
    about: Mapping[str, Any]
    doubt: str = ""
    or_caller: bool = False

    @property
    def alias(self) -> bool:
        """Whether the resource is an alias of which it is not known what it stands for: no policy can name it."""
        return self.kind == "kms:key" and (arn_part(self.resource, "resource") or "").startswith("alias/")


def role_needs(step: Step) -> Iterator[RoleNeed]:
    """Give what each role must be allowed: the request's own resource first, then everything it relies on."""
    if step.operation.effect == "delete":
        return
    known = [each for each in references(step) if isinstance(each.fact, Known) and isinstance(each.fact.value, Mapping)]
    own = step.described
    roles = _own_role(step.operation.kind, own) or {
        role for each in known if not each.parents for role in _below(each, known)
    }
    yield from _declared(step, step.operation.kind, own, roles)
    for each in known:
        if each.covered or each.planned or load_kind(each.kind).section("role-needs") is None:
            continue
        if not _follows(step, each):
            continue
        kind, value = load_kind(each.kind), _value(each)
        above = {role for parent in each.parents for role in _own_role(load_kind(parent.kind), _value(parent))}
        yield from _declared(step, kind, value, _below(each, known) or above or roles)


def trust_policy(service: str) -> dict[str, Any]:
    """Return the trust policy that lets a service assume a role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _follows(step: Step, reference: Reference) -> bool:
    """Say whether the request puts the resource to use, rather than changing it (`references` of the operation)."""
    own = step.operation
    return not (reference.kind == own.kind.id and own.key(step.request.parameters) == dict(reference.key))


def _value(reference: Reference) -> Mapping[str, Any]:
    fact = reference.fact
    return fact.value if isinstance(fact, Known) and isinstance(fact.value, Mapping) else {}


def _own_role(kind: ResourceKind, value: Mapping[str, Any]) -> set[str]:
    expression = kind.declared.get("execution-role")
    role = evaluate(expression, value) if expression else None
    return {role} if role else set()


def _below(reference: Reference, known: list[Reference]) -> set[str]:
    """Return the role that a resource names, else those of what it names."""
    own = _own_role(load_kind(reference.kind), _value(reference))
    if own:
        return own
    return {
        role for each in known if any(parent is reference for parent in each.parents) for role in _below(each, known)
    }


def _declared(step: Step, kind: ResourceKind, value: Mapping[str, Any], roles: set[str]) -> Iterator[RoleNeed]:
    values = step.place.values(value)
    for entry in kind.section("role-needs") or ():
        if "when" in entry and not evaluate(entry["when"], values):
            continue
        if "unless-planned" in entry and _is_planned(step, entry["unless-planned"], values):
            continue
        on = entry.get("kind", "*")
        keys = keys_in(entry["each"], values) if "each" in entry else [({}, {})]
        for key, said in keys:
            template = entry.get("resource")
            resource = fill(template, {**values, **key}) if template else _arn(step, on, key, said.get("Region"))
            for role in sorted(roles):
                if resource is not None:
                    level = Level(entry["level"]) if "level" in entry else None
                    context = entry.get("context", {})
                    doubt = entry.get("doubt", "")
                    actions = tuple(entry["actions"])
                    either = bool(entry.get("or-caller"))
                    yield RoleNeed(role, actions, resource, on, key, entry["to"], level, context, value, doubt, either)


def _is_planned(step: Step, declared: Mapping[str, str], values: Mapping[str, Any]) -> bool:
    """Say whether the plan itself makes what an action is needed to make."""
    key = evaluate(declared["key"], values)
    return planned_in(step.account, Ask.one(declared["kind"], step.region, key))


def _arn(step: Step, kind_id: str, key: Mapping[str, str], region: str | None) -> str | None:
    kind = load_kind(kind_id)
    for each in references(step):
        if each.kind == kind_id and dict(each.key) == dict(key) and (found := described_arn(kind, each.fact)):
            return found
    return kind.arn(key, partition=step.partition, region=region or step.region, account=step.account_id)
