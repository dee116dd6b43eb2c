"""What AWS documents of a request beyond its model, as `constraints:` of an operation or a resource kind declare it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from preflight.data_files import head_and_examples, load_yaml
from preflight.declared.operations import all_operations, load_operation, operation_file
from preflight.declared.resource_kinds import all_kinds, kind_file, load_kind


@dataclass(frozen=True, slots=True)
class Binding:
    """A resource that a constraint looks at beside the request, by the name that its expressions give it.

    `key` finds its identity; without one, all resources of the kind are looked at, within `scope` (templates) where
    AWS lists them by part, and only where `when` finds something.
    """

    name: str
    kind: str
    key: str | None
    scope: tuple[tuple[str, str], ...] = ()
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Constraint:
    """One thing that AWS refuses (`finds` is `fail`), or of which it does not say whether it does (`open`).

    `each` are the paths of what is judged, such as `ProductionVariants[]`; an empty one is the request itself. `when`
    and `refused` are JMESPath over the members of that part, `Request`, `Operation`, bound resources by their names,
    and Partition, Region, Account and DnsSuffix: where both find something, the request breaks the constraint.
    `message` and `remedy` are templates over the same.
    """

    name: str
    each: tuple[str, ...]
    when: str | None
    bindings: tuple[Binding, ...]
    refused: str
    finds: Literal["fail", "open"]
    level: str | None
    message: str
    remedy: str
    page: str


def constraints_in(declared: Mapping[str, Any]) -> tuple[Constraint, ...]:
    """Return the constraints of a declaration."""
    return tuple(_constraint(each) for each in declared.get("constraints", ()))


def _constraint(declared: Mapping[str, Any]) -> Constraint:
    bound = declared.get("with", {})
    return Constraint(
        name=declared["name"],
        each=(each,) if isinstance(each := declared.get("each", ""), str) else tuple(each),
        when=declared.get("when"),
        bindings=tuple(
            Binding(name, each["kind"], each.get("key"), tuple(each.get("scope", {}).items()), each.get("when"))
            for name, each in bound.items()
        ),
        refused=declared["refused"],
        finds=declared.get("finds", "fail"),
        level=declared.get("level"),
        message=declared["message"],
        remedy=declared["remedy"],
        page=declared["page"],
    )


@cache
def constraints_of(declaration: str) -> tuple[Constraint, ...]:
    """Return the constraints of an operation (`sagemaker:CreateModel`) or of a kind (`sagemaker:model-package`)."""
    name = declaration.partition(":")[2]
    declared = load_operation(declaration).declared if name[:1].isupper() else load_kind(declaration).declared
    return constraints_in(declared)


def all_constraints() -> Iterator[tuple[str, Constraint]]:
    """Give every constraint with the operation or kind that declares it."""
    for each in (*all_operations(), *all_kinds()):
        for constraint in constraints_of(each):
            yield each, constraint


@dataclass(frozen=True, slots=True)
class Example:
    """A request for an operation, and parts of a snapshot's region, that keep a constraint or break it."""

    operation: str
    request: Mapping[str, Any]
    facts: Mapping[str, Any]


def examples_of(declaration: str, constraint: str) -> dict[Literal["pass", "fail"], Example]:
    """Return the examples of a constraint. Raises `KeyError` where it has none."""
    is_operation = declaration.partition(":")[2][:1].isupper()
    path = operation_file(declaration) if is_operation else kind_file(declaration)
    examples = load_yaml(head_and_examples(path.read_text(encoding="utf-8"))[1])["examples"]
    found: dict[Literal["pass", "fail"], Example] = {}
    for kind, said in examples[constraint].items():
        request = {**examples["request"], **said.get("request", {})}
        found[kind] = Example(
            operation=said.get("operation", examples.get("operation", declaration)),
            request=_without_nulls(request),
            facts={**examples.get("facts", {}), **said.get("facts", {})},
        )
    return found


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(each) for each in value]
    if isinstance(value, Mapping):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return value
