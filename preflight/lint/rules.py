"""Which lint rules run: those of the installation and of the user's folders, by id or the beginning of one."""

from __future__ import annotations

from collections.abc import Iterable

from preflight.engine.heads import Head, heads
from preflight.engine.rule import rule_file
from preflight.engine.select import select_rules
from preflight.lint.run import FAMILY


def lint_rules(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> list[Head]:
    """Return the heads of the rules that are selected (all where nothing is) and not ignored, by id.

    Raises `UsageError` for an id that is no rule's, and where nothing is left.
    """
    return heads(rule_file(rule) for rule in select_rules(FAMILY, select, ignore))
