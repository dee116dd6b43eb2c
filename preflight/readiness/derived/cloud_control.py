"""What a call of Cloud Control API needs beyond its own action: what the handler of the resource type calls.

Without a RoleArn, handlers use the caller's credentials; with one, that role's:
https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_CreateResource.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from preflight.declared.stack_data import StackType, stack_type
from preflight.documents.plans.plan import PlannedHandler, PlannedResource
from preflight.readiness.derived import cloudformation
from preflight.readiness.derived.calls import needs_of
from preflight.readiness.derived.need import DerivedNeed

_HANDLERS: Mapping[str, PlannedHandler] = {
    "cloudcontrol:CreateResource": "create",
    "cloudcontrol:UpdateResource": "update",
    "cloudcontrol:DeleteResource": "delete",
    "cloudcontrol:GetResource": "read",
}


def needs_of_resource_call(resource: PlannedResource) -> tuple[tuple[DerivedNeed, ...] | None, str]:
    """Return what a call needs, that of the type's handler included; None, and the reason, where nothing tells."""
    own, why = needs_of(resource)
    handler, given = _HANDLERS.get(resource.type), resource.properties
    name = given.get("TypeName")
    if own is None or handler is None or not isinstance(name, str):
        return own, why
    if isinstance(given.get("RoleArn"), str):
        return None, "what its RoleArn may do isn't checked"
    type_ = stack_type(name)
    if type_ is None:
        return None, f"preflight doesn't know which permissions the type {name} needs"
    before = _identified(type_, given.get("Identifier"))
    made = _parsed(given.get("DesiredState")) if handler == "create" else {**before, **_patched(given)}
    if not isinstance(made, dict):
        return None, "its DesiredState isn't a JSON object that is known"
    found, why = cloudformation.needs_of(replace(resource, type=name, handler=handler, properties=made, before=before))
    return (None, why) if found is None else ((*own, *found), "")


def _identified(type_: StackType, identifier: Any) -> dict[str, Any]:
    """Return the properties that an identifier names: several are joined by `|`.

    https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-identifier.html
    """
    parts = identifier.split("|") if isinstance(identifier, str) else []
    return dict(zip(type_.identifiers, parts, strict=True)) if len(parts) == len(type_.identifiers) else {}


def _parsed(text: Any) -> Any:
    """Return what a text is as JSON; None where it is none."""
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _patched(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that a patch document (RFC 6902) touches, with what they become as far as it says that."""
    patch = _parsed(given.get("PatchDocument"))
    found = {}
    for each in patch if isinstance(patch, list) else []:
        path = each.get("path") if isinstance(each, dict) else None
        if isinstance(path, str) and path.startswith("/"):
            name, _, below = path[1:].partition("/")
            found[name] = each.get("value", "") if not below else {below: each.get("value", "")}
    return found
