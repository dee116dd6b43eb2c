"""The conditions of a grant: what the request itself says that AWS compares, and no request that says otherwise.

Only keys that the operation declares (`context` in `rules/operations/`) are used, and only where the plan settles their
values. Their types, which decide on the operator, are the catalog's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from preflight import catalog
from preflight.account.caller_keys import ANYONE
from preflight.iam.request import Value
from preflight.readiness.permissions.authorization import NeededPermission
from preflight.readiness.permissions.request_context import context_of_call
from preflight.readiness.step import Step
from preflight.unresolved import DeployText

ConditionBlock: TypeAlias = tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]
"""Operators, each with its keys, each with its values: a Condition element that can be compared and kept in a set."""

_SPECIAL = str.maketrans({"*": "${*}", "?": "${?}", "$": "${$}"})


def exactly(text: str) -> str:
    """Return a pattern that matches a text and nothing else; a star for each part that is not known yet.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
    """
    return "*".join(part.translate(_SPECIAL) for part in DeployText(text).known_parts)


def narrowed(step: Step, need: NeededPermission) -> ConditionBlock:
    """Return the condition with which a need is granted: for this request and for those that say the same.

    A key that AWS holds several values of is compared with ForAllValues, which also holds without the key: so the key
    has to be there
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html).
    Numbers are limits: less is granted with them. A boolean is demanded only where it is true: false is what a request
    that does not care has.
    """
    permission = need.permission
    context = context_of_call(step, permission.action, permission.context, need.resource, need.tags, ANYONE)
    operators: dict[str, dict[str, tuple[str, ...]]] = {}
    for operator, keys in permission.grant_with.items():
        operators.setdefault(operator, {}).update({key: (value,) for key, value in keys.items()})
    granted = {key.lower() for keys in operators.values() for key in keys}
    several = []
    for key, values in _settled(permission.context, context.values).items():
        if key.lower() in granted or not all(map(_storable, (key, *values))):
            continue
        operator, compared = _comparison(key, values)
        if operator:
            operators.setdefault(operator, {})[key] = compared
            if operator.startswith("ForAllValues:"):
                several.append(key)
    tagged = any(key.lower().startswith("aws:requesttag/") for keys in operators.values() for key in keys)
    for key in several:
        # A tag's value is demanded beside its key, so that the list of keys is not empty.
        if not (tagged and key.lower() == "aws:tagkeys"):
            operators.setdefault("Null", {})[key] = ("false",)
    return tuple((operator, tuple(sorted(operators[operator].items()))) for operator in sorted(operators))


def _settled(declared: Iterable[str], values: Mapping[str, Value]) -> dict[str, tuple[str, ...]]:
    """Return the values of the declared keys that are settled; keys that differ only in case are one key to AWS."""
    names = {name.lower() for name in declared}
    starts = tuple(name[:-1] for name in names if name.endswith("/*"))
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for key, value in values.items():
        if key.lower() in names or (starts and key.lower().startswith(starts)):
            first, before = found.get(key.lower(), (key, ()))
            found[key.lower()] = (first, (*before, *((value,) if isinstance(value, str) else value)))
    return dict(found.values())


def _comparison(key: str, values: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the operator and the values to compare a key with; no operator where it is better not compared."""
    known = catalog.condition_key(key)
    kind, several = (known.type, known.several) if known is not None else ("String", len(values) > 1)
    match kind:
        case "Bool":
            return ("Bool", ("true",)) if values == ("true",) else ("", ())
        case "Numeric":
            return "NumericLessThanEquals", (max(values, key=float),)
        case "String" | "ARN":
            operator = "ArnEquals" if kind == "ARN" else "StringEquals"
            compared = tuple(sorted({_compared(kind, value) for value in values}))
            return (f"ForAllValues:{operator}" if several else operator), compared
        case _:
            return "", ()


def _compared(kind: str, value: str) -> str:
    return exactly(value) if kind == "ARN" else value.replace("${", "${$}{")


def _storable(text: str) -> bool:
    """Say whether a policy can hold a text: its characters go up to U+00FF.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
    """
    return all(" " <= character <= "\u00ff" for character in text)
