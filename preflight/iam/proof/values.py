"""Values of one condition key that between them show everything that a set of conditions can say of it.

The key may be absent, have a value, or several. Which texts a set of patterns tells apart is found by running them
together; of numbers, dates and addresses the limits and what lies between them are enough; of several values it counts
which kinds of value are among them.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import combinations as choices
from typing import NamedTuple

from preflight.iam.conditions import Condition, Quantifier
from preflight.iam.dates import instant
from preflight.iam.key_facts import is_multivalued
from preflight.iam.proof.keys import may_be_empty, typical
from preflight.iam.proof.patterns.automaton import words
from preflight.iam.proof.patterns.symbols import (
    COLON,
    NONE,
    ONE,
    RUN,
    Symbol,
    Symbols,
    arn_symbols,
    either_case,
    instances,
    symbols,
)
from preflight.iam.proof.patterns.symbols import literal as exactly
from preflight.iam.satisfiable import representatives
from preflight.iam.variables import as_text, as_tokens
from preflight.iam.wildcard import arn_parts, text_of

Values = tuple[str, ...]
"""The values of a key in a request; none where it is absent."""

_MOST_KINDS = 10
_EQUAL, _FOLDED, _LIKE = "StringEquals", frozenset({"StringEqualsIgnoreCase", "Bool"}), "StringLike"
_ARN = frozenset({"ArnEquals", "ArnLike"})
_TEXT = frozenset({_EQUAL, _LIKE, *_FOLDED, *_ARN})
_BEYOND_ASCII = "a comparison without case of letters beyond ASCII"
_FILLS = (("example", "x"), ("", "y"), ("xyzq", "z"), ("a/b:c", "w"))
_ANY_ARN: Symbols = (
    *exactly("arn:"),
    *(symbol for _ in range(4) for symbol in (Symbol("run", COLON), *exactly(":"))),
    RUN,
)


class Candidates(NamedTuple):
    """Values of a key, the most readable first. `missing` says what they may lack; empty where they show everything."""

    values: tuple[Values, ...]
    missing: str = ""


def candidates(key: str, conditions: Sequence[Condition], *, thorough: bool) -> Candidates:
    """Return values of a key that show what conditions on it, all without variables, can say together.

    Without `thorough` only those that cost nothing to find; they may then be too few.
    """
    about = [each for each in conditions if each.base.name != "Null"]
    found, missing = _single(key, about, thorough=thorough)
    empty = may_be_empty(key)
    if not empty:
        found = [each for each in found if each]
    values: list[Values] = [(), *((each,) for each in found)]
    if empty and about and ("",) not in values and not _typed(about):
        values.append(("",))
    if is_multivalued(key) or any(each.quantifier is not Quantifier.NONE for each in about):
        several, more = _several(found, about, thorough=thorough)
        values += several
        missing = missing or more
    return Candidates(tuple(dict.fromkeys(values)), missing)


def _typed(about: Sequence[Condition]) -> bool:
    return not {each.base.positive for each in about} & (_TEXT - {"Bool"})


def _several(found: Sequence[str], about: Sequence[Condition], *, thorough: bool) -> tuple[list[Values], str]:
    """Return sets of values: of each kind that the conditions tell apart, one is enough."""
    kinds: dict[tuple[bool, ...], str] = {}
    for value in found:
        kinds.setdefault(tuple(each.test is not None and each.test(value) for each in about), value)
    of_each = list(kinds.values())
    whole = len(of_each) <= _MOST_KINDS
    most = len(of_each) if thorough and whole else 2
    sets = [each for size in range(2, most + 1) for each in choices(of_each, size)]
    if whole and (thorough or most >= len(of_each)):
        return sets, ""
    return [*sets, tuple(of_each)], "the set operators on one key distinguish too many values"


def _single(key: str, about: Sequence[Condition], *, thorough: bool) -> tuple[list[str], str]:
    operators = {each.base.positive for each in about}
    if not operators:
        return [typical(key)], ""
    if operators == {"Bool"}:
        return ["true", "false"], ""
    if operators <= _TEXT:
        return _texts(key, about, thorough=thorough)
    if operators == {"BinaryEquals"}:
        return [*(value for each in about for value in each.values), base64.b64encode(b"example").decode()], ""
    values = [value for each in about for value in each.values]
    found = representatives(operators, values)
    if found is not None:
        if all(each.startswith("Date") for each in operators):
            found = [_date(each) for each in found]
        return [*_first(found, typical(key)), *found], ""
    mixed = [*values, typical(key)]
    for operator in sorted(operators - _TEXT):
        mixed += representatives({operator}, values) or ()
    texts = [each for each in about if each.base.positive in _TEXT]
    return [*_texts(key, texts, thorough=False)[0], *mixed], "operators of different families test one key"


def _first(found: Sequence[str], value: str) -> list[str]:
    """Return a readable value where it is of the kind that the others are."""
    return [value] if value != "example" and found else []


def _date(seconds: str) -> str:
    number = Decimal(seconds)
    if number == int(number) and 0 <= number < 250_000_000_000:
        text = datetime.fromtimestamp(int(number), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if instant(text) == number:
            return text
    return seconds


def _texts(key: str, about: Sequence[Condition], *, thorough: bool) -> tuple[list[str], str]:
    groups = [[*_patterns(each)] for each in about]
    arns = all(each.base.positive in _ARN for each in about)
    found = [typical(key)] if not arns or typical(key).startswith("arn:") else []
    if arns:
        found.append("arn:aws:example:us-east-1:444455556666:example")
    wild = False
    for each, patterns in zip(about, groups, strict=True):
        found += [as_text(value.parts) for value in each.templates] if each.base.positive not in _ARN | {_LIKE} else ()
        found += [text for value in each.templates for text in _readable(as_tokens_text(each, value))]
        for pattern in patterns:
            fixed = all(symbol.kind == "is" for symbol in pattern)
            wild |= not fixed
            found += instances(pattern, _FILLS[:1] if fixed else _FILLS)
    found.append(next(text for text in ("other", "another", "xyzq-other") if text not in found))
    folded = [each.base.positive in _FOLDED for each in about]
    if not wild and (all(folded) or not any(folded)):
        return found, "" if _ascii(about) else _BEYOND_ASCII
    if not thorough:
        return found, "not looked at yet"
    if not _ascii(about):
        return found, _BEYOND_ASCII
    base = _ANY_ARN if arns else (RUN,) if may_be_empty(key) else (ONE, RUN)
    shown = words([[base], *groups], [True, *(None for _ in groups)])
    found += shown.words.values()
    return found, "" if shown.whole else f"the patterns for {key} overlap in too many ways"


def as_tokens_text(condition: Condition, value: object) -> str:
    """Return a value of a condition with wildcards as a pattern's text; empty for one that has none."""
    from preflight.iam.variables import VariableText

    assert isinstance(value, VariableText)
    return text_of(as_tokens(value.parts)) if condition.base.positive in _ARN | {_LIKE} else ""


def _readable(pattern: str) -> Iterator[str]:
    """Yield an ARN that a pattern matches, with an account and a region where it has `*` for them."""
    parts = pattern.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn":
        for place, usual in ((1, "aws"), (3, "us-east-1"), (4, "444455556666")):
            parts[place] = usual if parts[place] == "*" else parts[place]
        yield ":".join(parts).replace("*", "example").replace("?", "x")


def _ascii(about: Sequence[Condition]) -> bool:
    return all(value.isascii() for each in about if each.base.positive in _FOLDED for value in each.values)


def _patterns(condition: Condition) -> Iterator[Symbols]:
    """Yield the values of a condition on texts as symbols; one that can match nothing is left out."""
    operator = condition.base.positive
    for value in condition.templates:
        if operator in _ARN:
            pattern = as_tokens(value.parts)
            found = arn_symbols(pattern) if arn_parts(pattern) is not None else None
            if found is not None:
                yield found
        elif operator == _LIKE:
            yield symbols(as_tokens(value.parts), NONE)
        else:
            text = as_text(value.parts)
            yield either_case(text) if operator in _FOLDED else exactly(text)
