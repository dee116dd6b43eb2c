"""Lists and objects of a policy that hold nothing.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from preflight.json_pointer import escape
from preflight.lint.policy.finding import Edit, Faults, Finding, no_faults
from preflight.lint.policy.needs import needs
from preflight.lint.policy.statements import ConditionEntry, StatementView
from preflight.lint.policy.subject import Subject


def _faults(subject: Subject) -> Faults:
    found = no_faults()
    for view in subject.statements:
        raw = view.raw
        if not all(raw.values()):
            _elements(view, found)
        if "Principal" in raw or "NotPrincipal" in raw:
            found["Principal"].extend(_principals(view))
        block = raw.get("Condition")
        if isinstance(block, dict) and not all(
            isinstance(keys, dict) and keys and all(keys.values()) for keys in block.values()
        ):
            _conditions(view, block, found)
    return found


@needs(_faults)
def actions(subject: Subject) -> Iterable[Finding]:
    """Find empty lists of actions."""
    return subject.once(_faults).get("Action", ())


@needs(_faults)
def resources(subject: Subject) -> Iterable[Finding]:
    """Find empty lists of resources."""
    return subject.once(_faults).get("Resource", ())


@needs(_faults)
def principals(subject: Subject) -> Iterable[Finding]:
    """Find principals that are an empty object or list."""
    return subject.once(_faults).get("Principal", ())


@needs(_faults)
def conditions(subject: Subject) -> Iterable[Finding]:
    """Find empty condition blocks, and operators without keys."""
    return subject.once(_faults).get("Condition", ())


@needs(_faults)
def values(subject: Subject) -> Iterable[Finding]:
    """Find condition keys with an empty list of values, without a qualifier."""
    return subject.once(_faults).get("", ())


@needs(_faults)
def values_of_all(subject: Subject) -> Iterable[Finding]:
    """Find ForAllValues with an empty list."""
    return subject.once(_faults).get("forallvalues", ())


@needs(_faults)
def values_of_any(subject: Subject) -> Iterable[Finding]:
    """Find ForAnyValue with an empty list."""
    return subject.once(_faults).get("foranyvalue", ())


@needs(_faults)
def values_if_exists(subject: Subject) -> Iterable[Finding]:
    """Find IfExists with an empty list."""
    return subject.once(_faults).get("ifexists", ())


def _elements(view: StatementView, found: Faults) -> None:
    for element in ("Action", "Resource"):
        for name in (element, f"Not{element}"):
            if view.raw.get(name) == []:
                what = "it applies to everything" if name != element else "it applies to nothing"
                problem = f"{name} of {view.cited} is an empty list: {what}"
                found[element].append(Finding(f"{view.pointer}/{name}", problem))
    if view.raw.get("Condition") == {}:
        place = f"{view.pointer}/Condition"
        problem = f"the Condition of {view.cited} is empty"
        found["Condition"].append(Finding(place, problem, edits=(Edit("remove", place),)))


def _conditions(view: StatementView, block: dict[str, Any], found: Faults) -> None:
    for operator, keys in block.items():
        if keys == {}:
            place = f"{view.pointer}/Condition/{escape(operator)}"
            problem = f"{operator} in the Condition of {view.cited} has no keys"
            found["Condition"].append(Finding(place, problem, f"remove {operator}", edits=(Edit("remove", place),)))
    for each in view.conditions:
        if each.raw == []:
            kind = each.qualifier.lower() or ("ifexists" if each.if_exists else "")
            found[kind].append(Finding(each.pointer, _without_values(each, kind)))


def _principals(view: StatementView) -> Iterator[Finding]:
    for name in ("Principal", "NotPrincipal"):
        written, place = view.raw.get(name), f"{view.pointer}/{name}"
        if written == {} or written == []:
            yield Finding(place, f"{name} of {view.cited} lists no principals")
        elif isinstance(written, dict):
            for kind, given in written.items():
                if given == []:
                    yield Finding(f"{place}/{escape(kind)}", f"{kind} in the {name} of {view.cited} is an empty list")


def _without_values(each: ConditionEntry, kind: str) -> str:
    if kind in ("forallvalues", "ifexists"):
        return f"{each.operator} with no values matches only requests without {each.key}"
    if kind == "foranyvalue":
        return f"{each.operator} with no values never matches"
    return f"{each.operator} has no values for {each.key}"
