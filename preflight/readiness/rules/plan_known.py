"""PRE102: is it known what the plan makes, and of what form what its calls say is?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from preflight.documents.plans.operation_names import schema_name
from preflight.documents.text.schema import load_schema
from preflight.engine.result import Kind, Location, Result
from preflight.engine.rule import Rule
from preflight.readiness.step import Step
from preflight.readiness.wording import subject
from preflight.sentence import sentence
from preflight.unresolved import DeployText, resolution

# A number is told of by what counts with it, a text by what looks for it.
_STRUCTURES = ("object", "array", "boolean")


def plan_known(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of what could not be read of a plan, and of each call that may not be made or whose form is not known."""
    if step.is_first:
        for gap in step.plan.gaps:
            place = Location(gap.document.path, gap.pointer)
            kind = Kind.FAIL if gap.refused else Kind.OPEN
            yield rule.result(kind, gap.message, location=place, remedy=sentence(gap.resolution))
    if not step.request.name:
        return
    found = list(_open(step, rule))
    yield from found
    if not found:
        message = f"everything about {step.request.name} is known before deployment"
        yield rule.result(Kind.PASS, message, subject=subject(step), location=step.location)


def _open(step: Step, rule: Rule) -> Iterator[Result]:
    request = step.request

    def result(message: str, labels: tuple[str, ...], pointer: str = "") -> Result:
        place = Location(request.document.path, request.pointer + pointer)
        remedy = sentence(resolution(labels))
        return rule.result(Kind.OPEN, message, subject=subject(step), location=place, remedy=remedy)

    if request.depends_on:
        hanging = ", ".join(request.depends_on)
        yield result(f"Can't determine whether {request.name} is created: it depends on {hanging}", request.depends_on)
    schema = load_schema(schema_name(request.operation))
    for pointer, text in DeployText.all_in(request.parameters):
        if _type_at(schema, pointer) in _STRUCTURES and text.is_wholly_unknown:
            labels = text.labels
            what = f"{pointer.removeprefix('/').replace('/', '.')} of {request.name}"
            yield result(f"what {what} says depends on {', '.join(labels)}", labels, pointer)


def _type_at(root: Any, pointer: str) -> str | None:
    """Return the type that a schema gives the value at a JSON pointer."""
    schema = root
    for part in pointer.split("/")[1:]:
        schema = _resolved(schema, root)
        if schema.get("type") == "array":
            schema = schema.get("items", {})
        else:
            others = schema.get("additionalProperties")
            schema = schema.get("properties", {}).get(part, others if isinstance(others, dict) else {})
    found: str | None = _resolved(schema, root).get("type")
    return found


def _resolved(schema: Any, root: Any) -> Any:
    while "$ref" in schema:
        found = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema
