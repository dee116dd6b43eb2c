"""A template as an update of the stack that is deployed: what is new, changed, replaced, gone, and as it was.

A resource that is as it was asks nothing; one that changes is updated, or replaced where a property changes that can be
set at its creation only.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from preflight.declared.stack_data import stack_type
from preflight.documents.cloudformation.accounting import GENERATED
from preflight.documents.plans.plan import PlannedResource


def updated(after: Sequence[PlannedResource], before: Sequence[PlannedResource]) -> list[PlannedResource]:
    """Return what becomes of the resources of a stack that was deployed with others."""
    old = {each.name: each for each in before}
    found = []
    for each in after:
        was = old.pop(each.name, None)
        if was is None or was.type != each.type:
            found.append(each)
            if was is not None:
                found.append(_gone(was))
        else:
            found.append(_against(each, was.properties))
    return [*found, *map(_gone, old.values())]


def changed_by(after: Sequence[PlannedResource], change_set: Mapping[str, Any]) -> list[PlannedResource]:
    """Return what becomes of the resources of a stack by a change set, as DescribeChangeSet shows it.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
    """
    listed = [each.get("ResourceChange") for each in change_set.get("Changes", ()) if isinstance(each, dict)]
    changes = {str(each.get("LogicalResourceId")): each for each in listed if isinstance(each, dict)}
    found = []
    for each in after:
        change = changes.pop(each.name.rpartition("/")[2], None)
        if change is None:
            found.append(_same(each))
        elif change.get("Action") == "Add":
            found.append(each)
        else:
            names = {str(detail.get("Target", {}).get("Name")) for detail in change.get("Details") or ()}
            before = {name: value for name, value in each.properties.items() if name not in names}
            if change.get("Replacement") == "True":
                found.append(replace(each, before=before, replaces=True))
            else:
                found.append(replace(each, handler="update", before=before, request=""))
    for name, change in changes.items():
        if change.get("Action") == "Remove" and after:
            stack = after[0].name.rpartition("/")[0]
            gone = replace(after[0], name=f"{stack}/{name}", type=str(change.get("ResourceType")), properties={})
            found.append(_gone(gone))
    return found


def _against(each: PlannedResource, was: Mapping[str, Any]) -> PlannedResource:
    names = {name for name in (*each.properties, *was) if each.properties.get(name) != was.get(name)} - {GENERATED}
    if not names:
        return _same(each)
    known = stack_type(each.type)
    only_then = known.create_only if known is not None else frozenset()
    if any(name.partition(".")[0] in names for name in only_then):
        return replace(each, before=was, replaces=True)
    return replace(each, handler="update", before=was, request="")


def _same(each: PlannedResource) -> PlannedResource:
    return replace(each, handler="none", before=each.properties, request="")


def _gone(each: PlannedResource) -> PlannedResource:
    return replace(each, handler="delete", before=each.properties, request="")
