"""What a check needs to find anything, declared beside it: of a policy without it, the check is not called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from preflight.lint.policy.subject import Subject

Need: TypeAlias = Callable[[Subject], object]
Check = TypeVar("Check", bound=Callable[[Subject], Any])
_ATTRIBUTE = "needs"


def needs(need: Need) -> Callable[[Check], Check]:
    """Declare that a check finds nothing in a policy of which a function gives nothing: none, empty or false.

    It is asked once of a policy, by `Subject.once`, for all checks that need the same.
    """

    def declared(check: Check) -> Check:
        setattr(check, _ATTRIBUTE, need)
        return check

    return declared


def need_of(check: Callable[[Subject], Any]) -> Need | None:
    """Return what a check needs; None for one that is called of every policy."""
    found: Need | None = getattr(check, _ATTRIBUTE, None)
    return found
