"""Do two policies grant the same? Proved from the patterns, for every request there can be, or not at all.

Every pair of an action pattern and a resource pattern of one policy must be covered by a statement of the other, with
the same effect and principals and no condition that the first has not, and the other way round. What is shown so is
so; policies that grant the same in a way that takes more than one statement to cover a pattern are not shown to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from preflight.iam.conditions import Condition
from preflight.iam.errors import PolicyError
from preflight.iam.pattern import covers_tokens
from preflight.iam.policy import Policy, parse_policy
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
    changed = [each for each in part.statements if _identity(each) not in equal]
    by = [_About(each) for each in whole.statements] if changed else []
    fewer = len(by) - len(part.statements)
    return all(
        _covered(_About(each), _nearest(each.index, fewer, by)) or _covered(_About(each), by) for each in changed
    )


def _nearest(index: int, fewer: int, by: Sequence[_About]) -> Sequence[_About]:
    """Return the statements that stand in the same place, from the beginning or from the end: mostly they do alone."""
    return [by[at] for at in {index, index + fewer} if 0 <= at < len(by)]


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


def _covered(about: _About, by: Sequence[_About]) -> bool:
    """Whether each pair of an action and a resource is covered by a statement; which ones do is a bit mask."""
    fitting = [each for each in by if each.fits(about)]
    actions = {_mask(part, [each.actions for each in fitting]) for part in about.actions.parts}
    resources = {_mask(part, [each.resources for each in fitting]) for part in about.resources.parts}
    return all(action & resource for action in actions for resource in resources)


def _mask(part: _Part, by: Sequence[_Listed]) -> int:
    return sum(1 << index for index, each in enumerate(by) if each.covers(part))


def _same_principals(one: Statement, other: Statement) -> bool:
    first, second = one.principals, other.principals
    if first is None or second is None:
        return first is second
    return first.negated == second.negated and set(first.entries) == set(second.entries)


class _Part(NamedTuple):
    """One pattern of an element; or, where that is None, all of an element with what a Not element spares."""

    pattern: Tokens | None
    spared: tuple[Tokens, ...] = ()


class _Listed:
    """An element with its patterns, to ask what it covers. Without patterns it is absent."""

    def __init__(self, patterns: Sequence[Tokens] | None, *, negated: bool) -> None:
        self._absent, self._negated = patterns is None, negated
        self._patterns = tuple(patterns or ())
        self._exact = frozenset(self._patterns)
        self._wild = tuple(each for each in self._exact if any(isinstance(token, Wild) for token in each))

    @property
    def parts(self) -> list[_Part]:
        """What has to be covered for the element to be."""
        if self._absent or self._negated:
            return [_Part(None, self._patterns)]
        return [_Part(each) for each in self._exact]

    def covers(self, part: _Part) -> bool:
        """Whether the element is about all that a part of the same element of another statement is about."""
        if self._absent:
            return part == (None, ())
        if part.pattern is not None:
            return not self._negated and self._has(part.pattern)
        if not part.spared:
            return False
        if self._negated:
            spared = _Listed(part.spared, negated=False)
            return all(map(spared._has, self._exact))
        return (Wild.STAR,) in self._exact

    def _has(self, pattern: Tokens) -> bool:
        return pattern in self._exact or any(_covers(each, pattern) for each in self._wild)


class _About:
    """A statement, to be compared with others."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._conditions = condition_set(statement.conditions)
        actions, resources = statement.actions, statement.resources
        self.actions = _Listed(_action_patterns(actions), negated=actions.negated)
        listed = None if resources is None else _resource_patterns(resources)
        self.resources = _Listed(listed, negated=resources is not None and resources.negated)

    def fits(self, other: _About) -> bool:
        """Whether the statement holds wherever the other one does, actions and resources apart."""
        mine, theirs = self._statement, other._statement
        return mine.effect == theirs.effect and self._conditions <= other._conditions and _same_principals(mine, theirs)


@lru_cache(maxsize=8192)
def _covers(pattern: Tokens, other: Tokens) -> bool:
    head = pattern[0] if pattern else ""
    if isinstance(head, str) and not (other and isinstance(other[0], str) and other[0].startswith(head)):
        return False
    return covers_tokens(pattern, other)


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
