"""How results of readiness rules are worded."""

from __future__ import annotations

from preflight.engine.result import Location
from preflight.readiness.references import name_of
from preflight.readiness.step import Step


def subject(step: Step) -> str:
    """Return the ARN of the resource that a step's request is about; its name where it has none."""
    kind, key = step.operation.kind, step.operation.key(step.request.parameters)
    if key is None:
        return ""
    arn = kind.arn(key, partition=step.partition, region=step.region, account=step.account_id)
    return arn or name_of(kind.id, key)


def place_in(step: Step, pointer: str) -> Location:
    """Return the place of a part of a step's request."""
    return Location(step.request.document.path, step.request.pointer + pointer)
