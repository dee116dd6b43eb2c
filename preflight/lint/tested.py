"""The conditions of a policy, gathered once by what they compare and by their keys, for the checks of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from preflight.iam.operators import OPERATORS
from preflight.lint.subject import Subject
from preflight.lint.view import ConditionEntry, Entry

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
    if base not in OPERATORS:
        return ""
    return next(kind for prefix, kind in _KINDS if base.startswith(prefix))


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
