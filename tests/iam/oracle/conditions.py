"""The Condition element.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.iam.oracle.doubts import Doubts
from tests.iam.oracle.text import MULTIVALUED, MultivaluedVariableError, arn_matches, fill_in, matches, plain


def number(text: str) -> Decimal:
    """Read a number."""
    return Decimal(text)


def instant(text: str) -> Decimal:
    """Read a date: seconds since 1970, or ISO 8601 in one of W3C's forms."""
    try:
        return Decimal(text)
    except InvalidOperation:
        pass
    if len(text) == 4:
        text += "-01-01"
    if len(text) == 7:
        text += "-01"
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Decimal(str(moment.timestamp()))


def in_network(network: str, address: str) -> bool:
    """Say whether an address lies in a network; IPv4 and IPv6 never mix."""
    block, single = ipaddress.ip_network(network, strict=False), ipaddress.ip_address(address)
    return block.version == single.version and single in block


def same_bytes(policy: str, request: str) -> bool:
    """Compare two base-64 texts by what they stand for."""
    return base64.b64decode(policy, validate=True) == base64.b64decode(request, validate=True)


# name -> does this request value match this policy value? (not yet negated)
TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda policy, request: plain(policy) == request,
    "StringEqualsIgnoreCase": lambda policy, request: plain(policy).lower() == request.lower(),
    "StringLike": matches,
    "NumericEquals": lambda policy, request: number(request) == number(policy),
    "NumericLessThan": lambda policy, request: number(request) < number(policy),
    "NumericLessThanEquals": lambda policy, request: number(request) <= number(policy),
    "NumericGreaterThan": lambda policy, request: number(request) > number(policy),
    "NumericGreaterThanEquals": lambda policy, request: number(request) >= number(policy),
    "DateEquals": lambda policy, request: instant(request) == instant(policy),
    "DateLessThan": lambda policy, request: instant(request) < instant(policy),
    "DateLessThanEquals": lambda policy, request: instant(request) <= instant(policy),
    "DateGreaterThan": lambda policy, request: instant(request) > instant(policy),
    "DateGreaterThanEquals": lambda policy, request: instant(request) >= instant(policy),
    "Bool": lambda policy, request: policy.lower() == request.lower(),
    "BinaryEquals": same_bytes,
    "IpAddress": in_network,
    "ArnEquals": arn_matches,
    "ArnLike": arn_matches,
}
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
WITH_VARIABLES = ("String", "Arn", "Bool")


def as_list(value: Any) -> list[str]:
    """Return policy values as a list of texts; JSON's true and 1 stand for "true" and "1"."""
    values = value if isinstance(value, list) else [value]
    return [("true" if one else "false") if isinstance(one, bool) else str(one) for one in values]


def conditions_hold(condition: dict[str, Any], version: str, context: dict[str, list[str]], doubts: Doubts) -> bool:
    """Every operator and every key under it must hold. `context` has its keys in lower case."""
    return all(
        condition_holds(operator, key, as_list(values), version, context, doubts)
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def condition_holds(
    operator: str, key: str, policy_values: list[str], version: str, context: dict[str, list[str]], doubts: Doubts
) -> bool:
    """One operator on one key."""
    request_values = context.get(key.lower(), [])
    quantifier, _, bare = operator.rpartition(":")
    if bare == "Null":
        wanted = "false" if request_values else "true"
        if wanted in [value.lower() for value in policy_values]:
            return True
        return not all(map(is_boolean, policy_values)) and doubts.perhaps((operator, key, *policy_values))
    if_exists = bare.endswith("IfExists")
    bare = bare.removesuffix("IfExists")
    negated = bare in NEGATED
    base = NEGATED.get(bare, bare)

    if quantifier and request_values == [""]:
        request_values = []  # the page on set operators counts an empty string as an empty set
    if not request_values:
        if if_exists:
            return True
        if quantifier == "ForAllValues":
            return True
        if quantifier == "ForAnyValue":
            return False
        return negated
    if not quantifier and (len(request_values) > 1 or key.lower() in MULTIVALUED):
        # Without ForAllValues or ForAnyValue a multivalued key is not supported.
        return doubts.perhaps((operator, key.lower(), *policy_values))

    known_values, in_doubt = policy_values, False
    if base.startswith(WITH_VARIABLES):
        known_values = []
        for value in policy_values:
            try:
                filled = fill_in(value, version, context)
            except MultivaluedVariableError:
                in_doubt = True
                continue
            if filled is not None:  # nothing equals, or is like, a value that is not there
                known_values.append(filled)

    def holds_for(request_value: str) -> bool:
        if any(compare(base, policy_value, request_value) for policy_value in known_values):
            return not negated
        same = (base, key.lower(), request_value, *policy_values)
        mapped = ipv4_of(request_value) or "::ffff:" + request_value if base == "IpAddress" else ""
        ranges = [one for one in known_values if ":" in request_value or "::ffff:" in one.lower()]
        if any(compare(base, policy_value, mapped) for policy_value in ranges):
            # Whether ::ffff:192.0.2.1 is 192.0.2.1 is not said.
            return doubts.perhaps(same) != negated
        if in_doubt or unclear(base, negated, known_values, request_value):
            return doubts.perhaps(same) != negated
        return negated

    if quantifier == "ForAnyValue":
        return any(holds_for(value) for value in request_values)
    return all(holds_for(value) for value in request_values)


def ipv4_of(address: str) -> str | None:
    """Return the IPv4 address that an address of IPv6 stands for, if it is written so."""
    prefix, _, rest = address.lower().rpartition(":")
    return rest if prefix == "::ffff" and rest.count(".") == 3 else None


def is_boolean(text: str) -> bool:
    """Say whether a text is true or false."""
    return text.lower() in ("true", "false")


def is_arn(text: str) -> bool:
    """Say whether a text has the six parts of an ARN."""
    return text.count(":") >= 5


def readable(read: Callable[[str], Any]) -> Callable[[str], bool]:
    """Say whether a text can be read as a type."""

    def test(text: str) -> bool:
        try:
            read(text)
        except (ValueError, InvalidOperation):
            return False
        return True

    return test


# family of operators -> is a policy's value, is a request's value of the type?
TYPES: dict[str, tuple[Callable[[str], bool], Callable[[str], bool]]] = {
    "Numeric": (readable(number), readable(number)),
    "Date": (readable(instant), readable(instant)),
    "IpAddress": (readable(lambda text: ipaddress.ip_network(text, strict=False)), readable(ipaddress.ip_address)),
    "Arn": (is_arn, is_arn),
    "Bool": (is_boolean, is_boolean),
}


def unclear(base: str, negated: bool, policy_values: list[str], request_value: str) -> bool:
    """Say whether a value that does not match is of another type, where that is not known to mean that it differs.

    A value of another type matches no positive operator; but a Boolean may be read loosely, and an ARN completed.
    """
    for family, (of_policy, of_request) in TYPES.items():
        if base.startswith(family):
            if family == "Arn" and not negated:
                short = [value for value in policy_values if not is_arn(value)]
                return any(matches(value, request_value) or matches(value + ":*", request_value) for value in short)
            if not negated and family != "Bool":
                return False
            return not all(map(of_policy, policy_values)) or not of_request(request_value)
    return False


def compare(base: str, policy_value: str, request_value: str) -> bool:
    """Apply a test; a value that is not of the operator's type matches nothing."""
    if base == "Bool" and not is_boolean(policy_value):
        return False
    try:
        return TESTS[base](policy_value, request_value)
    except (ValueError, InvalidOperation, binascii.Error):
        return False
