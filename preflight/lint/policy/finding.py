"""What a check of a policy gives: what is wrong where, and perhaps the edit that mends it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from preflight.engine.result import Evidence, Level
from preflight.lint.policy.statements import Entry


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to a policy's text.

    `replace` puts `value` in the place of the value at `pointer`; `remove` takes away the value (with its name, in an
    object); `rename` gives the member at `pointer` the name `value`; `add` gives the object at `pointer` the member
    `value`, a pair of name and value, in front of its others.
    """

    kind: Literal["replace", "remove", "rename", "add"]
    pointer: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that breaks a rule. `pointer` is a JSON pointer within the policy; `on_name` says that the place is
    the name of the member there rather than its value (a misspelt element, a condition's operator or key).

    `place` is the line and column, where they are known otherwise than from the pointer.

    `message` says what is wrong with which value, `remedy` what to do here (the rule's own where it is empty), and
    `level` is the rule's own where it is None. `edits` mend it all at once; `--fix` makes them where the decision
    engine shows that the policy then grants exactly what it grants now. `about` are further texts that make it this
    finding and no other: of a finding about several actions a baseline that lacks one of them hides nothing.
    """

    pointer: str
    message: str
    remedy: str = ""
    on_name: bool = False
    level: Level | None = None
    evidence: tuple[Evidence, ...] = ()
    edits: tuple[Edit, ...] = ()
    place: tuple[int, int] | None = None
    about: tuple[str, ...] = ()


_NAMED = 4


def _named(texts: list[str]) -> str:
    named = texts[:_NAMED]
    more = len(texts) - len(named)
    if more:
        return f"{', '.join(named)} and {more} more"
    return " and ".join([", ".join(named[:-1]), named[-1]]) if len(named) > 1 else named[0]


def names(entries: list[Entry] | list[str]) -> str:
    """List texts in a message: the first few, and how many more there are."""
    return _named([each if isinstance(each, str) else each.text for each in entries])


Faults: TypeAlias = defaultdict[str, list[Finding]]


_SHOWN = 80


def no_faults() -> Faults:
    """Return a place for findings."""
    return defaultdict(list)


def shown(value: Any) -> str:
    """Return a value as a message cites it: as JSON has it, shortened where it is long."""
    import json

    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
