"""One change between two snapshots of an account."""

from __future__ import annotations

from dataclasses import dataclass

from preflight.audit.access.decider import Reach

BECOME = "become an administrator"
BE = "be an administrator"
ASSUMED_BY = "be assumed by "
NEW, GONE = "is new", "is gone"
AGAIN = "was deleted and created again"
PERHAPS = "more than before, perhaps"
LIFTED, ADDED = "denies no more", "denies more than before"
STATUS, QUOTA, CONFIG = "endpoint status", "quota", "endpoint configuration"
UNKNOWN = "can't be compared"
_NOT_OF_ACCESS = (STATUS, QUOTA, CONFIG, AGAIN, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Change:
    """One change, before and now.

    `what` a principal may do (an action, `become an administrator`, or `be assumed by` someone) on `resource`, with
    before and now as `Reach` has them. A principal that only one of the snapshots has is one change, `is new` or
    `is gone`, with `resource` saying in words what it may do. Of an endpoint, `endpoint status` or `endpoint
    configuration`, and of a quota, before and now are the statuses, names and values; `principal` is then the
    endpoint's ARN or the quota's name. What one of the snapshots doesn't have `can't be compared`: `principal` is what
    it is about, and `resource` why.
    """

    principal: str
    what: str
    resource: str
    before: str
    now: str

    @property
    def of_access(self) -> bool:
        """Whether it is a change of access, rather than of an endpoint or a quota."""
        return self.what not in _NOT_OF_ACCESS

    @property
    def is_unknown(self) -> bool:
        """Whether it says what can't be compared."""
        return self.what == UNKNOWN

    @property
    def gained(self) -> bool:
        """Whether the principal may do more than before."""
        return self.of_access and Reach(self.now).rank > Reach(self.before).rank

    @property
    def lost(self) -> bool:
        """Whether the principal may do less than before."""
        return self.of_access and Reach(self.now).rank < Reach(self.before).rank


def not_comparable(about: str, why: str) -> Change:
    """Return what can't be compared, and why."""
    return Change(about, UNKNOWN, why, Reach.OPEN, Reach.OPEN)
