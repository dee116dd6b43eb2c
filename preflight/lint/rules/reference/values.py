"""Values of conditions: are they of the type that their operator compares, and what their key can hold.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from preflight import catalog
from preflight.iam.dates import instant
from preflight.iam.operators import OPERATORS, number
from preflight.lint.analysis.condition_index import Tested
from preflight.lint.analysis.ip_networks import network
from preflight.lint.analysis.policy_variables import possible
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.statements import ConditionEntry, Entry
from preflight.lint.policy.subject import Subject

_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_ARN_PARTS = 6


def values_alike(subject: Subject) -> Iterator[Finding]:
    """Find lists of values of different JSON types."""
    for condition in subject.once(Tested).all:
        if isinstance(condition.raw, list) and len(condition.raw) > 1:
            types = {_json_type(each) for each in condition.raw}
            if len(types) > 1 and None not in types:
                listed = " and ".join(sorted(each for each in types if each))
                yield Finding(
                    condition.pointer,
                    f"the values of {condition.key} are {listed} in one list",
                    "write all of them as strings",
                )


def _json_type(value: object) -> str | None:
    if isinstance(value, bool):
        return "booleans"
    if isinstance(value, (int, float)):
        return "numbers"
    return "strings" if isinstance(value, str) else None


def variable_allowed(subject: Subject) -> Iterator[Finding]:
    """Find policy variables in values of operators that take none."""
    if subject.version != "2012-10-17":
        return
    for condition in subject.once(Tested).all if subject.once(possible) else ():
        for value in condition.values if condition.mentions("${") else ():
            if "${" not in value.text:
                continue
            known = OPERATORS.get(condition.lower_base)
            if known is not None and not known.variables and _VARIABLE.search(value.text):
                yield Finding(
                    value.pointer,
                    f"{condition.operator} doesn't support policy variables: {value.text!r} is compared literally",
                    "write a fixed value, or use a string or ARN operator",
                )


def boolean_valid(subject: Subject) -> Iterator[Finding]:
    """Find values of Bool and Null that are neither true nor false."""
    for kind in ("Bool", "Null"):
        yield from _of_kind(subject, kind, _is_boolean, "neither true nor false", 'write "true" or "false"')


def _is_boolean(text: str) -> bool:
    return text.lower() in ("true", "false")


def date_valid(subject: Subject) -> Iterator[Finding]:
    """Find values of date operators that are no dates."""
    remedy = "write a date such as 2026-11-23T00:00:00Z"
    return _of_kind(subject, "Date", lambda text: instant(text) is not None, "no date", remedy)


_EPOCH = re.compile(r"-?\d{5,}(\.\d+)?")


def date_readable(subject: Subject) -> Iterator[Finding]:
    """Find dates as seconds since 1970."""
    for condition in subject.once(Tested).of_kind("Date"):
        for value in condition.values:
            if _EPOCH.fullmatch(value.text):
                yield Finding(
                    value.pointer,
                    f"the date {value.text} is in seconds since 1970, which AWS may not read as you expect",
                    f"write {_written(value.text)}",
                )


def _written(seconds: str) -> str:
    from datetime import UTC, datetime, timedelta

    try:
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(seconds))
    except (OverflowError, ValueError):
        return "a date such as 2026-11-23T00:00:00Z"
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def number_valid(subject: Subject) -> Iterator[Finding]:
    """Find values of numeric operators that are no numbers."""
    return _of_kind(subject, "Numeric", lambda text: number(text) is not None, "no number", "write a number")


def address_valid(subject: Subject) -> Iterator[Finding]:
    """Find values of address operators that are no addresses or ranges of them."""
    remedy = "write an address or a range, such as 203.0.113.0/24 or 2001:db8::/32"
    return _of_kind(subject, "IPAddress", lambda text: network(text) is not None, "no address or range", remedy)


def binary_valid(subject: Subject) -> Iterator[Finding]:
    """Find values of BinaryEquals that are not base64."""
    return _of_kind(subject, "Binary", _is_base64, "not base64", "encode it in base64")


def _is_base64(text: str) -> bool:
    from base64 import b64decode

    try:
        b64decode(text, validate=True)
    except ValueError:
        return False
    return True


def arn_valid(subject: Subject) -> Iterator[Finding]:
    """Find values that lack a part of an ARN, of ARN operators or of keys that hold ARNs: they match nothing."""
    yield from _of_kind(
        subject,
        "ARN",
        lambda text: text == "*" or len(_VARIABLE.sub("*", text).split(":", _ARN_PARTS - 1)) == _ARN_PARTS,
        "no ARN of six parts, so that it matches nothing",
        "write an ARN, such as arn:aws:iam::111122223333:role/*",
        variables=True,
    )
    for condition in subject.once(Tested).of_kind("String"):
        for value in condition.values if _holds_arns(condition.lower_key) else ():
            if value.text[:4] != "arn:" and not set("*?$") & set(value.text[:5]):
                yield Finding(
                    value.pointer,
                    f"{value.text!r}, a value of {condition.key}, isn't an ARN, so it never matches",
                    "use an ARN, or a condition key that holds such values",
                )


@lru_cache(maxsize=1024)
def _holds_arns(key: str) -> bool:
    """Whether the key is one of those that hold ARNs; what a tag or an encryption context holds, nobody knows."""
    known = catalog.condition_key(key) if ":" in key else None
    return known is not None and known.type == "ARN" and "${" not in known.name


def wildcard_works(subject: Subject) -> Iterator[Finding]:
    """Find wildcards in values of operators that compare them as they are."""
    for condition in subject.once(Tested).of_kind("String"):
        base = condition.lower_base
        if base.endswith("like"):
            continue
        for value in condition.values:
            if "*" in value.text or "?" in value.text:
                text = _VARIABLE.sub("", value.text)
                if "*" in text or "?" in text:
                    like = "StringNotLike" if "not" in base else "StringLike"
                    yield Finding(
                        value.pointer,
                        f"{condition.operator} compares {value.text!r} literally: wildcards don't match here",
                        f"use {like} if you mean a pattern",
                    )


def _plain(condition: ConditionEntry) -> Iterator[Entry]:
    return (value for value in condition.values if "${" not in value.text)


def _of_kind(
    subject: Subject, kind: str, valid: Callable[[str], bool], what: str, remedy: str, *, variables: bool = False
) -> Iterator[Finding]:
    for condition in subject.once(Tested).of_kind(kind):
        for value in condition.values if variables else _plain(condition):
            if not valid(value.text):
                message = f"the value {value.text!r} of {condition.operator} is {what}"
                yield Finding(value.pointer, message, remedy)
