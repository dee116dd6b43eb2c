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


def size_limits(step: Step, reference: Reference) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """Give each declared bound on a resource that something leads to, with the amount that it has; None where that is
    not known. What an earlier request in the plan makes is held to its bounds in the results of that request.
    """
    if not isinstance(reference.fact, Known):
        return
    for kind_id, value in _demanding(step, reference):
        for bound in load_kind(kind_id).section("bounds") or ():
            if bound["of"] == reference.kind and _leads(step, bound["through"], value, reference):
                yield bound, evaluate(bound["amount"], reference.fact.value)


def _demanding(step: Step, reference: Reference) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if step.operation.effect != "delete":
        yield step.operation.kind.id, step.described
    for each in references(step):
        told = reference.covered and (each.covered or each.planned)
        if not told and isinstance(each.fact, Known) and isinstance(each.fact.value, Mapping):
            yield each.kind, each.fact.value


def _leads(step: Step, through: Mapping[str, str], value: Mapping[str, Any], reference: Reference) -> bool:
    keys = [key for key, _ in keys_in(through["each"], step.place.values(value))]
    return any(each.kind == through["kind"] and dict(each.key) in keys for each in _above(reference))


def _above(reference: Reference) -> Iterator[Reference]:
    for parent in reference.parents:
        yield parent
        yield from _above(parent)
