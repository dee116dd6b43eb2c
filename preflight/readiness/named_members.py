"""The names in a request, whose form is judged by PRE301 alone: by what their resource kinds declare of names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preflight.declared.resource_kinds import load_kind
from preflight.readiness.step import Step


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a request: where it stands, what messages call it, what form it must have.

    `distinct` is the path at which no two names may be the same, if there is one.
    """

    pointer: str
    label: str
    text: str
    form: Mapping[str, Any]
    distinct: str | None


def names_in(step: Step) -> list[Name]:
    """Return the names in a step's request: its own resource's, and those that it names others by."""
    return list(_names(step))


def _names(step: Step) -> Iterator[Name]:
    own = step.operation.kind
    form = own.section("name")
    if form is None:
        return
    parameters = step.request.parameters
    for pointer, text in _texts(parameters, form["parameter"]):
        yield Name(pointer, f"{own.label} name", text, form, None)
    for other in form.get("others", ()):
        kind = load_kind(other["kind"]) if "kind" in other else own
        label = other.get("label") or f"{kind.label} name"
        for pointer, text in _texts(parameters, other["at"]):
            yield Name(pointer, label, text, kind.section("name"), other["at"] if other.get("distinct") else None)


def places(value: Any, path: str, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Give each value at a path like `ProductionVariants[].VariantName`, with its JSON pointer; an empty path is the
    value itself.
    """
    if not path and value is not None:
        yield pointer, value
    if not isinstance(value, Mapping) or not path:
        return
    member, _, rest = path.partition(".")
    name = member.removesuffix("[]")
    found = value.get(name)
    if member.endswith("[]"):
        for index, each in enumerate(found if isinstance(found, list) else ()):
            yield from places(each, rest, f"{pointer}/{name}/{index}")
    else:
        yield from places(found, rest, f"{pointer}/{name}")


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    for pointer, found in places(value, path):
        if isinstance(found, str):
            yield pointer, found
