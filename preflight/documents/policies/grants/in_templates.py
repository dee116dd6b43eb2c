"""What a resource of a template grants that has no policy document, such as a Lambda permission."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from preflight.documents.policies.found_policy import FoundPolicy
from preflight.documents.policies.grants.declared import GrantMembers, UndecidedMember, grant_of, granted
from preflight.documents.policies.template_values import forms, unknown_label
from preflight.documents.policies.terraform_places import snake
from preflight.documents.text.document import Document


def grants_in(
    document: Document,
    resources: Mapping[str, Any],
    logical: str,
    type_: str,
    properties: Mapping[str, Any],
    at: str,
    loops: frozenset[str] = frozenset(),
) -> Iterator[FoundPolicy | UndecidedMember]:
    """Yield what a resource grants, in each form that its conditions may give it, and the property on which it depends
    whether it grants anything. `resources` are those of the template, `at` is where its properties stand, `loops` the
    names that loops around it write. Nothing of a type that grants nothing.
    """
    if (grant := grant_of(type_)) is None:
        return
    value: Any = properties
    if (inner := grant.get("in")) is not None:
        name = next((each for each in properties if snake(each) == inner), inner)
        value, at = properties.get(name), f"{at}/{name}"
    for form in forms(value, at, loops):
        if not isinstance(form.value, dict):
            continue
        names = {snake(each): each for each in form.value}
        members = GrantMembers(
            {name: _snaked(form.value[written]) for name, written in names.items()},
            frozenset(snake(each[1:].partition("/")[0]) for each in form.shape.unknown),
            frozenset(name for name, written in names.items() if _may_be_anything(form.value[written], resources)),
            names,
        )
        found = granted(type_, logical, members, document, at)
        if isinstance(found, UndecidedMember):
            written = names[found.member]
            yield UndecidedMember(written if inner is None else f"{at.rpartition('/')[2]}/{written}")
        elif found is not None and found.shape is not None:
            yield replace(found, shape=replace(found.shape, written=form.shape.written), supposed=form.supposed)


def _may_be_anything(value: Any, resources: Mapping[str, Any]) -> bool:
    """Say whether a value is not known and need not be the name or an attribute of one of the template's resources."""
    return any(
        (label := unknown_label(each)) is not None and label.partition(".")[0] not in resources
        for each in (value if isinstance(value, list) else [value])
    )


def _snaked(value: Any) -> Any:
    return {snake(name): each for name, each in value.items()} if isinstance(value, dict) else value
