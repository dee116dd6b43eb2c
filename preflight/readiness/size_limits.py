"""What one resource demands of others that it leads to, as `rules/resources/` declares it (`bounds`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from preflight.account.facts import Known
from preflight.declared.expressions import evaluate
from preflight.declared.operations import keys_in
from preflight.declared.resource_kinds import load_kind
from preflight.readiness.references import Reference, references
from preflight.readiness.step import Step


def broken_bounds(step: Step, reference: Reference) -> Iterator[Mapping[str, Any]]:
    """Give the declared bounds that a resource is known to go beyond, for something that leads to it."""
    if not isinstance(reference.fact, Known):
        return
    for kind_id, value in _demanding(step):
        for bound in load_kind(kind_id).section("bounds") or ():
            amount = evaluate(bound["amount"], reference.fact.value) if bound["of"] == reference.kind else None
            if amount is not None and amount > bound["most"] and _leads(step, bound["through"], value, reference):
                yield bound


def _demanding(step: Step) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if step.operation.effect != "delete":
        yield step.operation.kind.id, step.described
    for each in references(step):
        if isinstance(each.fact, Known) and isinstance(each.fact.value, Mapping):
            yield each.kind, each.fact.value


def _leads(step: Step, through: Mapping[str, str], value: Mapping[str, Any], reference: Reference) -> bool:
    keys = [key for key, _ in keys_in(through["each"], step.place.values(value))]
    return any(each.kind == through["kind"] and dict(each.key) in keys for each in _above(reference))


def _above(reference: Reference) -> Iterator[Reference]:
    for parent in reference.parents:
        yield parent
        yield from _above(parent)
