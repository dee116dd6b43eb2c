"""What a check needs to find anything, declared beside it: of a policy without it, the check is not called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from preflight.lint.policy.subject import Subject

NeededPart: TypeAlias = Callable[[Subject], object]
AnyCheck = TypeVar("AnyCheck", bound=Callable[[Subject], Any])
_ATTRIBUTE = "needs"


def needs(need: NeededPart) -> Callable[[AnyCheck], AnyCheck]:
    """Declare that a check finds nothing in a policy of which a function gives nothing: none, empty or false.

    It is asked once of a policy, by `Subject.once`, for all checks that need the same.
    """

    def declared(check: AnyCheck) -> AnyCheck:
        setattr(check, _ATTRIBUTE, need)
        return check

    return declared


def need_of(check: Callable[[Subject], Any]) -> NeededPart | None:
    """Return what a check needs; None for one that is called of every policy."""
    found: NeededPart | None = getattr(check, _ATTRIBUTE, None)
    return found
