"""Grants as the statements of a policy: merged where that grants nothing more, in the order of the plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from preflight.readiness.least_privilege.grants import Grant
from preflight.readiness.least_privilege.narrowing import ConditionBlock

_LONGEST_SID = 96


def statements_of(grants: Iterable[Grant]) -> list[dict[str, Any]]:
    """Return Allow statements that grant just these: first one for each resource and condition, with all its actions;
    then one for each set of actions and condition, with all its resources.

    Each has a Sid that says what it is for.
    """
    by_resource: dict[tuple[str, ConditionBlock], list[Grant]] = {}
    for grant in grants:
        by_resource.setdefault((grant.resource, grant.condition), []).append(grant)
    by_actions: dict[tuple[frozenset[str], ConditionBlock], list[Grant]] = {}
    for (_, condition), same in by_resource.items():
        by_actions.setdefault((frozenset(each.action for each in same), condition), []).extend(same)
    taken: set[str] = set()
    return [_statement(same, condition, taken) for (_, condition), same in by_actions.items()]


def _statement(grants: Sequence[Grant], condition: ConditionBlock, taken: set[str]) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": _sid(grants, taken),
        "Effect": "Allow",
        "Action": plain(sorted({each.action for each in grants})),
        "Resource": plain(sorted({each.resource for each in grants})),
    }
    if condition:
        statement["Condition"] = {op: {key: plain(values) for key, values in keys} for op, keys in condition}
    return statement


def plain(values: Sequence[str]) -> str | list[str]:
    """Return one value as itself, several as a list."""
    return values[0] if len(values) == 1 else list(values)


def _sid(grants: Sequence[Grant], taken: set[str]) -> str:
    purposes: dict[str, dict[str, None]] = {}
    for grant in grants:
        head, of_what = grant.purpose
        purposes.setdefault(head, {})[of_what] = None
    named = [head + "And".join(each) for head, each in purposes.items()]
    sid = "And".join(named)
    if len(sid) > _LONGEST_SID:
        others = len({each.purpose for each in grants}) - 1
        sid = "".join(grants[0].purpose)[:_LONGEST_SID] + (f"And{others}More" if others else "")
    sid = "".join(character for character in sid if character.isascii() and character.isalnum())
    number, unique = 1, sid
    while unique in taken:
        number += 1
        unique = f"{sid}{number}"
    taken.add(unique)
    return unique
