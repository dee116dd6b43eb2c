"""The Action and Resource elements of statements, ready for the search; compiled once for the same patterns."""

from __future__ import annotations

from functools import lru_cache

from preflight.iam.proof.patterns.names import Names
from preflight.iam.proof.patterns.symbols import Symbols, segment_symbols, symbols, template_symbols
from preflight.iam.resource_patterns import Reading, any_resource, has_early_variable, read_pattern
from preflight.iam.statement import Patterns
from preflight.iam.variables import VariableText, fixed
from preflight.iam.wildcard import Tokens, any_of, tokens


@lru_cache(maxsize=4096)
def action_names(patterns: Patterns) -> Names:
    """Return an Action or NotAction element; names of actions are in lower case."""
    found = tuple(dict.fromkeys(symbols(tokens(text.lower())) for text in patterns.texts))
    return Names(patterns.negated, found, patterns.fixed)


@lru_cache(maxsize=4096)
def resource_names(patterns: Patterns) -> Names:
    """Return a Resource or NotResource element."""
    sure: dict[Tokens, None] = {}
    varying: dict[Symbols, None] = {}
    spread: dict[Tokens, None] = {}
    unclear: dict[Tokens, None] = {}
    for each in patterns.templates:
        reading = read_pattern(each, each.parts, completed=patterns.completed)
        unclear.update(dict.fromkeys(reading.others))
        if has_early_variable(each) and patterns.negated:
            # Whether it spares anything at all is not known.
            unclear[tokens("*")] = None
        if reading.sure is None:
            continue
        if fixed(each):
            sure[reading.sure] = None
        else:
            varying[template_symbols(each, completed=_completed(each, reading))] = None
            spread[reading.sure] = None
    strict = tuple(map(segment_symbols, sure))
    loose = tuple(each for each in map(symbols, sure) if each not in strict)
    return Names(
        patterns.negated,
        strict,
        any_resource(list(sure)),
        loose,
        any_of(sure) if loose else None,
        tuple(varying),
        tuple(map(symbols, unclear)),
        any_of([*unclear, *spread]) if unclear or spread else None,
    )


def _completed(source: VariableText, reading: Reading) -> int:
    """Return how many fields AWS adds to an ARN that lacks some."""
    written = sum(part.count(":") for part in source.parts if isinstance(part, str))
    read = sum(part.count(":") for part in reading.sure or () if isinstance(part, str))
    return max(0, read - written)
