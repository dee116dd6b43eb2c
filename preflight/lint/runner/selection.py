"""Which lint rules run: those of the installation, of installed packages and of the user's folders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from preflight.engine.rule import rule_file
from preflight.engine.rule_headers import Head, heads
from preflight.engine.selection import select_rules
from preflight.lint.runner.one_policy import FAMILY, PROBLEMS


def lint_rules(select: Iterable[str] = (), ignore: Iterable[str] = (), added: Sequence[Head] = ()) -> list[Head]:
    """Return the heads of the rules that are selected (all where nothing is) and not ignored, by id.

    An entry is an id or the beginning of one; an optional rule runs only by its whole id. `added` are rules that are
    not in `rules/`. A file that cannot be read is no file without findings: the rules that say so run though they are
    not selected, unless they are ignored.

    Raises `UsageError` for an id that is no rule's, and where nothing is left.
    """
    select, ignore = list(select), list(ignore)
    ids = select_rules(FAMILY, select, ignore, [each.id for each in added])
    ids += [rule for rule in PROBLEMS.values() if rule not in ids and not rule.startswith(_prefixes(ignore))]
    own = {each.id: each for each in added}
    found = [*heads(rule_file(rule) for rule in ids if rule not in own), *(own[rule] for rule in ids if rule in own)]
    wanted = _prefixes(select)
    return sorted((each for each in found if not each.optional or each.id in wanted), key=lambda each: each.id)


def _prefixes(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(part for each in given if (part := each.strip().upper()))
