"""The name that was probably meant by one that AWS does not know."""

from __future__ import annotations

import re
from collections.abc import Iterable

_MOST = 5
_VERB = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ALIKE = (
    frozenset({"get", "list", "describe", "read", "batch", "view", "scan", "query", "search", "lookup"}),
    frozenset({"create", "put", "add", "register", "allocate", "run", "publish", "send", "import", "upload", "push"}),
    frozenset({"update", "modify", "put", "set", "change", "edit", "reset"}),
    frozenset({"delete", "remove", "deregister", "release", "terminate", "purge", "cancel"}),
    frozenset({"attach", "associate"}),
    frozenset({"detach", "disassociate"}),
    frozenset({"start", "run", "invoke", "resume", "enable"}),
    frozenset({"stop", "disable", "suspend", "terminate"}),
    frozenset({"allow", "authorize", "grant", "accept"}),
    frozenset({"deny", "revoke", "reject"}),
    frozenset({"pull", "download", "export", "receive"}),
    frozenset({"encrypt"}),
    frozenset({"decrypt"}),
    frozenset({"lock"}),
    frozenset({"unlock"}),
    frozenset({"tag"}),
    frozenset({"untag"}),
)
"""Verbs that names of actions begin with; those in one set may stand for one another."""
_VERBS = frozenset[str]().union(*_ALIKE)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like a word, whatever the case; None where none is like it."""
    return next(iter(near(word, known)), None)


def nearest_by_meaning(word: str, known: Iterable[str]) -> str | None:
    """Return the name of an action that is most like a word, of those that do nothing else: not to put for to pull."""
    return next((each for each in near(word, known) if _means(word, each)), None)


def near(word: str, known: Iterable[str]) -> list[str]:
    """Return the known names that are like a word, the nearest first."""
    from difflib import get_close_matches

    by_fold = {each.casefold(): each for each in known}
    return [by_fold[each] for each in get_close_matches(word.casefold(), by_fold, n=_MOST, cutoff=0.75)]


def _means(word: str, other: str) -> bool:
    mine, theirs = (_VERB.match(each) for each in (word, other))
    if mine is None or theirs is None:
        return True
    one, two = mine[0].lower(), theirs[0].lower()
    if one == two or one not in _VERBS or two not in _VERBS:
        return True
    return any(one in alike and two in alike for alike in _ALIKE)
