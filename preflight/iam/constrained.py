"""Whether what little is known of a context key's value decides a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from preflight.iam.dates import instant
from preflight.iam.operators import Test
from preflight.iam.pattern import covers_tokens, overlaps_tokens
from preflight.iam.variables import Constrained
from preflight.iam.wildcard import Tokens, arn_parts, tokens


def meets(found: Constrained, operator: str, values: Sequence[str], test: Test) -> bool | None:
    """Say whether a key matches any of an operator's values, for whatever value it may have; None if that differs.

    `operator` is the positive one, `values` are without variables, `test` is theirs.
    """
    if operator.startswith("Date"):
        return None if found.period is None else _by_date(found.period, values, test)
    if operator in ("StringEquals", "StringLike"):
        wanted = [_exactly(value) if operator == "StringEquals" else tokens(value) for value in values]
        return _by_pattern(found.patterns, wanted)
    if operator in ("ArnEquals", "ArnLike"):
        return _by_arn(found.patterns, [tokens(value) for value in values])
    return None


def _exactly(value: str) -> Tokens:
    return (value,) if value else ()


def _by_pattern(patterns: Sequence[Tokens], wanted: Sequence[Tokens]) -> bool | None:
    if all(any(covers_tokens(each, pattern) for each in wanted) for pattern in patterns):
        return True
    if any(overlaps_tokens(each, pattern) for each in wanted for pattern in patterns):
        return None
    return False


def _by_arn(patterns: Sequence[Tokens], wanted: Sequence[Tokens]) -> bool | None:
    split = [arn_parts(pattern) for pattern in patterns]
    sought = [parts for parts in map(arn_parts, wanted) if parts is not None]
    if any(parts is None for parts in split):
        return None
    known = [parts for parts in split if parts is not None]

    def every(test: object, one: tuple[Tokens, ...], other: tuple[Tokens, ...]) -> bool:
        assert callable(test)
        return all(test(left, right) for left, right in zip(one, other, strict=True))

    if all(any(every(covers_tokens, each, parts) for each in sought) for parts in known):
        return True
    return None if any(every(overlaps_tokens, each, parts) for each in sought for parts in known) else False


def _by_date(period: tuple[Decimal, Decimal], values: Sequence[str], test: Test) -> bool | None:
    """Try the ends of the period, every limit within it, and a moment before and after each."""
    first, last = period
    limits = [limit for value in values if (limit := instant(value)) is not None and first <= limit <= last]
    moments = [first, last, *(limit + step for limit in limits for step in (-1, 0, 1))]
    answers = {test(f"{moment:f}") for moment in moments if first <= moment <= last}
    return answers.pop() if len(answers) == 1 else None
