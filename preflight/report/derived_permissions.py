"""Results of derived permissions as people read them: one for each verdict and resource type, not for each action.

`AWS::IAM::Role ×3 (A, B, C): not authorized: iam:CreateRole on role/app-*`, and one statement that grants what is
missing. JSON and the formats for machines have every result.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from preflight.engine.result import Kind, Result

_SERVICE_LINKED = "iam:CreateServiceLinkedRole"
_SHOWN = 3


def merged(results: Iterable[Result]) -> list[Result]:
    """Return results with those of derived permissions that did not pass put together by rule, verdict and type.

    What a resource perhaps needs is left out where it fails anyway.
    """
    results = list(results)
    failing = {each.subject for each in results if each.kind is Kind.FAIL and each.need is not None}
    groups: dict[tuple[str, Kind, str], list[Result]] = {}
    found: list[Result | tuple[str, Kind, str]] = []
    for each in results:
        if each.need is None or each.kind not in (Kind.FAIL, Kind.OPEN):
            found.append(each)
            continue
        if each.kind is Kind.OPEN and each.subject in failing:
            continue
        type_ = _SERVICE_LINKED if each.need.action == _SERVICE_LINKED else each.need.type
        key = (each.rule, each.kind, type_)
        if key not in groups:
            found.append(key)
        groups.setdefault(key, []).append(each)
    return [each if isinstance(each, Result) else _together(groups[each], each[2]) for each in found]


def _together(group: Sequence[Result], type_: str) -> Result:
    first = group[0]
    if len(group) == 1:
        return first
    names = list(dict.fromkeys(each.subject.rpartition("/")[2] for each in group))
    what = "service-linked roles" if type_ == _SERVICE_LINKED else type_
    many = f" ×{len(names)}" if len(names) > 1 else ""
    says = "not authorized" if first.kind is Kind.FAIL else "may need, but may not have"
    message = f"{what}{many} ({_few(names)}): {says}: {_asked(group)}"
    return replace(first, message=message, remedy=_remedy(group))


def _asked(group: Sequence[Result]) -> str:
    """Return the actions with the resources that they are asked for on."""
    on: dict[tuple[str, ...], dict[str, None]] = {}
    by_action: dict[str, dict[str, None]] = {}
    for each in group:
        if each.need is not None:
            by_action.setdefault(each.need.action, {})[_short(each.need.resource)] = None
    for action, resources in by_action.items():
        on.setdefault(tuple(resources), {})[action] = None
    return "; ".join(f"{', '.join(actions)} on {_few(list(resources))}" for resources, actions in on.items())


def _short(arn: str) -> str:
    parts = arn.split(":", 5)
    return parts[5] if len(parts) == 6 else arn


def _few(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _remedy(group: Sequence[Result]) -> str:
    """Return what to do about a group: statements that are to be added to the same policy become one."""
    prose: dict[str, list[dict[str, Any]]] = {}
    for each in group:
        text, brace, rest = each.remedy.partition("\n{\n")
        statement = _parsed("{\n" + rest) if brace else None
        prose.setdefault(text, []).extend([statement] if statement else [])
    said = []
    for text, statements in prose.items():
        if not statements:
            said.append(text)
            continue
        joined = _joined(statements)
        if len(joined) > 1:
            text = text.replace("this statement", f"these {len(joined)} statements")
        said.append("\n".join([text, ",\n".join(json.dumps(each, indent=2) for each in joined)]))
    return said[0] if len(said) == 1 else " ".join(each for each in said if each)


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _joined(statements: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return statements with those that have the same condition as one."""
    by_condition: dict[str, list[dict[str, Any]]] = {}
    for each in statements:
        by_condition.setdefault(json.dumps(each.get("Condition")), []).append(each)
    found = []
    for same in by_condition.values():
        actions = list(dict.fromkeys(each["Action"] for each in same))
        resources = list(dict.fromkeys(each["Resource"] for each in same))
        resources = ["*"] if "*" in resources else resources
        found.append({**same[0], "Action": _plain(actions), "Resource": _plain(resources)})
    return found


def _plain(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
