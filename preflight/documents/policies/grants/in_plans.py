"""The members of a resource in a plan or state of Terraform's that grants access without a policy document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from preflight.documents.policies.grants.declared import GrantMembers
from preflight.documents.policies.template_values import unknown_text


def members_of(values: Mapping[str, Any], unknown: Any, named: Callable[[str], str]) -> GrantMembers:
    """Return the members of a resource. `unknown` is true at the values that are not known before the apply; `named`
    gives the name of an attribute as Terraform has it.
    """
    hidden = unknown if isinstance(unknown, dict) else {}
    names = {named(each): each for each in [*values, *hidden]}
    return GrantMembers(
        {name: _filled(values.get(each), hidden.get(each), name, named) for name, each in names.items()},
        frozenset(name for name, each in names.items() if _is_unknown(hidden.get(each))),
        frozenset(name for name, each in names.items() if _may_be_anything(hidden.get(each))),
        names,
    )


def _filled(value: Any, unknown: Any, name: str, named: Callable[[str], str]) -> Any:
    """Return a value with a text that stands for each part of it that is not known."""
    if unknown is True:
        return unknown_text(name).text
    if isinstance(value, list):
        known = unknown if isinstance(unknown, list) else []
        flags = [*known, *[None] * (len(value) - len(known))]
        return [_filled(each, flag, name, named) for each, flag in zip(value, flags, strict=False)]
    if isinstance(value, dict):
        inner = unknown if isinstance(unknown, dict) else {}
        every = dict.fromkeys([*value, *inner])
        return {named(each): _filled(value.get(each), inner.get(each), each, named) for each in every}
    return value


def _is_unknown(unknown: Any) -> bool:
    """Say whether some part of a value is not known."""
    if isinstance(unknown, (dict, list)):
        return any(map(_is_unknown, unknown.values() if isinstance(unknown, dict) else unknown))
    return unknown is True


def _may_be_anything(unknown: Any) -> bool:
    return unknown is True or (isinstance(unknown, list) and True in unknown)
