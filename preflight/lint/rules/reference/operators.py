"""Condition operators: is there such an operator, and does it fit its key's type.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from preflight import catalog
from preflight.catalog.nearest import nearest
from preflight.engine.result import Level
from preflight.iam.operators import OPERATORS
from preflight.lint.analysis.condition_index import Tested, operator_kind
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.statements import ConditionEntry
from preflight.lint.policy.subject import Subject

_QUALIFIERS = ("ForAllValues", "ForAnyValue")
_FITTING = {
    "String": "StringEquals or StringLike",
    "ARN": "ArnLike",
    "Bool": "Bool",
    "IPAddress": "IpAddress",
    "Numeric": "NumericEquals or NumericLessThan",
    "Date": "DateLessThan or DateGreaterThan",
}
_USABLE = frozenset(
    {("String", "ARN"), ("ARN", "String"), ("Numeric", "Date"), ("Date", "Numeric"), ("Bool", "String")}
)
"""Operator and key of different types that AWS compares as one would expect: ARNs as text, dates as seconds."""

_EITHER = frozenset({("Numeric", "aws:epochtime"), ("Binary", "String")})


def operator_exists(subject: Subject) -> Iterator[Finding]:
    """Find operators that AWS does not have. A misplaced IfExists or qualifier is the grammar's matter."""
    seen = set()
    for condition in subject.once(Tested).all:
        problem = _unknown(condition.operator)
        pointer = condition.pointer.rpartition("/")[0]
        if problem is not None and pointer not in seen:
            seen.add(pointer)
            yield Finding(pointer, *problem, on_name=True)


@lru_cache(maxsize=4096)
def _unknown(operator: str) -> tuple[str, str] | None:
    head, colon, rest = operator.rpartition(":")
    base = rest[: -len("IfExists")] if rest.lower().endswith("ifexists") else rest
    known = OPERATORS.get(base.lower())
    if known is not None and (not colon or head.lower() in ("forallvalues", "foranyvalue")):
        return None
    names = [each.name for each in OPERATORS.values()]
    meant = known.name if known is not None else _meant(base, names)
    qualifier = nearest(head, _QUALIFIERS) if colon else None
    end = "IfExists" if base != rest else ""
    whole = f"{qualifier}:{meant}{end}" if qualifier and meant else f"{meant}{end}" if meant and not colon else None
    return (
        f"unknown condition operator {operator!r}",
        f"write {whole}" if whole else f"use one of {', '.join(names)}",
    )


_COMMON = {
    "boolean": "Bool",
    "booleanequals": "Bool",
    "boolequals": "Bool",
    "notequals": "StringNotEquals",
    "equals": "StringEquals",
    "like": "StringLike",
    "notlike": "StringNotLike",
    "stringmatch": "StringLike",
    "stringcontains": "StringLike",
    "stringstartswith": "StringLike",
    "ipaddressnot": "NotIpAddress",
    "ipnotaddress": "NotIpAddress",
    "ipaddressequals": "IpAddress",
    "numericgreaterthanorequals": "NumericGreaterThanEquals",
    "numericlessthanorequals": "NumericLessThanEquals",
    "dateafter": "DateGreaterThan",
    "datebefore": "DateLessThan",
    "isnull": "Null",
    "stringnotequalsignorecase": "StringNotEqualsIgnoreCase",
    "stringlikeignorecase": "StringEqualsIgnoreCase",
}
"""What people write for operators that AWS calls otherwise."""


def _meant(base: str, names: list[str]) -> str | None:
    return _COMMON.get(base.lower()) or nearest(base, names)


def operator_fits_key(subject: Subject) -> Iterator[Finding]:
    """Find operators of another type than their key's."""
    for condition in subject.once(Tested).all:
        found = _misfit(condition.operator, condition.key)
        if found is not None and not _same(found, condition):
            kind, right, level = found
            yield Finding(
                condition.pointer,
                f"{condition.operator} compares values of type {kind}, but {condition.key} is of type {right}",
                f"use {_FITTING[right]}{_suffix(condition)}",
                on_name=True,
                level=level,
            )


def _same(found: tuple[str, str, Level], condition: ConditionEntry) -> bool:
    """Whether comparing ARNs as text is just the same: a wildcard stops at a colon only as part of an ARN."""
    return found[:2] == ("String", "ARN") and not (
        condition.lower_base.endswith("like") and any("*" in each.text for each in condition.values)
    )


def _suffix(condition: ConditionEntry) -> str:
    return ", with IfExists as here" if condition.if_exists else ""


@lru_cache(maxsize=8192)
def _misfit(operator: str, key: str) -> tuple[str, str, Level] | None:
    kind = operator_kind(operator)
    found = catalog.condition_key(key) if kind not in ("", "Null") and ":" in key else None
    if found is None or found.type == kind or found.type not in _FITTING:
        return None
    if (kind, key.lower()) in _EITHER or (kind, found.type) in _EITHER:
        return None
    if kind == "ARN" and "${" in found.name:  # a tag or a pair of an encryption context may well hold an ARN
        return None
    return kind, found.type, Level.NOTE if (kind, found.type) in _USABLE else Level.WARNING
