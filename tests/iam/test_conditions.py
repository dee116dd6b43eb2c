"""Operators, missing keys, sets of values and variables, one condition at a time."""

from __future__ import annotations

from decimal import Decimal

import pytest

from preflight.iam.conditions import Truth, condition
from preflight.iam.dates import instant
from preflight.iam.variables import Constrained, Found, Missing
from preflight.iam.wildcard import tokens


def truth(operator: str, values: list[str] | str, given: Found, **others: Found) -> Truth:
    listed = (values,) if isinstance(values, str) else tuple(values)
    compiled = condition(operator, "k", listed, "2012-10-17")
    assert compiled is not None
    return compiled.truth(lambda key: given if key == "k" else others.get(key.partition(":")[2], Missing.ABSENT))


TRUE = [
    ("StringEquals", ["a", "b"], "b"),
    ("StringNotEquals", ["a", "b"], "c"),
    ("StringEqualsIgnoreCase", "ABC", "abc"),
    ("StringNotEqualsIgnoreCase", "ABC", "abd"),
    ("StringLike", "a*c?", "abbcd"),
    ("StringNotLike", "a*", "ba"),
    ("StringEquals", "${*}", "*"),
    ("NumericEquals", "10", "10.0"),
    ("NumericNotEquals", "10", "11"),
    ("NumericLessThan", "10", "9.5"),
    ("NumericLessThanEquals", "10", "10"),
    ("NumericGreaterThan", ["10", "5"], "7"),
    ("NumericGreaterThanEquals", "10", "1e1"),
    ("DateEquals", "2024-01-01T00:00:00Z", "1704067200"),
    ("DateNotEquals", "2024-01-01", "2024-01-02"),
    ("DateLessThan", "2024-01-01T01:00:00+02:00", "2023-12-31T22:59:59Z"),
    ("DateLessThanEquals", "2024", "2024-01"),
    ("DateGreaterThan", "2024-01-01T00:00:00.5Z", "2024-01-01T00:00:00.6Z"),
    ("DateGreaterThanEquals", "1704067200", "2024-01-01T00:00Z"),
    ("Bool", "true", "True"),
    ("BinaryEquals", "QUI=", "QUI="),
    ("IpAddress", "10.0.0.0/8", "10.1.2.3"),
    ("IpAddress", "203.0.113.7", "203.0.113.7"),
    ("IpAddress", "2001:DB8::/32", "2001:db8::1"),
    ("NotIpAddress", "10.0.0.0/8", "2001:db8::1"),
    ("ArnEquals", "arn:aws:s3:::b*", "arn:aws:s3:::bucket"),
    ("ArnNotLike", "arn:aws:s3:::b*", "arn:aws:s3:::c"),
    ("Null", "false", "x"),
    ("stringequalsifexists", "a", "a"),
]


@pytest.mark.parametrize(("operator", "values", "given"), TRUE)
def test_operators_that_hold(operator: str, values: list[str] | str, given: str) -> None:
    assert truth(operator, values, (given,)) is Truth.TRUE


FALSE = [
    ("StringEquals", "a*", "ab"),
    ("StringEquals", "a", "A"),
    ("StringNotEquals", ["a", "b"], "a"),
    ("StringLike", "a?", "a"),
    ("NumericLessThan", "10", "ten"),
    ("NumericEquals", "NaN", "NaN"),
    ("DateLessThan", "2024-13-01", "2023-01-01"),
    ("IpAddress", "10.0.0.0/8", "::ffff:192.0.2.1"),
    ("IpAddress", "10.0.0.0/8", "10.0.0"),
    ("ArnLike", "arn:aws:iam::1*:role/r", "arn:aws:iam::222222222222:role/r"),
    ("Null", "true", "x"),
]


@pytest.mark.parametrize(("operator", "values", "given"), FALSE)
def test_operators_that_do_not_hold(operator: str, values: list[str] | str, given: str) -> None:
    assert truth(operator, values, (given,)) is Truth.FALSE


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringEqualsIfExists", True),
        ("StringNotLikeIfExists", True),
        ("NotIpAddress", True),
        ("NumericLessThan", False),
        ("ForAllValues:StringEquals", True),
        ("ForAllValues:StringNotEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
        ("ForAnyValue:StringEqualsIfExists", True),
    ],
)
def test_a_missing_key(operator: str, expected: bool) -> None:
    assert truth(operator, "1", Missing.ABSENT) == ("true" if expected else "false")
    assert truth("Null", "true", Missing.ABSENT) is Truth.TRUE


@pytest.mark.parametrize(
    ("operator", "given", "expected"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "c"), False),
        ("ForAnyValue:StringEquals", ("c", "a"), True),
        ("ForAnyValue:StringEquals", ("c", "d"), False),
        ("ForAllValues:StringNotEquals", ("c", "d"), True),
        ("ForAllValues:StringNotEquals", ("c", "a"), False),
        ("ForAnyValue:StringNotEquals", ("a", "c"), True),
        ("ForAnyValue:StringNotEquals", ("a", "b"), False),
    ],
)
def test_sets_of_values(operator: str, given: tuple[str, ...], expected: bool) -> None:
    assert truth(operator, ["a", "b"], given) == ("true" if expected else "false")


def test_variables_in_values() -> None:
    assert truth("StringEquals", "${aws:user}", ("bob",), user=("bob",)) is Truth.TRUE
    assert truth("StringLike", "${aws:user}/*", ("bo*/x",), user=("bo*",)) is Truth.TRUE
    assert truth("StringLike", "${aws:user}/*", ("bob/x",), user=("bo*",)) is Truth.FALSE
    assert truth("StringEquals", "${aws:user, 'x'}", ("x",)) is Truth.TRUE
    assert truth("StringEquals", ["${aws:user}", "y"], ("y",)) is Truth.TRUE
    assert truth("StringEquals", "${aws:user}", ("x",)) is Truth.FALSE
    assert truth("NumericEquals", "${aws:user}", ("5",), user=("5",)) is Truth.FALSE


@pytest.mark.parametrize("operator", ["StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike"])
def test_nothing_equals_a_variable_without_a_value(operator: str) -> None:
    assert truth(operator, "${aws:user}", ("x",)) is Truth.TRUE
    assert truth(operator, ["${aws:user}", "x"], ("x",)) is Truth.FALSE
    assert truth(operator.replace("Not", ""), "${aws:user}", ("x",)) is Truth.FALSE
    assert truth(f"ForAllValues:{operator}", "${aws:user}", ("x", "y")) is Truth.TRUE


def test_no_arn_is_like_a_variable_without_a_value() -> None:
    assert truth("ArnNotLike", "arn:aws:sns:*:*:${aws:user}", ("arn:aws:sns:us-east-1:1:t",)) is Truth.TRUE
    assert truth("ArnLike", "arn:aws:sns:*:*:${aws:user}", ("arn:aws:sns:us-east-1:1:t",)) is Truth.FALSE


@pytest.mark.parametrize(
    ("operator", "values", "given"),
    [
        ("NumericNotEquals", "10", "ten"),
        ("NumericNotEquals", "ten", "10"),
        ("DateNotEquals", "2024-01-01", "soon"),
        ("NotIpAddress", "10.0.0.0/8", "here"),
        ("NotIpAddress", ["10.0.0.0/8", "here"], "192.0.2.1"),
        ("ArnNotLike", "arn:aws:sns:*:*:t", "t"),
        ("ArnNotEquals", "arn:aws:sns:*", "arn:aws:sqs:us-east-1:1:q"),
        ("ArnLike", "arn:aws:sns:*", "arn:aws:sns:us-east-1:1:t"),
        ("Bool", "yes", "yes"),
        ("Bool", "true", "yes"),
        ("Bool", "yes", "true"),
        ("Null", "yes", "x"),
    ],
)
def test_values_of_another_type_are_open(operator: str, values: list[str] | str, given: str) -> None:
    assert truth(operator, values, (given,)) is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("operator", "values", "given", "expected"),
    [
        ("NumericNotEquals", ["ten", "10"], "10", Truth.FALSE),
        ("NotIpAddress", ["10.0.0.0/8", "here"], "10.1.1.1", Truth.FALSE),
        ("Bool", ["yes", "true"], "true", Truth.TRUE),
        ("ArnLike", "arn:aws:sns:*", "arn:aws:sqs:us-east-1:1:q", Truth.FALSE),
        ("NumericLessThan", "ten", "10", Truth.FALSE),
    ],
)
def test_values_of_another_type_matter_only_where_no_other_decides(
    operator: str, values: list[str] | str, given: str, expected: Truth
) -> None:
    assert truth(operator, values, (given,)) is expected


def test_several_values_need_a_set_operator() -> None:
    assert truth("StringEquals", "a", ("a", "b")) is Truth.UNKNOWN
    compiled = condition("StringEquals", "aws:TagKeys", ("a",), "2012-10-17")
    assert compiled is not None
    assert compiled.truth(lambda _: ("a",)) is Truth.UNKNOWN
    assert compiled.truth(lambda _: Missing.ABSENT) is Truth.FALSE
    assert "multivalued" in compiled.reason(lambda _: ("a",))
    assert truth("StringEquals", "${aws:user}", ("a",), user=("a", "b")) is Truth.UNKNOWN


def test_what_is_known_of_a_value_may_be_enough() -> None:
    known = Constrained(patterns=tuple(map(tokens, ("AROAONE:?*",))))
    assert truth("StringLike", "AROAONE:*", known) is Truth.TRUE
    assert truth("StringNotLike", ["AROATWO:*", "AROAONE:*"], known) is Truth.FALSE
    assert truth("StringLike", "AROATWO:*", known) is Truth.FALSE
    assert truth("StringLike", "*:s1", known) is Truth.UNKNOWN
    assert truth("Null", "true", known) is Truth.FALSE
    lately = Constrained(period=(Decimal(1_700_000_000), Decimal(1_700_100_000)))
    assert truth("DateLessThan", "2020-01-01", lately) is Truth.FALSE
    assert truth("DateGreaterThan", "2020-01-01", lately) is Truth.TRUE
    assert truth("DateGreaterThan", "1700050000", lately) is Truth.UNKNOWN


def test_what_is_unknown_is_unknown_only_where_it_matters() -> None:
    unknown = Missing.UNKNOWN
    assert truth("StringEquals", "a", unknown) is Truth.UNKNOWN
    assert truth("Null", ["true", "false"], unknown) is Truth.TRUE
    assert truth("StringLike", "a/${aws:user}", ("a/b",), user=unknown) is Truth.UNKNOWN
    assert truth("StringLike", "a/${aws:user}", ("b/b",), user=unknown) is Truth.FALSE
    assert truth("StringNotLike", "a/${aws:user}", ("b/b",), user=unknown) is Truth.TRUE
    assert truth("StringLike", ["a/${aws:user}", "b*"], ("b/b",), user=unknown) is Truth.TRUE


def test_version_2008_knows_no_variables() -> None:
    compiled = condition("StringEquals", "k", ("${aws:username}",), "2008-10-17")
    assert compiled is not None
    assert compiled.truth(lambda _: ("${aws:username}",)) is Truth.TRUE


@pytest.mark.parametrize("text", ["", "now", "2024-1-1", "2024-01-01T25:00Z", "12:00", "2024-02-30", "0x10"])
def test_what_is_no_date(text: str) -> None:
    assert instant(text) is None
