"""PRE303: is the request valid by the model of the API?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from preflight.declared.growing_enumerations import growing
from preflight.declared.service_models import request_schema
from preflight.documents.plans.operation_names import schema_name
from preflight.documents.plans.shape_faults import Fault, faults
from preflight.documents.text.schema import load_schema
from preflight.engine.result import Kind, Location, Result
from preflight.engine.rule import Rule
from preflight.readiness.derived.accounts import ResourceStep
from preflight.readiness.named_members import names_in
from preflight.readiness.references import references
from preflight.readiness.step import Step
from preflight.readiness.wording import place_in, subject


def request_valid(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of a request what its operation's model in botocore refuses; of its names, PRE301 judges the form."""
    name = step.operation.id.partition(":")[2]
    found = faults(load_schema(schema_name(step.operation.id)), step.request.written)
    names = {each.pointer for each in names_in(step)}
    yielded = False
    for fault in found:
        if fault.pointer in names and fault.about in ("length", "pattern", "unjudged"):
            continue
        kind, said = _judged(step, fault)
        if kind is None:
            continue
        yielded = True
        yield rule.result(
            kind,
            said.problem,
            subject=subject(step),
            location=place_in(step, said.pointer),
            remedy=_remedy(step, said),
        )
    if not yielded:
        message = f"the request has the members and values that {name} takes"
        yield rule.result(Kind.PASS, message, subject=subject(step), location=step.location)


def call_valid(each: ResourceStep, rule: Rule) -> Iterator[Result]:
    """Say of a call that no operation is declared of what its model in botocore refuses."""
    resource = each.resource
    if resource.handler != "call":
        return
    service, _, name = resource.type.partition(":")
    found = list(faults(request_schema(service, name), resource.properties))
    for fault in found:
        grows = fault.about == "unjudged" or (fault.about == "enum" and fault.shape in growing())
        place = Location(resource.document.path, resource.pointer + fault.pointer)
        kind = Kind.OPEN if grows else Kind.FAIL
        yield rule.result(kind, fault.problem, subject=resource.name, location=place, remedy=fault.remedy)
    if not found:
        message = f"the request has the members and values that {name} takes"
        yield rule.result(Kind.PASS, message, subject=resource.name, location=each.location)


def _judged(step: Step, fault: Fault) -> tuple[Kind | None, Fault]:
    """Return what a fault comes to: what another rule judges comes to nothing here."""
    if fault.about == "unjudged":
        return Kind.OPEN, fault
    declared = growing().get(fault.shape) if fault.about == "enum" and fault.value else None
    if declared is None:
        return Kind.FAIL, fault
    judge = declared.get("judged-by")
    if judge and any(
        each.kind == judge["kind"] and each.rule == judge["rule"] and fault.value in each.key.values()
        for each in references(step)
    ):
        return None, fault
    problem = f"{fault.problem}; AWS adds values often, so it may be a newer one"
    remedy = fault.remedy if fault.remedy.startswith("Did") else "Look it up in AWS's documentation."
    return Kind.OPEN, replace(fault, problem=problem, remedy=remedy)


def _remedy(step: Step, fault: Fault) -> str:
    """Return the remedy; of a request that stands alone in its file, which operation it is may be the mistake."""
    alone = not step.request.pointer and not step.request.name
    if not alone or fault.about not in ("member", "required"):
        return fault.remedy
    name = step.operation.id.partition(":")[2]
    return f"{fault.remedy} If this is not a request for {name}, name its operation with --operation."
