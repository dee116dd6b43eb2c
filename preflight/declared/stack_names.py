"""What the names in templates and Terraform plans stand for in the account: `rules/stacks/names.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from preflight.data_files import folder, yaml_loader


@dataclass(frozen=True, slots=True)
class NameRule:
    """The kind of `rules/resources/` that a type's name is looked up as; its key is JMESPath over the properties."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class ReferenceRule:
    """A form of values that name a resource of a kind; `property` and `of` limit it to properties and types."""

    form: re.Pattern[str]
    kind: str
    key: str
    property: re.Pattern[str] | None
    of: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class CountQuota:
    """A quota on how many of a kind there may be; `is_global` where that is in all regions together, `live` where only
    AWS itself tells how many there are.
    """

    service: str
    code: str
    name: str
    kind: str
    is_global: bool
    live: bool


@dataclass(frozen=True, slots=True)
class Reservation:
    """What resources reserve, by their `property`, of a limit that the account has: a resource of a kind with members
    for the `limit` and for what of it is `free`, of which `kept` must be left. `code` is the quota's.
    """

    property: str
    name: str
    kind: str
    limit: str
    free: str
    kept: int
    service: str
    code: str


@cache
def name_rule(type_: str) -> NameRule | None:
    """Return how the name of a type is looked up; None where no file says."""
    found = _declared()["names"].get(type_)
    return None if found is None else NameRule(found["kind"], found["key"])


def is_unique(type_: str) -> bool:
    """Say whether two resources of a type with the same identifier can't be."""
    return type_ not in _declared()["not-unique"]


@cache
def reference_rules() -> tuple[ReferenceRule, ...]:
    """Return the forms of values that name something in the account."""
    return tuple(
        ReferenceRule(
            re.compile(each["form"]),
            each["kind"],
            each["key"],
            _pattern(each.get("property")),
            _pattern(each.get("of")),
        )
        for each in _declared()["references"]
    )


def _pattern(text: str | None) -> re.Pattern[str] | None:
    return None if text is None else re.compile(text)


@cache
def count_quota(type_: str) -> CountQuota | None:
    """Return the quota on how many of a type there may be, where one is declared."""
    found = _declared()["quotas"].get(type_)
    if found is None:
        return None
    scope = bool(found.get("global")), bool(found.get("live"))
    return CountQuota(found["service"], found["code"], found["name"], found["kind"], *scope)


@cache
def reservation(type_: str) -> Reservation | None:
    """Return what resources of a type reserve, where that is declared."""
    found = _declared()["reservations"].get(type_)
    if found is None:
        return None
    names = (found[each] for each in ("property", "name", "of", "limit", "free", "kept", "service", "code"))
    return Reservation(*names)


@cache
def _declared() -> Mapping[str, Any]:
    import yaml

    with (folder("rules") / "stacks" / "names.yaml").open("rb") as stream:
        found: Mapping[str, Any] = yaml.load(stream, yaml_loader())
    return found
