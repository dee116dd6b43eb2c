"""Comparing two snapshots: which access principals gained and lost between them, and whom roles trust.

Who does hosting, and who is or can become an administrator, is compared as it is decided. Beside that, the policies of
a principal that differ are compared by proof, both ways: every request that one allows and the other does not shows up
as an example, however much was allowed before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from preflight.audit.access import Reach
from preflight.audit.escalation import escalation
from preflight.audit.holders import Holder
from preflight.audit.scene import Scene
from preflight.audit.trusts import trust_of
from preflight.iam.policy import Policy
from preflight.iam.proof.claims import NOTHING, Verdict, no_new_access
from preflight.iam.proof.scene import DocumentType

BECOME = "become an administrator"
ASSUMED_BY = "be assumed by "
_ORDER = {Reach.NONE: 0, Reach.OPEN: 1, Reach.SOME: 2, Reach.ALL: 3}


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `what` a principal may do (an action, `become an administrator`, or `be assumed by` someone) on
    `resource`, before and now.
    """

    principal: str
    what: str
    resource: str
    before: Reach
    now: Reach

    @property
    def gained(self) -> bool:
        """Whether the principal may do more than before."""
        return _ORDER[self.now] > _ORDER[self.before]


def changes(before: Scene, now: Scene) -> Iterator[Change]:
    """Give what changed, by principal: of hosting actions, of who is or can become an administrator, of everything else
    that the policies of principals of both allow, and of whom roles trust.
    """
    old, new = dict(_access(before)), dict(_access(now))
    found: dict[tuple[str, str, str], Change] = {}
    for key in sorted({*old, *new}):
        was, is_now = old.get(key, Reach.NONE), new.get(key, Reach.NONE)
        if was is not is_now:
            found[key] = Change(*key, was, is_now)
    told = {(principal, what) for principal, what, _ in found}
    for arn in sorted({*before.holders.by_arn, *now.holders.by_arn}):
        for each in _proved(before.holders.by_arn.get(arn), now.holders.by_arn.get(arn), arn):
            if (arn, each.what) not in told:
                found[arn, each.what, each.resource] = each
    yield from (found[key] for key in sorted(found))


def _access(scene: Scene) -> Iterator[tuple[tuple[str, str, str], Reach]]:
    for holder in scene.holders.by_arn.values():
        for action, region, access in scene.may(holder):
            resource = action.resource(scene.partition, region, scene.account_id)
            yield (holder.arn, action.action, resource), access.reach
    found = scene.once(escalation)
    for arn in (*found.administrators, *found.steps):
        yield (arn, BECOME, "*"), Reach.ALL


def _proved(before: Holder | None, now: Holder | None, arn: str) -> Iterator[Change]:
    """Give requests that the policies of only one of the two snapshots allow, both of identities and of trust."""
    compared: tuple[tuple[Policy, Policy, DocumentType], ...] = (
        (_whole(before), _whole(now), "identity"),
        (_trust(before), _trust(now), "trust"),
    )
    for first, second, type_ in compared:
        if first.statements != second.statements:
            yield from _differences(first, second, type_, arn, gained=True)
            yield from _differences(second, first, type_, arn, gained=False)


def _differences(old: Policy, new: Policy, type_: DocumentType, arn: str, *, gained: bool) -> Iterator[Change]:
    proof = no_new_access(old, new, type_)
    for each in proof.counterexamples:
        request = each.asked.request
        # An action that AWS does not have is an example of all that are not named.
        action = "*" if each.exists is False else request.action
        what = ASSUMED_BY + request.principal if type_ == "trust" else action
        resource = arn if type_ == "trust" else request.resource
        pair = (Reach.NONE, Reach.SOME) if gained else (Reach.SOME, Reach.NONE)
        yield Change(arn, what, resource, *pair)
    if proof.verdict is Verdict.UNKNOWN and gained:
        yield Change(arn, "more than before, perhaps", "; ".join(proof.unknown)[:200] or "*", Reach.NONE, Reach.OPEN)


def _whole(holder: Holder | None) -> Policy:
    if holder is None:
        return NOTHING
    statements = tuple(each for policy in holder.policies.identity for each in policy.statements)
    return Policy("the policies of " + holder.name, "2012-10-17", statements)


def _trust(holder: Holder | None) -> Policy:
    trust = trust_of(holder) if holder is not None and holder.kind == "role" else None
    return trust or NOTHING
