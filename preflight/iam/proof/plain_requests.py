"""The request that a statement is plainly about: its first action on its first resource, its conditions just met.

Most statements that differ do so there. Deciding one request takes a fraction of the time of a search for one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from preflight.iam.conditions import Condition, Truth
from preflight.iam.proof.boxes import Box
from preflight.iam.proof.dimensions import REGION, Point, giving
from preflight.iam.proof.keys import ALWAYS_PRESENT
from preflight.iam.proof.values import Values, candidates
from preflight.iam.resource_patterns import has_colon_in_name
from preflight.iam.statement import Patterns

_PARTS = 6


def plain_request(box: Box, keys: Collection[str]) -> Point | None:
    """Return a request that a statement may hold for, where policies have conditions on `keys`; None where there is
    more to it: patterns of actions, variables, a region that the resource has too, keys that every request has.

    Keys that are compared with variables are left to what follows from the rest.
    """
    if REGION in keys or not {each.key for each in box.conditions}.issuperset(ALWAYS_PRESENT & {*keys}):
        return None
    action, resource = _first(box.actions), _first(box.resources)
    if "*" in action or "?" in action or action.count(":") != 1 or "${" in resource:
        return None
    resource = resource.replace("*", "example").replace("?", "a") if resource != "*" else resource
    if resource != "*" and (
        not resource.startswith("arn:") or not all(_named(resource)) or has_colon_in_name(resource)
    ):
        return None
    context: dict[str, Values] = {}
    for key in {each.key for each in box.fixed}:
        value = _meeting(key, [each for each in box.fixed if each.key == key])
        if value is None:
            return None
        context[key] = value
    return Point(action, resource, None, context)


def _first(patterns: Patterns | None) -> str:
    return patterns.texts[0] if patterns is not None and not patterns.negated else ""


def _named(arn: str) -> Sequence[str]:
    """Return the parts of an ARN that are never empty; one that is, for a text with fewer parts."""
    parts = arn.split(":", _PARTS - 1)
    return (parts[1], parts[2], parts[5]) if len(parts) == _PARTS else ("",)


def _meeting(key: str, conditions: Sequence[Condition]) -> Values | None:
    for values in candidates(key, conditions, thorough=False).values:
        if (values or key not in ALWAYS_PRESENT) and all(
            each.truth(giving(values)) is Truth.TRUE for each in conditions
        ):
            return values
    return None
