"""Do two policies grant the same? Proved from the patterns, for every request there can be, or not at all.

Every pair of an action pattern and a resource pattern of one policy must be covered by a statement of the other, with
the same effect and principals and no condition that the first has not, and the other way round. What is shown so is
so; policies that grant the same in a way that takes more than one statement to cover a pattern are not shown to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from preflight.iam.conditions import Condition
from preflight.iam.pattern import covers_tokens
from preflight.iam.policy import Policy, PolicyError, parse_policy
from preflight.iam.statement import Patterns, Statement
from preflight.iam.variables import Template, as_tokens, fixed
from preflight.iam.wildcard import Tokens, Wild, tokens

_GREATEST = frozenset({"numericlessthan", "numericlessthanequals"})
_LEAST = frozenset({"numericgreaterthan", "numericgreaterthanequals"})
_INTEGER = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_LIKE = frozenset({"stringlike", "stringnotlike"})


def same_grants(one: Any, other: Any) -> bool:
    """Say whether two policy documents are shown to grant the same; not if AWS would not store one of them."""
    try:
        first, second = parse_policy(one, "one"), parse_policy(other, "other")
    except PolicyError:
        return False
    return _within(first, second) and _within(second, first)


def _within(part: Policy, whole: Policy) -> bool:
    equal = {_identity(each) for each in whole.statements}
    return all(_identity(each) in equal or _covered(each, whole.statements) for each in part.statements)


def _identity(statement: Statement) -> tuple[object, ...]:
    resources = statement.resources
    return (
        statement.effect,
        statement.actions.texts,
        statement.actions.negated,
        None if resources is None else (resources.templates, resources.negated),
        statement.principals,
        condition_set(statement.conditions),
    )


def _covered(statement: Statement, by: Sequence[Statement]) -> bool:
    conditions = condition_set(statement.conditions)
    fitting = [
        each
        for each in by
        if each.effect == statement.effect
        and _same_principals(each, statement)
        and condition_set(each.conditions) <= conditions
    ]
    return all(
        any(action(each) and resource(each) for each in fitting)
        for action in _parts(statement.actions, _action_patterns, "actions")
        for resource in _parts(statement.resources, _resource_patterns, "resources")
    )


def _same_principals(one: Statement, other: Statement) -> bool:
    first, second = one.principals, other.principals
    if first is None or second is None:
        return first is second
    return first.negated == second.negated and set(first.entries) == set(second.entries)


class _Part:
    """One pattern of an element, or a whole Not element: asks whether a statement is about all of it."""

    def __init__(self, part: Tokens | None, spared: Sequence[Tokens], element: str) -> None:
        self._part, self._spared, self._element = part, spared, element

    def __call__(self, statement: Statement) -> bool:
        patterns = statement.actions if self._element == "actions" else statement.resources
        if patterns is None:
            return self._part is None and not self._spared
        listed = _action_patterns(patterns) if self._element == "actions" else _resource_patterns(patterns)
        if self._part is not None:
            if not patterns.negated:
                return any(_covers(each, self._part) for each in listed)
            return False
        if patterns.negated:
            # What the other spares must be spared here too.
            return all(any(_covers(mine, theirs) for mine in self._spared) for theirs in listed)
        return any(each == (Wild.STAR,) for each in listed)


def _parts(patterns: Patterns | None, of: Any, element: str) -> Iterable[_Part]:
    if patterns is None:
        return [_Part(None, (), element)]
    if patterns.negated:
        return [_Part(None, tuple(of(patterns)), element)]
    return [_Part(each, (), element) for each in of(patterns)]


@lru_cache(maxsize=8192)
def _covers(pattern: Tokens, other: Tokens) -> bool:
    return pattern == other or covers_tokens(pattern, other)


def _action_patterns(patterns: Patterns) -> list[Tokens]:
    return [tokens(text.lower()) for text in patterns.texts]


def _resource_patterns(patterns: Patterns) -> list[Tokens]:
    return [_tokens(each) for each in patterns.templates]


def _tokens(each: Template) -> Tokens:
    """Return a template as tokens; its variables as a text that only the same variables hold."""
    if fixed(each):
        return as_tokens(each.parts)
    return ("\ue002" + each.text,)


def condition_set(conditions: Iterable[Condition]) -> frozenset[tuple[object, ...]]:
    """Return conditions in a form that is equal for those that say the same: values without order and repetition,
    of numbers in an order the one that decides.
    """
    return frozenset(_condition(each) for each in conditions)


def _condition(condition: Condition) -> tuple[object, ...]:
    name = condition.base.name.lower()
    values: frozenset[object] = frozenset(condition.templates)
    if name in _GREATEST | _LEAST and all(map(_INTEGER.fullmatch, condition.values)):
        numbers = map(int, condition.values)
        values = frozenset({max(numbers) if name in _GREATEST else min(numbers)})
    if name in _LIKE and len(values) > 1:
        constant = {each.text: as_tokens(each.parts) for each in condition.templates if fixed(each)}
        spare = set(_spare(constant))
        values = frozenset(each for each in condition.templates if each.text not in spare)
    return name, condition.quantifier, condition.if_exists, condition.key, values


def _spare(patterns: dict[str, Tokens]) -> Iterable[str]:
    """Yield the patterns that another one covers; of those that cover each other the first of the alphabet stays."""
    for text, pattern in patterns.items():
        for other, wider in patterns.items():
            if other != text and _covers(wider, pattern) and (other < text or not _covers(pattern, wider)):
                yield text
                break
