"""Conditions whose outcome does not depend on the request's value, or that no request meets.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from preflight.iam.dates import instant
from preflight.iam.operators import OPERATORS, number
from preflight.iam.pattern import covers_tokens, overlaps_tokens
from preflight.iam.wildcard import Tokens, tokens
from preflight.lint.analysis.condition_index import conditions, without_key
from preflight.lint.analysis.ip_networks import network
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.statements import ConditionEntry, Entry, StatementView, strings
from preflight.lint.policy.subject import Subject

_EXACT, _LIKE = ("stringequals", "stringnotequals"), ("stringlike", "stringnotlike")
_TEXT = frozenset((*_EXACT, *_LIKE))
_ABOVE = {"numericgreaterthan": False, "numericgreaterthanequals": True,
          "dategreaterthan": False, "dategreaterthanequals": True}  # fmt: skip
_BELOW = {"numericlessthan": False, "numericlessthanequals": True,
          "datelessthan": False, "datelessthanequals": True}  # fmt: skip


def presence_by_null(subject: Subject) -> Iterator[Finding]:
    """Find a wildcard that asks whether the key is there at all."""
    for _, each in subject.once(conditions):
        present, absent = _with_any_value(each), without_key(each)
        if present is not None and present != absent:
            yield Finding(
                each.pointer,
                f'{each.operator} with "*" only tests whether the request has {each.key}',
                f'write {{"Null": {{"{each.key}": "{str(absent).lower()}"}}}} instead',
                on_name=True,
            )


def decides_something(subject: Subject) -> Iterator[Finding]:
    """Find a wildcard that every request matches, with the key or without."""
    for _, each in subject.once(conditions):
        if _with_any_value(each) is True and without_key(each):
            yield Finding(
                each.pointer,
                f'{each.operator} with "*" matches every request, whether it has {each.key} or not',
                "remove the condition",
                on_name=True,
            )


def can_hold(subject: Subject) -> Iterator[Finding]:
    """Find conditions that no request meets, alone or together with another on the same key."""
    by_key: dict[tuple[str, str], list[ConditionEntry]] = {}
    for view, each in subject.once(conditions):
        if _with_any_value(each) is False and not without_key(each):
            yield _never(view, each, f'{each.operator} with "*" never matches')
            continue
        if (view.pointer, each.lower_key) not in by_key:
            for one in view.conditions:
                by_key.setdefault((view.pointer, one.lower_key), []).append(one)
        for other in by_key[view.pointer, each.lower_key]:
            if other is not each:
                why = _against(each, other)
                if why is not None:
                    yield _never(
                        view, each, f"{each.operator} and {other.operator} of {each.key} never match together: {why}"
                    )
                    break


def _never(view: StatementView, each: ConditionEntry, what: str) -> Finding:
    done = "denies" if view.denies else "allows"
    return Finding(each.pointer, f"{what}: {view.cited} {done} nothing", "fix the condition, or remove the statement")


def _with_any_value(each: ConditionEntry) -> bool | None:
    """Whether the condition holds for every request with the key (True) or for none (False), by a bare wildcard."""
    base = each.lower_base
    if base not in _LIKE or not any(text and not text.strip("*") for text in strings(each.raw)):
        return None
    return not OPERATORS[base].negated


def _against(each: ConditionEntry, other: ConditionEntry) -> str | None:
    """Return why no value meets both of two conditions on a key of one value; None where some may."""
    if each.qualifier or other.qualifier or each.if_exists or other.if_exists:
        return None
    first, second = each.lower_base, other.lower_base
    if second == "null" and first in _TEXT and not OPERATORS[first].negated:
        wanted = {value.text.lower() for value in other.values}
        return "the key would have to be both absent and present" if wanted == {"true"} else None
    if first in _ABOVE and second in _BELOW and first[:4] == second[:4]:
        return _empty_range(each, other)
    if (first, second) == ("ipaddress", "notipaddress"):
        return _no_address(each, other)
    if first not in _TEXT or second not in _TEXT or _open(each.values) or _open(other.values):
        return None
    if OPERATORS[first].negated:
        return None
    mine, theirs = _patterns(each), _patterns(other)
    if OPERATORS[second].negated:
        if all(any(covers_tokens(their, my) for their in theirs) for my in mine):
            return "one excludes every value that the other requires"
    elif each.pointer < other.pointer and not any(overlaps_tokens(my, their) for my in mine for their in theirs):
        return "they have no value in common"
    return None


def _open(values: Sequence[Entry]) -> bool:
    return not values or any("${" in value.text for value in values)


def _patterns(each: ConditionEntry) -> list[Tokens]:
    """Return the values as patterns: those of an operator without wildcards stand for themselves."""
    if each.lower_base in _LIKE:
        return [tokens(value.text) for value in each.values]
    return [(value.text,) if value.text else () for value in each.values]


def _empty_range(above: ConditionEntry, below: ConditionEntry) -> str | None:
    dates = above.lower_base.startswith("date")
    read: Callable[[str], Any] = instant if dates else number
    lows = [(read(value.text), value.text) for value in above.values]
    highs = [(read(value.text), value.text) for value in below.values]
    if not lows or not highs or any(value is None for value, _ in (*lows, *highs)):
        return None
    (low, after), (high, before) = min(lows), max(highs)
    both = _ABOVE[above.lower_base] and _BELOW[below.lower_base]
    if low < high or (low == high and both):
        return None
    return (
        f"no time is both after {after} and before {before}"
        if dates
        else (f"no number is both above {after} and below {before}")
    )


def _no_address(wanted: ConditionEntry, excluded: ConditionEntry) -> str | None:
    """Return why no address is in the ranges that are wanted and in none that are excluded; None where one may be."""
    mine = [network(value.text) for value in wanted.values]
    theirs = [network(value.text) for value in excluded.values]
    inside = all(each is not None and any(_within(each, one) for one in theirs) for each in mine)
    return "one excludes every address that the other requires" if mine and inside else None


def _within(each: Any, other: Any) -> bool:
    return other is not None and each.version == other.version and each.subnet_of(other)
