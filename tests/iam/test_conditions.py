"""Operators, missing keys, sets of values and variables, one condition at a time."""

from __future__ import annotations

import pytest

from preflight.iam.conditions import Truth, condition
from preflight.iam.dates import instant
from preflight.iam.variables import Found, Missing


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
    ("Bool", "true", "yes"),
    ("IpAddress", "10.0.0.0/8", "::ffff:10.0.0.1"),
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


def test_an_unset_variable_fails_its_condition_even_when_negated() -> None:
    assert truth("StringNotEquals", "${aws:user}", ("x",)) is Truth.FALSE


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
