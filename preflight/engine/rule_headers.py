"""The few members of a rule that say when it runs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from preflight.engine.rule_index import declared_in


class Head(NamedTuple):
    """When a rule runs. `check` is `module:function`, None for a rule that is declared with `match` (or none at all);
    `types` are the types of policies that it is about, all where it is empty; `elements` those of which a statement
    must have one for the rule to find anything, if it is not empty. An `optional` rule, a matter of taste, runs only
    where its whole id is selected. A rule that needs the `whole` policy tells what is missing from it: nothing, where a
    policy is known in part; one that needs the `conditions` tells so of a statement, where those are not known.
    """

    id: str
    path: Path
    check: str | None
    types: frozenset[str]
    declared: bool
    optional: bool = False
    elements: frozenset[str] = frozenset()
    whole: bool = False
    conditions: bool = False


@cache
def head(path: Path) -> Head:
    """Return the head of a rule's file."""
    declared = declared_in(path)
    return Head(
        declared["id"],
        path,
        declared.get("check"),
        frozenset(declared.get("types", ())),
        "match" in declared,
        elements=frozenset(declared.get("elements", ())),
        optional=declared.get("optional", False),
        whole=declared.get("whole", False),
        conditions=declared.get("conditions", False),
    )


def heads(paths: Iterable[Path]) -> list[Head]:
    """Return the heads of several files, by id."""
    return sorted(map(head, paths), key=lambda each: each.id)
