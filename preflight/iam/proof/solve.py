"""Is there a request that some boxes all hold for and none of others does? The one question that every proof asks.

The request is put together from one value of each dimension (action, resource, caller, each context key), so that each
of the boxes to be avoided is left in one of them. Values are first those that cost nothing to find; only where these
do not do are all of them worked out, and only then can the answer be that there is no such request. What is found is
confirmed by the engine before it is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from preflight.iam.conditions import Quantifier
from preflight.iam.proof.boxes import Box, with_values, zone
from preflight.iam.proof.dimensions import REGION, Dimensions, Point, Space, SpacePart
from preflight.iam.proof.filling import filled
from preflight.iam.proof.patterns.names import BUCKETS, REGIONLESS, RESOURCES
from preflight.iam.proof.search import SearchLimitError, choose
from preflight.iam.service_rules import LIST_BUCKETS

_MOST_ASSIGNMENTS = 64
_MOST_ATTEMPTS = 4


class Solution(NamedTuple):
    """The request that was found; without one, `missing` says why there may be one nevertheless: empty if proved."""

    point: Point | None = None
    missing: tuple[str, ...] = ()


Confirm = Callable[[Point], bool]


def solve(must: Sequence[Box], avoid: Sequence[Box], space: Space, confirm: Confirm) -> Solution:
    """Find a request that all of `must` hold for and none of `avoid`, and that `confirm` takes."""
    missing: dict[str, None] = {}
    assignments = _assignments(must, avoid, space)
    if assignments is None:
        missing["too many values of variables"] = None
        assignments = [{}]
    for values in assignments:
        within = [with_values(each, values) for each in must] if values else list(must)
        without = [with_values(each, values) for each in avoid] if values else list(avoid)
        for case in _cases(within, without, space):
            found = _attempts([*within, *case.must], without, case, confirm)
            if found.point is not None:
                return found
            missing.update(dict.fromkeys(found.missing))
    return Solution(None, tuple(missing))


def _assignments(must: Sequence[Box], avoid: Sequence[Box], space: Space) -> list[dict[str, str]] | None:
    """Return the values that variables have in every request that `must` hold for, where conditions list them."""
    used = {key for box in (*must, *avoid) for key in variables_of(box)}
    if not used:
        return [{}]
    listed: dict[str, tuple[str, ...]] = {}
    for key in sorted(used):
        values = space.assumed.get(key)
        if values is not None and len(values) == 1:
            listed[key] = values
            continue
        for each in (one for box in must for one in box.fixed if one.key == key):
            if each.base.name == "StringEquals" and each.quantifier is Quantifier.NONE and not each.if_exists:
                listed[key] = tuple("".join(map(str, value.parts)) for value in each.templates)
    total = 1
    for values in listed.values():
        total *= len(values)
    if total > _MOST_ASSIGNMENTS:
        return None
    return [dict(zip(listed, each, strict=True)) for each in product(*listed.values())]


def variables_of(box: Box) -> Iterator[str]:
    """Yield the keys that a box has as variables."""
    templates = list(box.resources.varying) if box.resources is not None else []
    templates += [value for each in box.varying for value in each.templates]
    for template in templates:
        for variable in template.variables:
            if variable.key:
                yield variable.key


def _cases(must: Sequence[Box], avoid: Sequence[Box], space: Space) -> list[SpacePart]:
    """A request on a resource with a region has the region's key: the two are looked at together."""
    if space.resources is not RESOURCES:
        return [SpacePart(space, space.resources, None)]
    boxes = (*must, *avoid)
    found = [SpacePart(space, RESOURCES, None)]
    if REGION not in space.assumed and any(each.key == REGION for box in boxes for each in box.conditions):
        found = [SpacePart(space, RESOURCES, region_absent=False), SpacePart(space, REGIONLESS, region_absent=True)]
    if _may_list_buckets(must) and any(box.resources is not None and not box.resources.everything for box in boxes):
        found.append(SpacePart(space, BUCKETS, region_absent=True, must=(zone([LIST_BUCKETS]),)))
    return found


def _may_list_buckets(must: Sequence[Box]) -> bool:
    """Whether the boxes are about the one action that is on no bucket and that AWS decides on all of them."""
    return all(box.actions is None or box.actions.fixed(LIST_BUCKETS) != box.actions.negated for box in must)


def _attempts(must: Sequence[Box], avoid: Sequence[Box], case: SpacePart, confirm: Confirm) -> Solution:
    """Look for requests until the engine confirms one."""
    excluded: list[Box] = []
    of_service: list[Box] = []
    for _ in range(_MOST_ATTEMPTS):
        point, missing = _search([*must, *of_service], [*avoid, *excluded], case)
        if point is None:
            if of_service:
                of_service = []
                continue
            if not missing and excluded:
                missing = (unconfirmed(must),)
            return Solution(None, missing)
        for each in filled(point, [*must, *avoid], case.space.assumed):
            if confirm(each):
                return Solution(each)
        excluded.append(zone([_escaped(point.action)]))
        # Requests to one service do not carry the keys of another.
        services = {key.partition(":")[0] for key, value in point.context.items() if value} - {"aws"}
        of_service = [zone([f"{each}:*"]) for each in sorted(services)[:1]] if not of_service else []
    return Solution(None, (unconfirmed(must),))


def _escaped(text: str) -> str:
    return text.replace("*", "?")


def unconfirmed(must: Sequence[Box]) -> str:
    """Say what may be the reason for a request that is not what it seemed."""
    statements = [box.statement for box in must if box.statement is not None]
    if any(each.principals is not None and each.principals.negated and each.allows for each in statements):
        return "NotPrincipal with Allow, which AWS does not support"
    if any(kind == "CanonicalUser" for each in statements if each.principals for kind, _ in each.principals.entries):
        return "a canonical user ID, which does not show the account"
    if any(True for box in must for _ in variables_of(box)):
        return "a policy variable that several conditions depend on"
    return "the evaluation of a single request does not confirm a request that may be new"


def _search(must: Sequence[Box], avoid: Sequence[Box], case: SpacePart) -> tuple[Point | None, tuple[str, ...]]:
    for thorough in (False, True):
        dimensions = Dimensions(must, avoid, case, thorough=thorough)
        if dimensions.empty:
            return None, ()
        try:
            chosen = choose([each for each, _ in dimensions.classes.values()], dimensions.all)
        except SearchLimitError:
            return None, ("the search for a request took too many steps",)
        if chosen is not None:
            return dimensions.point(chosen), ()
        missing = tuple(dict.fromkeys(reason for _, reason in dimensions.classes.values() if reason))
        if not missing:
            return None, ()
    return None, missing
