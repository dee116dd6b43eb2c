"""Comparing two snapshots: which access principals gained and lost between them, and whom roles trust.

Who does hosting, and who is or can become an administrator, is compared as it is decided. Beside that, the policies of
a principal that differ are compared by proof, both ways: every request that one allows and the other does not shows up
as an example, however much was allowed before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preflight.audit.access.decider import Reach
from preflight.audit.access.holders import Holder
from preflight.audit.access.trusts import principals_of, trust_of
from preflight.audit.endpoint_facts import arn as arn_of
from preflight.audit.endpoint_facts import described, endpoints_of
from preflight.audit.questions.within_limits import is_alike, is_limited, new_access
from preflight.audit.scene import Scene
from preflight.audit.ways.escalation import escalation
from preflight.catalog import action as catalog_action
from preflight.catalog import service_exists
from preflight.iam.policy import Policy
from preflight.iam.proof.checking import MOST_COUNTEREXAMPLES, ProofVerdict
from preflight.iam.proof.claims import NOTHING, no_new_access
from preflight.iam.proof.scene import DocumentType

BECOME = "become an administrator"
BE = "be an administrator"
ASSUMED_BY = "be assumed by "
NEW, GONE = "is new", "is gone"
STATUS, QUOTA = "endpoint status", "quota"
_NAMED = 3
_ORDER: Mapping[str, int] = {Reach.NONE: 0, Reach.OPEN: 1, Reach.SOME: 2, Reach.ALL: 3}


@dataclass(frozen=True, slots=True)
class Change:
    """One change, before and now.

    `what` a principal may do (an action, `become an administrator`, or `be assumed by` someone) on `resource`, with
    before and now as `Reach` has them. A principal that only one of the snapshots has is one change, `is new` or
    `is gone`, with `resource` saying in words what it may do. Of an endpoint, `endpoint status`, and of a quota, before
    and now are the statuses and values; `principal` is then the endpoint's ARN or the quota's name.
    """

    principal: str
    what: str
    resource: str
    before: str
    now: str

    @property
    def of_access(self) -> bool:
        """Whether it is a change of access, rather than of an endpoint or a quota."""
        return self.what not in (STATUS, QUOTA)

    @property
    def gained(self) -> bool:
        """Whether the principal may do more than before."""
        return self.of_access and _ORDER[self.now] > _ORDER[self.before]

    @property
    def lost(self) -> bool:
        """Whether the principal may do less than before."""
        return self.of_access and _ORDER[self.now] < _ORDER[self.before]


def changes(before: Scene, now: Scene) -> Iterator[Change]:
    """Give what changed, by principal: who is new or gone, hosting actions, who is or can become an administrator,
    everything else that the policies of principals of both allow, and whom roles trust; then the states of endpoints,
    and quotas.
    """
    ours, theirs = now.holders.by_arn, before.holders.by_arn
    old, new = dict(_access(before)), dict(_access(now))
    found: dict[tuple[str, str, str], Change] = {}
    for arn in sorted(ours.keys() ^ theirs.keys()):
        what, had, scene = (NEW, new, now) if arn in ours else (GONE, old, before)
        pair = (Reach.NONE, Reach.ALL) if what == NEW else (Reach.ALL, Reach.NONE)
        found[arn, what, ""] = Change(arn, what, _in_words(arn, had, scene), *pair)
    both = ours.keys() & theirs.keys()
    for key in sorted({*old, *new}):
        was, is_now = old.get(key, Reach.NONE), new.get(key, Reach.NONE)
        if was is not is_now and key[0] in both:
            found[key] = Change(*key, was, is_now)
    told = {(principal, what) for principal, what, _ in found}
    for arn in sorted(both):
        for each in _proved(theirs[arn], ours[arn], arn):
            if (arn, each.what) not in told:
                found[arn, each.what, each.resource] = each
    yield from (found[key] for key in sorted(found))
    yield from _states(before, now)
    yield from _quotas(before, now)


def _in_words(arn: str, had: Mapping[tuple[str, str, str], Reach], scene: Scene) -> str:
    """Return in a few words what a principal may do, and who may assume it."""
    own = {what for principal, what, _ in had if principal == arn}
    words = ["is an administrator"] if BE in own else [f"can {BECOME}"] if BECOME in own else []
    holder = scene.holders.by_arn[arn]
    actions = list(dict.fromkeys(_granted(holder)))
    more = f" and {len(actions) - _NAMED} more" if len(actions) > _NAMED else ""
    if actions:
        words.append(f"is allowed {', '.join(actions[:_NAMED])}{more}")
    trust = trust_of(holder) if holder.kind == "role" else None
    trusted = list(dict.fromkeys(value for _, value in principals_of(trust))) if trust is not None else []
    if trusted:
        more = f" and {len(trusted) - _NAMED} more" if len(trusted) > _NAMED else ""
        words.append(f"can be assumed by {', '.join(trusted[:_NAMED])}{more}")
    return "; ".join(words)


def _granted(holder: Holder) -> Iterator[str]:
    """Give the actions that a principal's policies allow on something, as they are written."""
    for policy in holder.policies.identity:
        for statement in policy.statements:
            if statement.allows:
                texts = statement.actions.texts
                yield from (f"all but {', '.join(texts)}",) if statement.actions.negated else texts


def _states(before: Scene, now: Scene) -> Iterator[Change]:
    """Give the endpoints that are new, gone, or in another state. Regions count that both snapshots know."""
    old, new = endpoints_of(before), endpoints_of(now)
    for region in sorted(old.keys() & new.keys()):
        was = {each["EndpointName"]: each for each in old[region]}
        is_now = {each["EndpointName"]: each for each in new[region]}
        for name in sorted({*was, *is_now}):
            first, second = (_state(each.get(name)) for each in (was, is_now))
            if first != second:
                reason = (is_now.get(name) or {}).get("FailureReason", "")
                yield Change(arn_of(now, region, "endpoint", name), STATUS, reason, first, second)


def _state(endpoint: Mapping[str, Any] | None) -> str:
    return "none" if endpoint is None else str(endpoint.get("EndpointStatus", "unknown"))


def _quotas(before: Scene, now: Scene) -> Iterator[Change]:
    """Give the quotas whose values differ, of the regions that both snapshots know."""
    old, new = (described(scene, "service-quotas:quota", ServiceCode="sagemaker") for scene in (before, now))
    for region in sorted(old.keys() & new.keys()):
        was, is_now = ({each["QuotaName"]: each["Value"] for each in side[region]} for side in (old, new))
        for name in sorted(was.keys() & is_now.keys()):
            if was[name] != is_now[name]:
                yield Change(name, QUOTA, region, f"{was[name]:g}", f"{is_now[name]:g}")


def _access(scene: Scene) -> Iterator[tuple[tuple[str, str, str], Reach]]:
    for holder in scene.holders.by_arn.values():
        for action, region, access in scene.may(holder):
            resource = action.resource(scene.partition, region, scene.account_id)
            yield (holder.arn, action.action, resource), access.reach
    found = scene.once(escalation)
    for who in found.administrators:
        yield (who, BE, "*"), Reach.OPEN if who in found.conditions else Reach.ALL
    for who in (*found.administrators, *found.steps):
        yield (who, BECOME, "*"), Reach.ALL


def _proved(before: Holder, now: Holder, arn: str) -> Iterator[Change]:
    """Give requests that the policies of only one of the two snapshots allow, both of identities and of trust."""
    compared: list[tuple[Policy, Policy, DocumentType]] = [(_trust(before), _trust(now), "trust")]
    if not is_limited(before, now):
        compared.insert(0, (_whole(before), _whole(now), "identity"))
    elif not is_alike(before, now):
        yield from _within_limits(before, now, arn, gained=True)
        yield from _within_limits(now, before, arn, gained=False)
    for first, second, type_ in compared:
        if first.statements != second.statements:
            yield from _differences(first, second, type_, arn, gained=True)
            yield from _differences(second, first, type_, arn, gained=False)


def _within_limits(before: Holder, now: Holder, arn: str, *, gained: bool) -> Iterator[Change]:
    """Give requests that are allowed at one time only, where boundaries and the organization's policies count too."""
    found = new_access(before, now)
    pair = (Reach.NONE, Reach.SOME) if gained else (Reach.SOME, Reach.NONE)
    yield from (Change(arn, _named(each.action), each.resource, *pair) for each in found.requests)
    if len(found.requests) >= MOST_COUNTEREXAMPLES:
        yield _more(arn, gained=gained)
    if found.unknown and gained:
        yield Change(arn, "more than before, perhaps", "; ".join(found.unknown)[:200], Reach.NONE, Reach.OPEN)


def _more(arn: str, *, gained: bool) -> Change:
    pair = (Reach.NONE, Reach.OPEN) if gained else (Reach.OPEN, Reach.NONE)
    return Change(arn, f"{'more' if gained else 'less'} than these examples", "*", *pair)


def _differences(old: Policy, new: Policy, type_: DocumentType, arn: str, *, gained: bool) -> Iterator[Change]:
    proof = no_new_access(old, new, type_)
    for each in proof.counterexamples:
        request = each.asked.request
        what = ASSUMED_BY + request.principal if type_ == "trust" else _named(request.action)
        resource = arn if type_ == "trust" else request.resource
        pair = (Reach.NONE, Reach.SOME) if gained else (Reach.SOME, Reach.NONE)
        yield Change(arn, what, resource, *pair)
    if len(proof.counterexamples) >= MOST_COUNTEREXAMPLES:
        yield _more(arn, gained=gained)
    if proof.verdict is ProofVerdict.UNKNOWN and gained:
        yield Change(arn, "more than before, perhaps", "; ".join(proof.unknown)[:200] or "*", Reach.NONE, Reach.OPEN)


def _named(action: str) -> str:
    """Return an action; one that AWS does not have is an example of all that are not named, of a service or of any."""
    service, _, name = action.partition(":")
    known = catalog_action(service, name)
    if known is not None:
        return known.id
    return f"{service}:*" if service_exists(service) else "*"


def _whole(holder: Holder) -> Policy:
    statements = tuple(each for policy in holder.policies.identity for each in policy.statements)
    return Policy("the policies of " + holder.name, "2012-10-17", statements)


def _trust(holder: Holder) -> Policy:
    trust = trust_of(holder) if holder.kind == "role" else None
    return trust or NOTHING
