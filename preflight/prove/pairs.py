"""Which policy of the new files is compared with which of the old ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from preflight.documents.policies.found_policy import FoundPolicy
from preflight.relative_paths import relative_path


class Pair(NamedTuple):
    """A policy and the one before it; one of the two may not be there."""

    old: FoundPolicy | None
    new: FoundPolicy | None


def named_below(paths: Mapping[str, list[FoundPolicy]], given: str) -> dict[str, list[FoundPolicy]]:
    """Return policies by the names of their files below what was given; of one file by none."""
    if not Path(given).is_dir():
        return {"": [each for found in paths.values() for each in found]}
    return {relative_path(path, given): found for path, found in paths.items()}


def pairs(old: Mapping[str, Sequence[FoundPolicy]], new: Mapping[str, Sequence[FoundPolicy]]) -> Iterator[Pair]:
    """Yield the policies of files of the same names: those in the same place of a file belong together, else those of
    the same name and type; where each file has one policy, these two.
    """
    for file in dict.fromkeys((*new, *old)):
        yield from _of_file(list(old.get(file, ())), list(new.get(file, ())))


def _of_file(old: list[FoundPolicy], new: list[FoundPolicy]) -> Iterator[Pair]:
    if len(old) == len(new) == 1:
        yield Pair(old[0], new[0])
        return
    before: dict[FoundPolicy, FoundPolicy] = {}
    for kind in (_place, _named):
        free: dict[object, list[FoundPolicy]] = {}
        for each in old:
            if each not in before.values():
                free.setdefault(kind(each), []).append(each)
        for each in new:
            if each not in before and (found := free.get(kind(each))):
                before[each] = found.pop(0)
    for each in new:
        yield Pair(before.get(each), each)
    for each in old:
        if each not in before.values():
            yield Pair(each, None)


def _place(policy: FoundPolicy) -> object:
    return policy.owner.get("address", ""), policy.pointer, policy.name, policy.type


def _named(policy: FoundPolicy) -> object:
    return policy.owner.get("address", ""), policy.name, policy.type
