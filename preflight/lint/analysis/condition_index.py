"""The conditions of a policy, gathered once by what they compare and by their keys, for the checks of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache

from preflight.lint.policy.restrictions import without_key as without_key
from preflight.lint.policy.statements import ConditionEntry, Entry, StatementView
from preflight.lint.policy.subject import Subject

_KINDS = (
    ("string", "String"),
    ("arn", "ARN"),
    ("bool", "Bool"),
    ("binary", "Binary"),
    ("ip", "IPAddress"),
    ("notip", "IPAddress"),
    ("numeric", "Numeric"),
    ("date", "Date"),
    ("null", "Null"),
)


@lru_cache(maxsize=4096)
def operator_kind(operator: str) -> str:
    """Return the type of values that an operator compares, as condition keys have it; `Null` for Null, empty for what
    is no operator.
    """
    base = operator.rpartition(":")[2].lower().removesuffix("ifexists")
    if not _is_operator(base):
        return ""
    return next(kind for prefix, kind in _KINDS if base.startswith(prefix))


@lru_cache(maxsize=1024)
def _is_operator(base: str) -> bool:
    # Loaded for the first policy that has conditions.
    from preflight.iam.operators import OPERATORS

    return base in OPERATORS


class Tested:
    """What the conditions of a policy test: `all` of them, and those `of_key`, by key in lower case."""

    def __init__(self, subject: Subject) -> None:
        self.all: list[ConditionEntry] = []
        self.of_key: dict[str, list[ConditionEntry]] = defaultdict(list)
        self._of_kind: dict[str, list[ConditionEntry]] = defaultdict(list)
        for statement in subject.statements:
            if statement.raw.get("Condition"):
                for condition in statement.conditions:
                    self.all.append(condition)
                    self.of_key[condition.lower_key].append(condition)
                    self._of_kind[operator_kind(condition.operator)].append(condition)

    def of_kind(self, kind: str) -> Sequence[ConditionEntry]:
        """Return the conditions whose operators compare values of a type."""
        return self._of_kind.get(kind, ())

    def values_of(self, keys: Sequence[str]) -> Iterator[Entry]:
        """Yield the values of some keys, in lower case, that are compared as text, but for those with variables."""
        for key in keys:
            for condition in self.of_key.get(key, ()):
                if operator_kind(condition.operator) in ("String", "ARN"):
                    yield from (value for value in condition.values if "${" not in value.text)


IDS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "kms:calleraccount",
    }
)


def conditions(subject: Subject) -> list[tuple[StatementView, ConditionEntry]]:
    """Return every condition with its statement."""
    if "Condition" not in subject.elements:
        return []
    return [(view, each) for view in subject.statements if "Condition" in view.raw for each in view.conditions]


def conditions_on(subject: Subject, keys: AbstractSet[str]) -> Sequence[tuple[StatementView, ConditionEntry]]:
    """Return every condition with its statement where one is on one of some keys, in lower case; else none."""
    found = subject.once(conditions)
    return () if not found or keys.isdisjoint(subject.once(_keys)) else found


def _keys(subject: Subject) -> frozenset[str]:
    return frozenset([each.lower_key for _, each in subject.once(conditions)])


def asks_for(view: StatementView, key: str) -> bool:
    """Say whether a statement is about requests with a key only, by a condition that it is there."""
    return any(
        each.lower_key == key and each.lower_base == "null" and not without_key(each) for each in view.conditions
    )


def lenient(condition: ConditionEntry) -> bool:
    """Say whether a condition says itself that requests without its key are meant: IfExists, ForAllValues, Null."""
    base = condition.lower_base
    if not _is_operator(base):
        return True
    return (
        condition.if_exists
        or condition.qualifier.lower() == "forallvalues"
        or (base == "null" and without_key(condition))
    )
