"""Which rules run: ids or the beginnings of ids that are wanted, less those that are not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from preflight.engine.rule import nearest, rule_ids
from preflight.errors import UsageError


def select_rules(
    family: str, select: Iterable[str] = (), ignore: Iterable[str] = (), added: Sequence[str] = ()
) -> list[str]:
    """Return the ids of a family's rules that are selected (all where nothing is) and not ignored, sorted.

    An entry is an id (`PRE110`) or the beginning of some (`PRE1`), in any case; `added` are the ids of rules that are
    not in `rules/`. Raises `UsageError` for one that is neither, and where nothing is left.
    """
    known = sorted([*rule_ids(family), *added])
    wanted, unwanted = _prefixes(select), _prefixes(ignore)
    for prefix in (*wanted, *unwanted):
        if not any(rule.startswith(prefix) for rule in (*rule_ids(), *added)):
            raise UsageError(f"unknown rule {prefix!r}, and no rule starts with it; {nearest(prefix)}")
    found = [
        rule
        for rule in known
        if (not wanted or rule.startswith(tuple(wanted))) and not rule.startswith(tuple(unwanted))
    ]
    if not found:
        asked = " ".join(
            f"{option} {','.join(given)}" for option, given in (("--select", wanted), ("--ignore", unwanted)) if given
        )
        raise UsageError(f"no rule is selected by {asked}; there are {_few(known)}")
    return found


def _prefixes(given: Iterable[str]) -> Sequence[str]:
    return list(dict.fromkeys(part for each in given if (part := each.strip().upper())))


def _few(ids: Sequence[str]) -> str:
    return ", ".join(ids) if len(ids) < 50 else f"{len(ids)} from {ids[0]} to {ids[-1]}"
