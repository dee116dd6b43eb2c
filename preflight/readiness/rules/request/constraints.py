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
from preflight.errors import PreflightError
from preflight.iam.wildcard import matcher, tokens
from preflight.readiness.dependency_results import place_of
from preflight.readiness.named_members import places
from preflight.readiness.references import name_of, references
from preflight.readiness.step import Step
from preflight.readiness.wording import place_in, subject
from preflight.sentence import sentence
from preflight.unresolved import DeployText, resolution

# The texts that an expression compares with: JMESPath's raw strings, and those in its JSON literals.
_LITERALS = re.compile(r"['\"]([^'\"]*)['\"]")


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
        message = f"the request meets the constraints that AWS documents for {name}"
        yield rule.result(Kind.PASS, message, subject=subject(step), location=step.location)
    else:
        message = f"no constraints are declared for {name} beyond the API model"
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
    values, missing = dict(part.values), list[tuple[Binding, str, Unknown]]()
    if constraint.when is None or evaluate(constraint.when, values):
        for binding in constraint.bindings:
            found = _bound(step, binding, values)
            values[binding.name] = None if isinstance(found, tuple) else found
            missing += [(binding, *found)] if isinstance(found, tuple) else []

    def result(kind: Kind, message: str, remedy: str) -> Result:
        level = None if constraint.level is None else Level(constraint.level)
        return rule.result(kind, message, subject=subject(step), location=part.place, remedy=remedy, level=level)

    what = f"Can't determine whether {constraint.name.replace('-', ' ')} is kept: it depends on"
    if _breaks(constraint, values):
        if constraint.finds == "fail" and constraint.level is None and (open_ := _kept_for_some(constraint, values)):
            yield result(Kind.OPEN, f"{what} {', '.join(open_)}", sentence(resolution(open_)))
            return
        message = fill(constraint.message, values) or constraint.message
        remedy = fill(constraint.remedy, values) or constraint.remedy
        yield result(Kind.FAIL if constraint.finds == "fail" else Kind.OPEN, message, remedy)
    elif constraint.level is not None:
        return
    elif constraint.finds == "fail" and (undecided := _undecided(constraint, part.own, values)):
        yield result(Kind.OPEN, f"{what} {', '.join(undecided)}", sentence(resolution(undecided)))
    elif missing and (constraint.when is None or evaluate(constraint.when, part.values)):
        binding, name, fact = missing[0]
        label = load_kind(binding.kind).label
        yield result(Kind.OPEN, f"{what} {label} {name}, and {fact.reason}", fact.remedy)


def _breaks(constraint: Constraint, values: Mapping[str, Any]) -> bool:
    return bool((constraint.when is None or evaluate(constraint.when, values)) and evaluate(constraint.refused, values))


def _bound(step: Step, binding: Binding, values: Mapping[str, Any]) -> Any | tuple[str, Unknown]:
    """Return a resource as AWS describes it, None where there is none; what it is and why where that is unknown."""
    kind = load_kind(binding.kind)
    region = "" if kind.declared.get("global") else step.region
    if binding.when is not None and not evaluate(binding.when, values):
        return []
    if binding.key is None:
        scope = {member: fill(template, values) or "" for member, template in binding.scope}
        fact = step.account.read(Ask.all(binding.kind, region, **scope))
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


def _undecided(constraint: Constraint, own: Any, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the parameters that may still make a part break the constraint.

    A parameter that is a whole value is tried as each text that the constraint's expressions compare with, and as a
    number beyond all bounds. What is known of a text in part decides as it is.
    """
    texts = {
        text for _, text in DeployText.all_in(own) if text.is_wholly_unknown and "parameter " in "".join(text.labels)
    }
    tries = (*_LITERALS.findall(f"{constraint.when or ''} {constraint.refused}"), -1, 10**9)
    found = [text for text in texts if any(_would_break(constraint, _tried(own, values, text, each)) for each in tries)]
    return tuple(dict.fromkeys(label for text in found for label in text.labels))


def _kept_for_some(constraint: Constraint, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a broken constraint depends on: the texts that only the deploy knows, and that may be such that the
    constraint is kept. They are tried as the texts that its expressions compare with, and as names of that form.
    """
    literals = [each for each in _LITERALS.findall(f"{constraint.when or ''} {constraint.refused}") if each]
    place = "{Region}:{Account}".format_map(values)
    arns = [f"arn:{values['Partition']}:{each}:{place}:a" for each in literals if each.isalnum()]
    image = f"{values['Account']}.dkr.ecr.{values['Region']}.amazonaws.com/a:b"
    tries = (*literals, *arns, image, "s3://a/b", "a", True, 1)
    found = [
        text
        for text in {text for _, text in DeployText.all_in(values)}
        if any(_may_be(text, each) and _would_break(constraint, _with(values, text, each)) is False for each in tries)
    ]
    return tuple(dict.fromkeys(label for text in sorted(found) for label in text.labels))


def _may_be(text: DeployText, given: str | int) -> bool:
    return text.is_wholly_unknown or (isinstance(given, str) and matcher(tokens(text.pattern))(given))


def _tried(own: Any, values: Mapping[str, Any], text: str, given: str | int) -> dict[str, Any]:
    tried = _with(own, text, given)
    return {**values, **(tried if isinstance(tried, Mapping) else {"Value": tried})}


def _would_break(constraint: Constraint, values: Mapping[str, Any]) -> bool | None:
    """Say whether values that are tried break a constraint; None where its expressions take no such values."""
    try:
        return _breaks(constraint, values)
    except PreflightError:
        return None  # a number where the expressions take a text, or the other way round


def _with(value: Any, text: str, given: str | int) -> Any:
    if isinstance(value, Mapping):
        return {name: _with(each, text, given) for name, each in value.items()}
    if isinstance(value, list):
        return [_with(each, text, given) for each in value]
    return given if value == text else value
