"""Comparing two snapshots: which access principals gained and lost between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from preflight.audit.access import Reach
from preflight.audit.escalation import escalation
from preflight.audit.scene import Scene

BECOME = "become an administrator"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `what` a principal may do (an action, or `become an administrator`) on `resource`, before and now."""

    principal: str
    what: str
    resource: str
    before: Reach
    now: Reach

    @property
    def gained(self) -> bool:
        """Whether the principal may do more than before."""
        return _ORDER[self.now] > _ORDER[self.before]


_ORDER = {Reach.NONE: 0, Reach.OPEN: 1, Reach.SOME: 2, Reach.ALL: 3}


def changes(before: Scene, now: Scene) -> Iterator[Change]:
    """Give what changed, by principal: of hosting actions, and of who is or can become an administrator."""
    old, new = dict(_access(before)), dict(_access(now))
    for key in sorted({*old, *new}):
        was, is_now = old.get(key, Reach.NONE), new.get(key, Reach.NONE)
        if was is not is_now:
            yield Change(*key, was, is_now)


def _access(scene: Scene) -> Iterator[tuple[tuple[str, str, str], Reach]]:
    for holder in scene.holders.by_arn.values():
        for action, region, access in scene.may(holder):
            resource = action.resource(scene.partition, region, scene.account_id)
            yield (holder.arn, action.action, resource), access.reach
    found = scene.once(escalation)
    for arn in (*found.administrators, *found.steps):
        yield (arn, BECOME, "*"), Reach.ALL
