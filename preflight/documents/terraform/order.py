"""The order in which Terraform makes, changes and deletes: by what refers to what.

Source: https://github.com/hashicorp/terraform/blob/main/docs/destroying.md
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence, Set
from typing import Literal, TypeAlias

from preflight.documents.terraform.changes import ResourceChange
from preflight.documents.terraform.types import rank

# A change by its place in the plan, and which half of it: what is made or changed, or what is deleted.
Act: TypeAlias = tuple[Literal["apply", "destroy"], ResourceChange]
_Node: TypeAlias = tuple[int, bool]


def ordered(changes: Sequence[ResourceChange], needs: Mapping[str, Set[str]]) -> list[Act]:
    """Return the halves of changes in the order in which they happen, else by type and place.

    `needs` are, by the address in the configuration, those of the resources that one refers to.
    """
    of: dict[str, list[int]] = {}
    for at, change in enumerate(changes):
        of.setdefault(change.configured, []).append(at)
    nodes = [(at, destroys) for at, change in enumerate(changes) for destroys in _halves(change)]
    after: dict[_Node, set[_Node]] = {node: set() for node in nodes}
    reached = {name: _reached(name, needs, of) for name in of}
    for at, change in enumerate(changes):
        if change.takes_away and change.makes:
            first, then = (at, not change.before_destroy), (at, change.before_destroy)
            after[then].add(first)
        for needed in reached[change.configured]:
            for other in of[needed]:
                _between((at, change), (other, changes[other]), after)
    return [("destroy" if destroys else "apply", changes[at]) for at, destroys in _sorted(changes, after)]


def _halves(change: ResourceChange) -> list[bool]:
    return [destroys for destroys, there in ((False, not change.takes_away or change.makes), (True, change.takes_away))
            if there]  # fmt: skip


def _between(
    one: tuple[int, ResourceChange], needed: tuple[int, ResourceChange], after: Mapping[_Node, set[_Node]]
) -> None:
    """Note what comes before what, of a change and of one that it needs."""
    (at, _), (other, below) = one, needed
    made, gone = (at, False), (at, True)
    if made in after and (other, False) in after:
        after[made].add((other, False))
    if (other, True) in after:
        if gone in after:
            after[(other, True)].add(gone)
        if made in after and (below.before_destroy or not below.makes):
            after[(other, True)].add(made)


def _reached(name: str, needs: Mapping[str, Set[str]], known: Mapping[str, object]) -> set[str]:
    """Return what a resource needs of what is changed, through what is not."""
    found, waiting, seen = set(), [name], {name}
    while waiting:
        for each in needs.get(waiting.pop(), ()):
            if each in seen:
                continue
            seen.add(each)
            if each in known:
                found.add(each)
            else:
                waiting.append(each)
    return found


def _sorted(changes: Sequence[ResourceChange], after: Mapping[_Node, set[_Node]]) -> list[_Node]:
    before: dict[_Node, list[_Node]] = {}
    left = {node: len(first) for node, first in after.items()}
    for node, first in after.items():
        for each in first:
            before.setdefault(each, []).append(node)

    def place(node: _Node) -> tuple[bool, int, int, bool]:
        at, destroys = node
        kind = rank(changes[at].type)
        last = destroys and not changes[at].makes
        return last, -kind if destroys else kind, at, destroys

    ready = [(place(node), node) for node, count in left.items() if not count]
    heapq.heapify(ready)
    found: list[_Node] = []
    while ready:
        _, node = heapq.heappop(ready)
        found.append(node)
        for each in before.get(node, ()):
            left[each] -= 1
            if not left[each]:
                heapq.heappush(ready, (place(each), each))
    # What is left goes in a circle: Terraform breaks it by instance, which a configuration does not tell.
    there = set(found)
    return [*found, *sorted((node for node in after if node not in there), key=place)]
