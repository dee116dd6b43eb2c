"""What is kept of the work on policies, in one place, by what it was worked out from.

Policies, statements and requests are values that don't change. What was worked out of them is kept here alone, and is
the same whoever asks again. A function of a few strings keeps its own answers with `functools.lru_cache`.
"""

from __future__ import annotations

from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Kept(dict[K, V]):
    """Answers by what they were worked out from, emptied before there are more than `most`."""

    __slots__ = ("_most",)

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def keep(self, key: K, value: V) -> V:
        """Keep an answer, and return it."""
        if len(self) >= self._most:
            self.clear()
        self[key] = value
        return value


POLICIES: Kept[Any, Any] = Kept(1024)
"""Parsed policies, by document, name and type."""
STATEMENTS: Kept[Any, Any] = Kept(4096)
"""Parsed statements of lists, by content, place in the list and what the policy says of it."""
ABOUT: Kept[Any, Any] = Kept(1024)
"""The statements of a policy that are about an action, by policy and then by action."""
SETS: Kept[Any, Any] = Kept(1024)
"""The keys that a policy tests with `ForAllValues` or `ForAnyValue`, by policy."""
EVALUATIONS: Kept[Any, Any] = Kept(1024)
"""What does not depend on the name of the resource or the context, by principal, action, owner and policies."""
DECISIONS: Kept[Any, Any] = Kept(1024)
"""Decisions, by evaluation and then by the statements that apply."""
