"""The few members of a rule's file that say when it runs, read without YAML: a lint of one file needs hundreds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

_LINE = re.compile(r"^(id|check|types|elements|match|optional): ?(.*)$", re.MULTILINE)


class Head(NamedTuple):
    """When a rule runs. `check` is `module:function`, None for a rule that is declared with `match` (or none at all);
    `types` are the types of policies that it is about, all where it is empty; `elements` those of which a statement
    must have one for the rule to find anything, if it is not empty. An `optional` rule, a matter of taste, runs only
    where its whole id is selected.
    """

    id: str
    path: Path
    check: str | None
    types: frozenset[str]
    declared: bool
    optional: bool = False
    elements: frozenset[str] = frozenset()


@cache
def head(path: Path) -> Head:
    """Return the head of a rule's file. Its members are each on a line of their own, which a test holds."""
    text = path.read_text(encoding="utf-8").partition("\nexamples:")[0]
    found = dict(_LINE.findall(text))
    types, elements = _words(found.get("types")), _words(found.get("elements"))
    optional = found.get("optional") == "true"
    return Head(found["id"], path, found.get("check"), types, "match" in found, elements=elements, optional=optional)


def _words(written: str | None) -> frozenset[str]:
    return frozenset(each.strip() for each in written.strip("[] ").split(",")) if written else frozenset()


def heads(paths: Iterable[Path]) -> list[Head]:
    """Return the heads of several files, by id."""
    return sorted(map(head, paths), key=lambda each: each.id)
