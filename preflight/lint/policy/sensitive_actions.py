"""The actions that the security rules look for, from `rules/lint-data/watched.json`.

What an entry of Action grants of them is worked out once for each text: most policies share most of their entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from preflight.data_files import declared_json
from preflight.iam.wildcard import matcher, tokens


def lint_data(name: str) -> Any:
    """Return the content of a file of `rules/lint-data/`."""
    return declared_json(f"lint-data/{name}")


@cache
def samples() -> Mapping[str, str]:
    """Return, for every watched action, the ARN of a resource that nobody named: what is allowed on it is allowed on
    all. It is `*` for an action without resources, and for its first required resource type otherwise.
    """
    found: Mapping[str, str] = lint_data("watched")["samples"]
    return found


@cache
def kind(name: str) -> frozenset[str]:
    """Return the watched actions of a kind: `credentials`, `data` or `permissions`."""
    return frozenset(lint_data("watched")[name])


@cache
def _by_service() -> tuple[Mapping[str, Mapping[str, str]], Mapping[str, str]]:
    services: dict[str, dict[str, str]] = defaultdict(dict)
    for action in samples():
        services[action.partition(":")[0]][action.lower()] = action
    return services, {action.lower(): action for action in samples()}


@cache
def watched_names() -> frozenset[str]:
    """Return the watched actions in lower case."""
    return frozenset(_by_service()[1])


@lru_cache(maxsize=65_536)
def watched(entry: str) -> tuple[str, ...]:
    """Return the watched actions that an entry of Action or NotAction covers."""
    services, every = _by_service()
    text = entry.lower()
    if "*" not in text and "?" not in text:
        exact = every.get(text)
        return () if exact is None else (exact,)
    service, colon, _ = text.partition(":")
    among = services.get(service, {}) if colon and "*" not in service and "?" not in service else every
    if not among:
        return ()
    fits = matcher(tokens(text))
    return tuple(action for name, action in among.items() if fits(name))
