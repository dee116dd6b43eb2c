"""One class of values for each dimension, so that no box holds all of them: a small constraint search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_MOST = 50_000


class Class(NamedTuple):
    """Values of a dimension that the boxes do not tell apart: bit i says that they are within box i; one `value`."""

    mask: int
    value: object


def minimal(classes: Sequence[Class]) -> list[Class]:
    """Leave out classes that are within every box that another class is within."""
    kept: list[Class] = []
    for each in sorted(classes, key=lambda one: one.mask.bit_count()):
        if not any(other.mask & each.mask == other.mask for other in kept):
            kept.append(each)
            if not each.mask:
                break
    return kept


class SearchLimitError(Exception):
    """The search took too many steps."""


def choose(dimensions: Sequence[Sequence[Class]], boxes: int) -> list[Class] | None:
    """Return a class of each dimension that together are in none of `boxes` (a bit mask); None if there are none.

    A box is left where one of the classes is without it. The box that fewest classes leave is tried first. Raises
    `SearchLimitError`.
    """
    options = [minimal(each) for each in dimensions]
    if not all(options):
        return None
    chosen: list[Class | None] = [each[0] if len(each) == 1 else None for each in options]
    left = boxes
    for each in chosen:
        if each is not None:
            left &= each.mask
    steps = 0

    def extend(left: int) -> bool:
        nonlocal steps
        steps += 1
        if steps > _MOST:
            raise SearchLimitError
        if not left:
            return True
        best: list[tuple[int, Class]] | None = None
        rest = left
        while rest:
            box = rest & -rest
            rest ^= box
            ways = [
                (place, each)
                for place, classes in enumerate(options)
                if chosen[place] is None
                for each in classes
                if not each.mask & box
            ]
            if not ways:
                return False
            if best is None or len(ways) < len(best):
                best = ways
                if len(ways) == 1:
                    break
        for place, each in sorted(best or (), key=lambda way: (way[1].mask & left).bit_count()):
            chosen[place] = each
            if extend(left & each.mask):
                return True
            chosen[place] = None
        return False

    if not extend(left):
        return None
    return [each if each is not None else classes[0] for each, classes in zip(chosen, options, strict=True)]
