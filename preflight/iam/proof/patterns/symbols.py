"""Patterns as sequences of symbols, the common form of everything that a text can be compared with in a policy.

A symbol is one letter of a set, any one letter, or any run of letters; the two latter may bar some letters, as the
first five parts of an ARN bar colons. A policy variable is one letter of its own, which no text holds: whatever its
value is, it is the same in both places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from preflight.iam.variables import Variable, VariableText
from preflight.iam.wildcard import Tokens, Wild, arn_parts, normal, tokens


class Symbol(NamedTuple):
    """`is`: one of `letters`; `one`: any letter but these; `run`: any number of any letters but these."""

    kind: str
    letters: frozenset[str]


Symbols = tuple[Symbol, ...]
NONE: frozenset[str] = frozenset()
COLON, SLASH = frozenset(":"), frozenset("/")
RUN, ONE = Symbol("run", NONE), Symbol("one", NONE)
_COLONS = 5
_VARIABLES = 0xE100
"""Variables are letters of the private use area from here on, which `letter_of` gives out."""
_letters: dict[tuple[str, str | None], str] = {}


def literal(text: str) -> Symbols:
    """Return a text as symbols."""
    return tuple(Symbol("is", frozenset(letter)) for letter in text)


def either_case(text: str) -> Symbols:
    """Return a text as symbols that match it in upper and lower case."""
    return tuple(Symbol("is", frozenset({letter.lower(), letter.upper()})) for letter in text)


def symbols(pattern: Tokens, barred: frozenset[str] = NONE) -> Symbols:
    """Return a pattern as symbols; its wildcards do not stand for the letters of `barred`."""
    found: list[Symbol] = []
    for token in pattern:
        if token is Wild.STAR:
            found.append(Symbol("run", barred))
        elif token is Wild.ONE:
            found.append(Symbol("one", barred))
        else:
            found.extend(literal(str(token)))
    return tuple(found)


def arn_symbols(pattern: Tokens) -> Symbols | None:
    """Return a pattern of ArnLike as symbols: wildcards of the first five parts do not reach beyond them."""
    parts = arn_parts(pattern)
    if parts is None:
        return None
    found: list[Symbol] = []
    for place, part in enumerate(parts):
        if place:
            found.extend(literal(":"))
        found.extend(symbols(part, NONE if place == len(parts) - 1 else COLON))
    return tuple(found)


def segment_symbols(pattern: Tokens) -> Symbols:
    """Return a pattern of a Resource element as symbols: a wildcard stays within its segment, but for a `*` that is the
    last character of it (`iam.wildcard.resource_matcher`).
    """
    found: list[Symbol] = []
    for at, token in enumerate(pattern):
        if token is Wild.STAR:
            last = at == len(pattern) - 1 or str(pattern[at + 1]).startswith(":")
            found.append(Symbol("run", NONE if last else COLON))
        elif token is Wild.ONE:
            found.append(Symbol("one", COLON))
        else:
            found.extend(literal(str(token)))
    return tuple(found)


def template_symbols(source: VariableText, completed: int = 0) -> Symbols:
    """Return a template of a Resource element as symbols, each variable as its letter, with `completed` fields more."""
    marked: list[str | Wild] = []
    for part in source.parts:
        if isinstance(part, str):
            marked.extend(tokens(part))
        else:
            marked.append(letter_of(part) if part.key else part.default or "")
    for _ in range(completed):
        marked.extend((":", Wild.STAR))
    return segment_symbols(normal(marked))


def letter_of(variable: Variable) -> str:
    """Return the letter that stands for a variable; those of one key and default are one."""
    name = variable.key, variable.default
    if name not in _letters:
        _letters[name] = chr(_VARIABLES + len(_letters) % 0x1000)
    return _letters[name]


def is_variable(letter: str) -> bool:
    """Whether a letter stands for a variable."""
    return _VARIABLES <= ord(letter) < _VARIABLES + 0x1000


def variables_in(word: str) -> Iterator[tuple[str, str, str | None]]:
    """Yield the variables whose letters a word holds: letter, key and default."""
    names = {letter: name for name, letter in _letters.items()}
    for letter in dict.fromkeys(word):
        if letter in names:
            yield (letter, *names[letter])


def has_variable(pattern: Symbols) -> bool:
    """Whether a variable stands in a pattern."""
    return any(each.kind == "is" and any(map(is_variable, each.letters)) for each in pattern)


@lru_cache(maxsize=8192)
def aligned(pattern: Symbols) -> Symbols:
    """Return a pattern of whole ARNs so that wildcards of its first five fields stay in their field.

    A name that repeats what follows in the pattern, as `stack/a/:stack/b/`, is no name of AWS's; AWS's custom policy
    checks do not take `…:*:stack/a/*` and `…:*:stack/b/*` to meet either.
    """
    colons = [at for at, each in enumerate(pattern) if each.kind == "is" and ":" in each.letters]
    if len(colons) < _COLONS:
        return pattern
    end = colons[_COLONS - 1]
    return (*(each if each.kind == "is" else Symbol(each.kind, COLON) for each in pattern[:end]), *pattern[end:])


def after_run(pattern: Symbols) -> bool:
    """Whether a variable stands right after a run that keeps to its segment: a value with a colon would change that."""
    return any(
        one.kind == "run" and one.letters and other.kind == "is" and any(map(is_variable, other.letters))
        for one, other in pairwise(pattern)
    )


def widened(pattern: Symbols) -> Symbols:
    """Return a pattern with each variable as a run: it matches what the pattern does, whatever the values are."""
    return tuple(RUN if each.kind == "is" and any(map(is_variable, each.letters)) else each for each in pattern)


def instances(pattern: Symbols, fills: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield words that a pattern matches, for each pair of what to write for a run and for one letter."""
    for run, one in fills:
        found = []
        for place, each in enumerate(pattern):
            if each.kind == "one" and run and pattern[place + 1 : place + 2] == (Symbol("run", each.letters),):
                continue
            if each.kind == "is":
                found.append(min(each.letters))
            else:
                text = run if each.kind == "run" else one
                found.append("".join(letter for letter in text if letter not in each.letters))
        yield "".join(found)
