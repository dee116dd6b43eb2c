"""A statement as a box: a condition each on action, resource, caller and context keys, all of which must hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from preflight.iam.conditions import Condition, condition
from preflight.iam.principals import Caller
from preflight.iam.proof.patterns.names import Names
from preflight.iam.statement import Patterns, Principals, Statement, action_patterns, resource_patterns
from preflight.iam.variables import VariableText, fixed

CallerTest = Callable[[Caller], bool]


@dataclass(frozen=True)
class Box:
    """What a statement is about. None of an element: all there is."""

    actions: Patterns | None = None
    resources: Patterns | None = None
    principals: Principals | None = None
    conditions: tuple[Condition, ...] = ()
    callers: CallerTest | None = None
    sought: tuple[str, ...] = ()
    """Patterns of which a caller, or its account, matches one."""
    statement: Statement | None = None
    forms: Names | None = None
    """Resources of one type, beside `resources`."""

    @cached_property
    def fixed(self) -> tuple[Condition, ...]:
        """The conditions that mean the same in every request."""
        return tuple(each for each in self.conditions if each.base.name == "Null" or each.test is not None)

    @cached_property
    def varying(self) -> tuple[Condition, ...]:
        """The conditions with request variables."""
        return tuple(each for each in self.conditions if each.base.name != "Null" and each.test is None)


def box_of(statement: Statement) -> Box:
    """Return a statement as a box."""
    return Box(statement.actions, statement.resources, statement.principals, statement.conditions, statement=statement)


def zone(
    actions: Iterable[str] = (),
    resources: Iterable[str] = (),
    conditions: Iterable[tuple[str, str, tuple[str, ...]]] = (),
    callers: CallerTest | None = None,
    sought: Iterable[str] = (),
    forms: Names | None = None,
) -> Box:
    """Return a box of one's own; what is left empty is not limited."""
    actions, resources = tuple(actions), tuple(resources)
    found = (condition(operator, key, values, "2012-10-17") for operator, key, values in conditions)
    return Box(
        action_patterns(actions, negated=False) if actions else None,
        resource_patterns(resources, "", negated=False) if resources else None,
        None,
        tuple(each for each in found if each is not None),
        callers,
        tuple(sought),
        forms=forms,
    )


def meaning(condition: Condition) -> tuple[object, ...]:
    """Return a condition in a form that is equal for two that hold in the same requests."""
    values = frozenset(each.parts for each in condition.templates)
    return condition.base.name, condition.quantifier, condition.if_exists, condition.key, values


def with_values(box: Box, values: Mapping[str, str]) -> Box:
    """Return a box with variables replaced by what they are worth."""
    changed = replace(
        box,
        resources=_filled(box.resources, values),
        conditions=tuple(_condition(each, values) for each in box.conditions),
    )
    return box if changed == box else changed


def _filled(patterns: Patterns | None, values: Mapping[str, str]) -> Patterns | None:
    if patterns is None or not patterns.varying:
        return patterns
    texts = tuple(_text(each, values) for each in patterns.templates)
    return resource_patterns(texts, patterns.version, negated=patterns.negated)


def _condition(each: Condition, values: Mapping[str, str]) -> Condition:
    if not each.version or all(map(fixed, each.templates)):
        return each
    texts = tuple(_text(value, values) for value in each.templates)
    found = condition(each.operator, each.name, texts, each.version)
    return each if found is None else found


def _text(source: VariableText, values: Mapping[str, str]) -> str:
    found = []
    for part in source.parts:
        if isinstance(part, str):
            found.append(part)
        elif part.key in values:
            found.append("".join(f"${{{each}}}" if each in "*?$" else each for each in values[part.key]))
        elif part.key:
            default = f", '{part.default}'" if part.default is not None else ""
            found.append(f"${{{part.name}{default}}}")
        else:
            found.append(f"${{{part.default}}}")
    return "".join(found)
