"""The Action and Resource elements of statements, ready for the search; compiled once for the same patterns."""

from __future__ import annotations

from functools import lru_cache

from preflight.iam.proof.names import Names
from preflight.iam.proof.symbols import symbols, template_symbols
from preflight.iam.statement import Patterns
from preflight.iam.variables import as_tokens, fixed
from preflight.iam.wildcard import any_of, tokens


@lru_cache(maxsize=4096)
def action_names(patterns: Patterns) -> Names:
    """Return an Action or NotAction element; names of actions are in lower case."""
    found = tuple(dict.fromkeys(symbols(tokens(text.lower())) for text in patterns.texts))
    return Names(found, (), patterns.negated, patterns.fixed, patterns.fixed)


@lru_cache(maxsize=4096)
def resource_names(patterns: Patterns) -> Names:
    """Return a Resource or NotResource element."""
    plain = tuple(dict.fromkeys(template_symbols(each) for each in patterns.templates if fixed(each)))
    varying = tuple(dict.fromkeys(template_symbols(each) for each in patterns.varying))
    maybe = any_of([as_tokens(each.parts) for each in patterns.templates]) if varying else patterns.fixed
    return Names(plain, varying, patterns.negated, patterns.fixed, maybe)
