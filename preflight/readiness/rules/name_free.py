"""PRE302: is the name of what is created still free, and does what is changed or deleted take that?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from preflight.account.facts import Absent, Ask, Known, Unknown
from preflight.account.overlays.planned import planned_in
from preflight.declared.expressions import evaluate, fill
from preflight.declared.resource_kinds import load_kind
from preflight.engine.result import Kind, Location, Result
from preflight.engine.rule import Rule
from preflight.readiness.references import Reference, name_of, reported
from preflight.readiness.step import Step
from preflight.readiness.wording import place_in, subject
from preflight.sentence import sentence
from preflight.unresolved import DeployText, resolution

_CANDIDATES = 4
# The members of `status`, in rules/resources/: the states that allow it, what to wait for in those that do not, and
# what to do where AWS does not say.
_FOR_CHANGES = ("takes-changes", "until", "otherwise")
_FOR_DELETES = ("takes-deletion", "until-deletion", "otherwise-deletion")


def name_free(step: Step, rule: Rule) -> Iterator[Result]:
    """Say whether the name of what is created is free; otherwise, whether what is named can be changed or deleted."""
    if step.operation.declared.get("repeatable"):
        message = f"{step.operation.id} updates an existing resource"
        yield rule.result(Kind.NOT_APPLICABLE, message, subject=subject(step), location=step.location)
    elif step.operation.effect == "create":
        yield _free(step, rule)
    for reference in reported(step, rule.id):
        yield _takes_changes(step, rule, reference)


def _free(step: Step, rule: Rule) -> Result:
    kind, key = step.operation.kind, step.operation.key(step.request.parameters)
    where, location = f"account {step.account_id} in {step.region}", step.location
    if key is None:
        unnamed = step.operation.declared.get("unnamed")
        if unnamed and evaluate(unnamed["when"], step.place.values(step.request.parameters)):
            return rule.result(Kind.NOT_APPLICABLE, unnamed["says"], subject=subject(step), location=location)
        return rule.result(Kind.OPEN, f"the request does not name the {kind.label}", location=location)
    name = name_of(kind.id, key)
    location = place_in(step, f"/{kind.section('name')['parameter']}") if kind.section("name") else location
    ask = Ask.one(kind.id, step.region, key)
    if DeployText(name).has_made_up_part and not planned_in(step.account, ask):
        return rule.result(
            Kind.PASS,
            f"the {kind.label} name `{name}` is free: it is generated at deployment",
            subject=subject(step),
            location=location,
        )
    fact = step.account.read(ask)
    if isinstance(fact, Unknown):
        return rule.result(
            Kind.OPEN,
            f"Can't determine whether the {kind.label} name `{name}` is free: {fact.reason}",
            subject=subject(step),
            location=location,
            remedy=fact.remedy,
        )
    if isinstance(fact, Absent):
        case = ", compared without case" if kind.ignores_case else ""
        return rule.result(
            Kind.PASS,
            f"the {kind.label} name `{name}` is free in {where}{case}",
            subject=subject(step),
            location=location,
        )
    if planned_in(step.account, ask) and (labels := _either(step, key)):
        return rule.result(
            Kind.OPEN,
            f"another request in the plan creates {kind.label} `{name}` too, if both are made, which depends on "
            f"{', '.join(labels)}",
            subject=subject(step),
            location=location,
            remedy=sentence(resolution(labels)),
        )
    if planned_in(step.account, ask):
        return rule.result(
            Kind.FAIL,
            f"an earlier request in the plan already creates {kind.label} `{name}`",
            subject=subject(step),
            location=location,
            remedy="Remove one of the two, or give it another name.",
        )
    return _taken(step, rule, key, fact.value, location)


def _either(step: Step, key: Mapping[str, str]) -> list[str]:
    """Return what it depends on whether all requests that create a resource are made: a template may have several of
    which one is.
    """
    same = (each for each in step.plan.requests if each.operation == step.request.operation)
    named = (each for each in same if step.operation.key(each.parameters) == key)
    return list(dict.fromkeys(label for each in named for label in each.depends_on))


def _taken(step: Step, rule: Rule, key: dict[str, str], there: Mapping[str, Any], location: Location) -> Result:
    kind = step.operation.kind
    states = kind.section("status") or {}
    name = name_of(kind.id, key)
    existing = str(there.get(kind.identity[0], name))
    status = there.get(states.get("member", ""))
    spelled = f" as `{existing}`; AWS compares these names without case" if existing != name else ""
    reason = f" ({there[states['reason']]})" if there.get(states.get("reason", "")) else ""
    says = f", status {status}{reason}" if status else ""
    ways = []
    if _same(step.request.parameters, there):
        ways.append("The existing resource is what the request asks for: remove the request.")
    way = states.get("way-on", {}).get(status) or (kind.section("name") or {}).get("taken")
    if way:
        values = {**step.place.values(step.request.parameters), **{n: there.get(n, v) for n, v in key.items()}}
        ways.append(fill(way, values) or "")
    if another := _free_name(step, key):
        ways.append(f"{'Or use' if ways else 'Use'} another name; `{another}` is free.")
    return rule.result(
        Kind.FAIL,
        f"{kind.label} `{name}` exists in account {step.account_id} in {step.region}{says}{spelled}",
        subject=subject(step),
        location=location,
        remedy=" ".join(way for way in ways if way),
    )


def _same(parameters: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    """Say whether what is there is what is asked for, as far as it is described; tags are not described."""
    asked = {name: value for name, value in parameters.items() if name not in ("Tags", "DeploymentConfig")}
    identity = {name: value for name, value in asked.items() if isinstance(value, str)}
    return len(asked) > 1 and all(
        str(there.get(name)).lower() == value.lower() if name in identity else there.get(name) == value
        for name, value in asked.items()
    )


def _free_name(step: Step, key: Mapping[str, str]) -> str | None:
    """Return a name like the one wanted that is free, if one of the next few is."""
    kind = step.operation.kind
    form = kind.section("name")
    if form is None or len(key) != 1:
        return None
    ((member, name),) = key.items()
    stem = re.sub(r"-\d+$", "", name)
    endings = [f"-{number}" for number in range(2, 2 + _CANDIDATES)]
    names = [each for end in endings if (each := stem[: form["max"] - len(end)].rstrip("-") + end) != name]
    facts = step.account.read_many([Ask.one(kind.id, step.region, {member: each}) for each in names])
    return next((each for each, fact in zip(names, facts, strict=True) if isinstance(fact, Absent)), None)


def _takes_changes(step: Step, rule: Rule, reference: Reference) -> Result:
    """Say whether a resource that the request changes or deletes is there, and in a state that allows it."""
    fact, kind = reference.fact, load_kind(reference.kind)
    states = kind.section("status") or {}

    def result(outcome: Kind, message: str, remedy: str = "") -> Result:
        return rule.result(outcome, message, subject=reference.arn(step), location=step.location, remedy=remedy)

    if reference.planned:
        return result(Kind.PASS, f"{reference.label} is created by an earlier request in the plan")
    if isinstance(fact, Absent):
        return result(
            Kind.FAIL,
            f"{reference.label} does not exist in account {step.account_id} in {step.region}",
            f"Create it, or name {'an' if kind.label[0] in 'aeio' else 'a'} {kind.label} that exists.",
        )
    if isinstance(fact, Unknown):
        return result(Kind.OPEN, f"{reference.label} cannot be read: {fact.reason}", fact.remedy)
    assert isinstance(fact, Known)
    status = fact.value.get(states.get("member", ""))
    if status is None:
        return result(Kind.OPEN, f"the status of {reference.label} is not known", f"Give its {states.get('member')}.")
    deleting = step.operation.effect == "delete"
    takes, until, otherwise = _FOR_DELETES if deleting else _FOR_CHANGES
    can, cannot = ("can be deleted", "cannot be deleted") if deleting else ("takes changes", "takes no changes")
    if status in states.get(takes, ()):
        return result(Kind.PASS, f"{reference.label} is {status} and {can}")
    values = {**step.place.values(step.request.parameters), **fact.value}
    if status in states.get(until, {}):
        way = fill(states[until][status], values) or ""
        return result(Kind.FAIL, f"{reference.label} is {status} and {cannot}", way)
    return result(
        Kind.OPEN,
        f"{reference.label} is {status}; AWS does not say whether one in this state {can}",
        fill(states.get(otherwise, ""), values) or "",
    )
