"""The comparisons behind condition operators: each builds, from a condition's values, a test of one request value.

A test answers whether the request value matches any of the condition's values. Negation, missing keys and sets of
values are the same for every operator and live in `conditions`.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from preflight.iam.dates import instant
from preflight.iam.variables import Variable, as_text, as_tokens
from preflight.iam.wildcard import any_of, arn_matcher, arn_parts, tokens

Resolved = tuple["str | Variable", ...]
Test = Callable[[str], bool]
Build = Callable[[Sequence[Resolved]], Test]
Fits = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator of AWS's list: `name` as AWS writes it, whether it is negated, whether its values take variables.

    `wanted` and `given` say whether a value of a policy, and one of a request, is of the operator's type; None where
    every text is, or where a value of another type simply does not match. What AWS makes of another type under these
    operators is not documented.
    """

    name: str
    build: Build
    negated: bool = False
    variables: bool = False
    positive: str = ""
    wanted: Fits | None = None
    given: Fits | None = None


def _string(values: Sequence[Resolved]) -> Test:
    return frozenset(map(as_text, values)).__contains__


def _boolean(values: Sequence[Resolved]) -> Test:
    wanted = frozenset(as_text(value).lower() for value in values) & _BOOLEANS
    return lambda value: value.lower() in wanted


_BOOLEANS = frozenset({"true", "false"})


def _is_boolean(text: str) -> bool:
    return text.lower() in _BOOLEANS


def _is_number(text: str) -> bool:
    return number(text) is not None


def _is_date(text: str) -> bool:
    return instant(text) is not None


def _is_network(text: str) -> bool:
    from ipaddress import ip_network  # here and below: a millisecond that most policies need not spend

    try:
        ip_network(text.strip(), strict=False)
    except ValueError:
        return False
    return True


def _is_address(text: str) -> bool:
    from ipaddress import ip_address

    try:
        ip_address(text.strip())
    except ValueError:
        return False
    return True


def _is_arn_pattern(text: str) -> bool:
    return arn_parts(tokens(text)) is not None


def _is_arn(text: str) -> bool:
    return text.count(":") >= 5


def _string_ignoring_case(values: Sequence[Resolved]) -> Test:
    wanted = frozenset(as_text(value).lower() for value in values)
    return lambda value: value.lower() in wanted


def _like(values: Sequence[Resolved]) -> Test:
    return any_of([as_tokens(value) for value in values])


def _arn(values: Sequence[Resolved]) -> Test:
    tests = [arn_matcher(as_tokens(value)) for value in values]
    return lambda value: any(test(value) for test in tests)


def _binary(values: Sequence[Resolved]) -> Test:
    wanted = frozenset(_bytes(as_text(value)) for value in values)
    return lambda value: _bytes(value) in wanted


def _bytes(text: str) -> bytes:
    from base64 import b64decode

    try:
        return b64decode(text, validate=True)
    except ValueError:
        return text.encode()


def number(text: str) -> Decimal | None:
    """Read an integer or decimal; None where the text is neither."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _numeric(compare: Callable[[Decimal, Decimal], bool]) -> Build:
    def build(values: Sequence[Resolved]) -> Test:
        limits = [limit for value in values if (limit := number(as_text(value))) is not None]

        def test(value: str) -> bool:
            found = number(value)
            return found is not None and any(compare(found, limit) for limit in limits)

        return test

    return build


def _date(compare: Callable[[Decimal, Decimal], bool]) -> Build:
    def build(values: Sequence[Resolved]) -> Test:
        limits = [limit for value in values if (limit := instant(as_text(value))) is not None]

        def test(value: str) -> bool:
            found = instant(value)
            return found is not None and any(compare(found, limit) for limit in limits)

        return test

    return build


def _address(values: Sequence[Resolved]) -> Test:
    from ipaddress import ip_address, ip_network

    networks = []
    for value in values:
        try:
            networks.append(ip_network(as_text(value).strip(), strict=False))
        except ValueError:
            continue

    def test(value: str) -> bool:
        try:
            found = ip_address(value.strip())
        except ValueError:
            return False
        return any(found.version == network.version and found in network for network in networks)

    return test


def other_form(address: str) -> str | None:
    """Return an IPv4 address as IPv6 (`::ffff:192.0.2.1`), or one that is written so as IPv4; None for others."""
    from ipaddress import IPv4Address, ip_address

    try:
        found = ip_address(address.strip())
    except ValueError:
        return None
    if isinstance(found, IPv4Address):
        return f"::ffff:{found}"
    return str(found.ipv4_mapped) if found.ipv4_mapped is not None else None


def _operators() -> dict[str, Operator]:
    text, taking_variables = (
        {
            "StringEquals": ("StringNotEquals", _string),
            "StringEqualsIgnoreCase": ("StringNotEqualsIgnoreCase", _string_ignoring_case),
            "StringLike": ("StringNotLike", _like),
            "ArnEquals": ("ArnNotEquals", _arn),
            "ArnLike": ("ArnNotLike", _arn),
            "Bool": ("", _boolean),
        },
        True,
    )
    plain: dict[str, tuple[str, Build]] = {
        "BinaryEquals": ("", _binary),
        "IpAddress": ("NotIpAddress", _address),
        "NumericEquals": ("NumericNotEquals", _numeric(operator.eq)),
        "NumericLessThan": ("", _numeric(operator.lt)),
        "NumericLessThanEquals": ("", _numeric(operator.le)),
        "NumericGreaterThan": ("", _numeric(operator.gt)),
        "NumericGreaterThanEquals": ("", _numeric(operator.ge)),
        "DateEquals": ("DateNotEquals", _date(operator.eq)),
        "DateLessThan": ("", _date(operator.lt)),
        "DateLessThanEquals": ("", _date(operator.le)),
        "DateGreaterThan": ("", _date(operator.gt)),
        "DateGreaterThanEquals": ("", _date(operator.ge)),
        "Null": ("", _boolean),
    }
    found = []
    for table, variables in ((text, taking_variables), (plain, False)):
        for name, (negation, build) in table.items():
            wanted, given = _TYPES.get(_family(name), (None, None))
            strict = name in ("Bool", "Null", "ArnEquals", "ArnLike")
            types = (wanted, given) if strict else (None, None)
            found.append(Operator(name, build, False, variables, name, *types))  # noqa: FBT003 -- each by its field
            if negation:
                found.append(Operator(negation, build, True, variables, name, wanted, given))  # noqa: FBT003
    return {each.name.lower(): each for each in found}


def _family(name: str) -> str:
    return next((family for family in _TYPES if name.startswith(family)), "")


_TYPES: dict[str, tuple[Fits, Fits]] = {
    "Bool": (_is_boolean, _is_boolean),
    "Null": (_is_boolean, _is_boolean),
    "Numeric": (_is_number, _is_number),
    "Date": (_is_date, _is_date),
    "IpAddress": (_is_network, _is_address),
    "Arn": (_is_arn_pattern, _is_arn),
}

OPERATORS = _operators()
"""AWS's operators by their name in lower case, without set qualifiers and `IfExists`."""
