"""Answers that lack what AWS always sends: what was looked for in vain is said, and what it is about is not known.

A captive portal, a proxy or a stand-in may answer with an object that has none of the members that are read. Models of
most services don't say which members an answer always has, so it shows where one is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from preflight.account.facts import Unknown
from preflight.errors import PreflightError

_RESOLUTION = "check --endpoint-url and any proxy"


class IncompleteAnswerError(PreflightError):
    """Something that AWS always sends is not in an answer. `reason` names the operation and what is missing."""

    def __init__(self, operation: str, problem: str) -> None:
        self.reason = f"{operation}: {problem}"
        super().__init__(f"{self.reason}; {_RESOLUTION}")

    @property
    def fact(self) -> Unknown:
        """What is known of what the answer is about: nothing."""
        return Unknown(self.reason, _RESOLUTION)


class Members:
    """The members of an object of an answer, and of those in it. One that is looked up and isn't there raises
    `IncompleteAnswerError`.
    """

    def __init__(self, operation: str, members: Mapping[str, Any]) -> None:
        self._operation, self._members = operation, members

    def __getitem__(self, name: str) -> Any:
        value = self._members.get(name)
        if value is None:
            raise IncompleteAnswerError(self._operation, f"the response has no {name}")
        return self._inner(value)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a member that need not be there."""
        value = self._members.get(name)
        return default if value is None else self._inner(value)

    def _inner(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return Members(self._operation, value)
        return [self._inner(each) for each in value] if isinstance(value, list) else value
