"""PRE304: does the request keep what AWS documents beyond the API's model?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preflight.account.facts import Ask, Known, Unknown
from preflight.declared.constraints import Binding, Constraint, constraints_of
from preflight.declared.expressions import evaluate, fill
from preflight.declared.resource_kinds import load_kind
from preflight.engine.result import Kind, Level, Location, Result
from preflight.engine.rule import Rule
from preflight.readiness.dependency_results import place_of
from preflight.readiness.named_members import places
from preflight.readiness.references import name_of, references
from preflight.readiness.step import Step
from preflight.readiness.wording import place_in, sentence, subject
from preflight.unresolved import DeployText, resolution

_WORDS = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class _Part:
    """What one constraint is held against: what its expressions see of it, and where it lies."""

    values: Mapping[str, Any]
    place: Location
    own: Any


def constraints_kept(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of a request, and of each resource that it relies on, which of their declared constraints they break."""
    held, broken = 0, False
    for constraint in constraints_of(step.operation.id):
        held += 1
        for part in _parts(step, constraint):
            for result in _judged(step, rule, constraint, part):
                broken = True
                yield result
    for reference in references(step):
        if reference.covered or not isinstance(reference.fact, Known) or not isinstance(reference.fact.value, Mapping):
            continue
        for constraint in constraints_of(reference.kind):
            held += 1
            own = {**reference.fact.value, "Via": reference.via, "Name": reference.name}
            part = _Part(_values(step, own), place_of(step, reference), own)
            for result in _judged(step, rule, constraint, part):
                broken = True
                yield result
    if broken:
        return
    name = step.operation.id.partition(":")[2]
    if held:
        message = f"the request keeps what AWS documents of {name} beyond the model"
        yield rule.result(Kind.PASS, message, subject=subject(step), location=step.location)
    else:
        message = f"nothing is declared of {name} beyond the API's model"
        yield rule.result(Kind.NOT_APPLICABLE, message, subject=subject(step), location=step.location)


def _parts(step: Step, constraint: Constraint) -> Iterator[_Part]:
    for path in constraint.each:
        for pointer, own in places(step.request.parameters, path):
            if DeployText.partial(own) is not None:
                continue  # what stands for an object that only the deploy knows is PRE102's
            yield _Part(_values(step, own), place_in(step, pointer), own)


def _values(step: Step, own: Any) -> dict[str, Any]:
    members = own if isinstance(own, Mapping) else {"Value": own}
    request = step.request.parameters
    return step.place.values({**members, "Request": request, "Operation": step.operation.id})


def _judged(step: Step, rule: Rule, constraint: Constraint, part: _Part) -> Iterator[Result]:
    values = dict(part.values)
    undecided = _undecided(constraint, part.own)
    if constraint.when is not None and not evaluate(constraint.when, values) and not undecided:
        return
    missing: tuple[Binding, str, Unknown] | None = None
    for binding in constraint.bindings:
        found = _bound(step, binding, values)
        if isinstance(found, tuple):
            missing = missing or (binding, *found)
            values[binding.name] = None
        else:
            values[binding.name] = found
    if (constraint.when is None or evaluate(constraint.when, values)) and evaluate(constraint.refused, values):
        level = None if constraint.level is None else Level(constraint.level)
        message = fill(constraint.message, values) or constraint.message
        remedy = fill(constraint.remedy, values) or constraint.remedy
        kind = Kind.FAIL if constraint.finds == "fail" else Kind.OPEN
        yield rule.result(kind, message, subject=subject(step), location=part.place, remedy=remedy, level=level)
    elif constraint.level is not None:
        return
    elif undecided:
        told = ", ".join(undecided)
        message = f"Can't determine whether {constraint.name.replace('-', ' ')} is kept: it depends on {told}"
        remedy = sentence(resolution(undecided))
        yield rule.result(Kind.OPEN, message, subject=subject(step), location=part.place, remedy=remedy)
    elif missing is not None and (constraint.when is None or evaluate(constraint.when, part.values)):
        binding, name, fact = missing
        label = load_kind(binding.kind).label
        message = f"Can't determine whether {constraint.name.replace('-', ' ')} is kept: it depends on {label} {name}, "
        message = f"{message}and {fact.reason}"
        remedy = sentence(fact.resolution)
        yield rule.result(Kind.OPEN, message, subject=subject(step), location=part.place, remedy=remedy)


def _bound(step: Step, binding: Binding, values: Mapping[str, Any]) -> Any | tuple[str, Unknown]:
    """Return a resource as AWS describes it, None where there is none; what it is and why where that is unknown."""
    kind = load_kind(binding.kind)
    region = "" if kind.declared.get("global") else step.region
    if binding.key is None:
        fact = step.account.read(Ask.all(binding.kind, region))
        return ("of the account", fact) if isinstance(fact, Unknown) else fact.value if isinstance(fact, Known) else []
    key = evaluate(binding.key, values)
    if not isinstance(key, Mapping) or not all(isinstance(each, str) for each in key.values()):
        return None
    same = (each for each in references(step) if each.kind == binding.kind and dict(each.key) == dict(key))
    reference = next(same, None)
    fact = reference.fact if reference is not None else step.account.read(Ask.one(binding.kind, region, dict(key)))
    if isinstance(fact, Unknown):
        return f"`{name_of(binding.kind, dict(key))}`", fact
    return fact.value if isinstance(fact, Known) else None


def _undecided(constraint: Constraint, own: Any) -> tuple[str, ...]:
    """Return the parameters on which members depend that the constraint's own expressions look at."""
    if constraint.finds == "open":
        return ()
    looked = set(_WORDS.findall(f"{constraint.when or ''} {constraint.refused}"))
    found = [
        label
        for pointer, text in DeployText.all_in(own)
        if looked & set(pointer.split("/"))
        for label in text.labels
        if "parameter " in label
    ]
    return tuple(dict.fromkeys(found))
