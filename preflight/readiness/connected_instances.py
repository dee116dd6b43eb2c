"""The instances that a connection to a VPC serves: those of the variants that run its model, or all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from preflight.readiness.capacity.amounts import Draw
from preflight.readiness.capacity.demand import wanted
from preflight.readiness.connections import VpcConnection
from preflight.readiness.step import Step


def instances_of(step: Step, connection: VpcConnection) -> list[Draw]:
    """Return what the step's resource draws of instances through a connection, part by part."""
    user = wanted(step)
    name = connection.owner.get("ModelName")
    draws = user.draws(step.operation.kind, "instances")
    if user.parts is None or name is None:
        return draws
    parts = list(zip(draws, user.parts, strict=True))
    # A job runs the model on all that it has; the variants of an endpoint name theirs.
    return [draw for draw, part in parts if name in _models(part)] or draws


def _models(part: Mapping[str, Any]) -> list[str]:
    return [
        str(part.get("ModelName")),
        *(str(pool.get("ModelNameOverride")) for pool in part.get("InstancePools") or ()),
    ]
