"""Comparing two snapshots: which access principals gained and lost between them, and whom roles trust.

Who does hosting, and who is or can become an administrator, is compared as it is decided. Beside that, the policies of
a principal that differ are compared by proof, both ways: every request that one allows and the other does not shows up
as an example, however much was allowed before.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from preflight.account.facts import Ask, Fact, Known, Unknown
from preflight.account.principals import ORGANIZATION_POLICIES, parsed_policy, policy_levels
from preflight.audit.access.decider import Reach
from preflight.audit.access.holders import Holder
from preflight.audit.access.trusts import principals_of, trust_of
from preflight.audit.endpoint_facts import arn as arn_of
from preflight.audit.endpoint_facts import described, endpoints_of
from preflight.audit.questions.change import (
    AGAIN,
    ASSUMED_BY,
    BE,
    BECOME,
    CONFIG,
    GONE,
    NEW,
    PERHAPS,
    QUOTA,
    STATUS,
    UNKNOWN,
    Change,
    not_comparable,
)
from preflight.audit.questions.changed_resource_policies import named_action, resource_changes
from preflight.audit.questions.within_limits import is_alike, is_limited, new_access
from preflight.audit.scene import Scene, scene_of
from preflight.audit.ways.escalation import escalation
from preflight.documents.text.document import Document
from preflight.errors import UsageError
from preflight.iam.policy import Policy
from preflight.iam.proof.checking import MOST_COUNTEREXAMPLES, ProofVerdict
from preflight.iam.proof.claims import NOTHING, no_new_access
from preflight.iam.proof.scene import DocumentType
from preflight.iam.request import PolicyType

_NAMED = 3
_LISTS = {"iam:role": "role", "iam:user": "user"}
_TAGS = "aws:principaltag/"


def compared(old: Document, new: Document, regions: Sequence[str] = ()) -> list[Change]:
    """Return what changed between two snapshots of an account. What only one of them knows of the organization's
    policies is left out of both, and said. Raises what `scene_of` raises, and `UsageError` where they are not of one
    account, or the old one is the newer.
    """
    before, now = scene_of(old, regions), scene_of(new, regions)
    if before.account_id != now.account_id:
        raise UsageError(
            f"--since is of account {before.account_id}, but --snapshot of {now.account_id}; give two of one account"
        )
    times = before.account.taken_at, now.account.taken_at
    if times[0] is not None and times[1] is not None and times[0] > times[1]:
        raise UsageError(f"{old.path} was taken after {new.path}; give the older one with --since")
    unlike = [
        label for type_, label in ORGANIZATION_POLICIES.items()
        if isinstance(_levels(before, type_), Unknown) is not isinstance(_levels(now, type_), Unknown)
    ]  # fmt: skip
    if unlike:
        before, now = (scene_of(_without_organization(each), regions) for each in (old, new))
    said = [not_comparable(each, "only one snapshot has them, so they are left out here") for each in unlike]
    return [*said, *changes(before, now)]


def _without_organization(document: Document) -> Document:
    value = {name: each for name, each in document.value.items() if name != "organization"}
    return Document(document.path, value)


def _levels(scene: Scene, policy_type: str) -> Fact[Any]:
    return scene.account.read(policy_levels(scene.account_id, policy_type))


def changes(before: Scene, now: Scene) -> Iterator[Change]:
    """Give what changed, by principal: who is new or gone, hosting actions, who is or can become an administrator,
    everything else that the policies of principals of both allow, and whom roles trust; then the states of endpoints,
    and quotas.
    """
    kinds = [kind for kind, label in _LISTS.items() if all(_lists(scene, kind) for scene in (before, now))]
    for kind, label in _LISTS.items():
        if kind not in kinds:
            yield not_comparable(f"{label}s", f"a snapshot doesn't have all {label}s")
    named = [_LISTS[kind] for kind in kinds]
    ours, theirs = (
        {arn: each for arn, each in scene.holders.by_arn.items() if each.kind in named} for scene in (now, before)
    )
    regions = {*before.regions} & {*now.regions}
    old, new = dict(_access(before, regions)), dict(_access(now, regions))
    found: dict[tuple[str, str, str], Change] = {}
    for arn in sorted(ours.keys() ^ theirs.keys()):
        what, had, scene = (NEW, new, now) if arn in ours else (GONE, old, before)
        pair = (Reach.NONE, Reach.ALL) if what == NEW else (Reach.ALL, Reach.NONE)
        found[arn, what, ""] = Change(arn, what, _in_words(arn, had, scene), *pair)
    both = set()
    for arn in sorted(ours.keys() & theirs.keys()):
        unread = {**theirs[arn].policies.unknown, **ours[arn].policies.unknown}
        if unread:
            yield not_comparable(arn, "; ".join(unread.values()))
            for each in _differences(_trust(theirs[arn]), _trust(ours[arn]), "trust", arn):
                found[arn, each.what, each.resource] = each
        else:
            both.add(arn)
    doubtful = {*before.once(escalation).undecided} ^ {*now.once(escalation).undecided}
    for key in sorted({*old, *new}):
        was, is_now = old.get(key, Reach.NONE), new.get(key, Reach.NONE)
        if was is is_now or key[0] not in both:
            continue
        if key[1] == BECOME and key[0] in doubtful:
            found[key[0], UNKNOWN, ""] = not_comparable(key[0], f"only one snapshot shows whether it can {BECOME}")
        else:
            found[key] = Change(*key, was, is_now)
    told = {(principal, what) for principal, what, _ in found}
    for arn in sorted(both):
        for each in _proved(theirs[arn], ours[arn], arn):
            if (arn, each.what) not in told:
                found[arn, each.what, each.resource] = each
    for arn in sorted(ours.keys() & theirs.keys()):
        ids = theirs[arn].unique_id, ours[arn].unique_id
        if all(ids) and ids[0] != ids[1]:
            found[arn, AGAIN, ""] = Change(arn, AGAIN, "", *map(str, ids))
    yield from (found[key] for key in sorted(found))
    yield from resource_changes(before, now)
    yield from _controls(before, now)
    yield from _regions(before, now)
    yield from _states(before, now)
    yield from _quotas(before, now)


def _lists(scene: Scene, kind: str) -> bool:
    return isinstance(scene.account.read(Ask.all(kind, "")), Known)


def _regions(before: Scene, now: Scene) -> Iterator[Change]:
    for region in sorted({*before.regions} ^ {*now.regions}):
        yield not_comparable(region, "only one snapshot has this Region")


def _controls(before: Scene, now: Scene) -> Iterator[Change]:
    """Give what the organization's resource control policies deny no more, or deny now."""
    old, new = (_flat(_levels(scene, "RESOURCE_CONTROL_POLICY")) for scene in (before, now))
    if old is None or new is None or old.statements == new.statements:
        return
    for first, second, pair in ((old, new, (Reach.NONE, Reach.OPEN)), (new, old, (Reach.OPEN, Reach.NONE))):
        for each in no_new_access(first, second, "rcp").counterexamples:
            request = each.asked.request
            yield Change("resource control policies", named_action(request.action), request.resource, *pair)


def _flat(levels: Fact[Any]) -> Policy | None:
    if not isinstance(levels, Known):
        return None
    found = [
        parsed_policy(each["name"], each["policy"], PolicyType.RCP)
        for level in levels.value["levels"] or () for each in level
    ]  # fmt: skip
    statements = tuple(one for each in found if isinstance(each, Policy) for one in each.statements)
    return Policy("the resource control policies", "2012-10-17", statements)


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
    if holder.policies.unknown:
        words.append("not all of its policies are known")
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
    yield from _only_one(before, now, old, new, "endpoints")
    for region in sorted(old.keys() & new.keys()):
        was = {each["EndpointName"]: each for each in old[region]}
        is_now = {each["EndpointName"]: each for each in new[region]}
        for name in sorted({*was, *is_now}):
            first, second = (_state(each.get(name)) for each in (was, is_now))
            configs = [str((each.get(name) or {}).get("EndpointConfigName") or "") for each in (was, is_now)]
            if all(configs) and configs[0] != configs[1]:
                yield Change(arn_of(now, region, "endpoint", name), CONFIG, "", *configs)
            if first != second:
                reason = (is_now.get(name) or {}).get("FailureReason", "")
                yield Change(arn_of(now, region, "endpoint", name), STATUS, reason, first, second)


def _only_one(before: Scene, now: Scene, old: Container[str], new: Container[str], what: str) -> Iterator[Change]:
    """Say of which regions that both snapshots have only one has a list."""
    for region in sorted({*before.regions} & {*now.regions}):
        if (region in old) is not (region in new):
            yield not_comparable(f"{what} of {region}", "only one snapshot has them")


def _state(endpoint: Mapping[str, Any] | None) -> str:
    return "none" if endpoint is None else str(endpoint.get("EndpointStatus", "unknown"))


def _quotas(before: Scene, now: Scene) -> Iterator[Change]:
    """Give the quotas whose values differ, of the regions that both snapshots know."""
    old, new = (described(scene, "service-quotas:quota", ServiceCode="sagemaker") for scene in (before, now))
    yield from _only_one(before, now, old, new, "quotas")
    for region in sorted(old.keys() & new.keys()):
        was, is_now = ({_code(each): each for each in side[region]} for side in (old, new))
        for code in sorted(was.keys() & is_now.keys()):
            values = [side[code]["Value"] for side in (was, is_now)]
            if values[0] != values[1]:
                yield Change(is_now[code]["QuotaName"], QUOTA, region, *(f"{each:g}" for each in values))


def _code(quota: Mapping[str, Any]) -> str:
    """Return what tells a quota: several have the same name."""
    return str(quota.get("QuotaCode") or quota["QuotaName"])


def _access(scene: Scene, regions: Container[str]) -> Iterator[tuple[tuple[str, str, str], Reach]]:
    for holder in scene.holders.by_arn.values():
        for action, region, access in scene.may(holder):
            if region in regions:
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
        yield from _differences(first, second, type_, arn)
    if before.tags != now.tags and any(_TAGS in key for key in _keys(before, now)):
        yield Change(arn, PERHAPS, "its tags changed, and its policies depend on them", Reach.NONE, Reach.OPEN)


def _keys(*holders: Holder) -> Iterator[str]:
    """Give the condition keys and the patterns of all that limits or allows what principals may do, in lower case."""
    for holder in holders:
        policies = holder.policies
        groups = (policies.identity, policies.boundaries, *(policies.service_control or ()))
        for statement in (one for group in groups for policy in group for one in policy.statements):
            yield from (each.key for each in statement.conditions)
            yield from (each.lower() for each in (statement.resources.texts if statement.resources else ()))
            yield from (value.lower() for each in statement.conditions for value in each.values)


def _within_limits(before: Holder, now: Holder, arn: str, *, gained: bool) -> Iterator[Change]:
    """Give requests that are allowed at one time only, where boundaries and the organization's policies count too."""
    found = new_access(before, now)
    pair = (Reach.NONE, Reach.SOME) if gained else (Reach.SOME, Reach.NONE)
    yield from (Change(arn, named_action(each.action), each.resource, *pair) for each in found.requests)
    if len(found.requests) >= MOST_COUNTEREXAMPLES:
        yield _more(arn, gained=gained)
    if found.unknown and gained:
        yield Change(arn, PERHAPS, "; ".join(found.unknown)[:200], Reach.NONE, Reach.OPEN)


def _more(arn: str, *, gained: bool) -> Change:
    pair = (Reach.NONE, Reach.OPEN) if gained else (Reach.OPEN, Reach.NONE)
    return Change(arn, f"{'more' if gained else 'less'} than these examples", "*", *pair)


def _differences(before: Policy, now: Policy, type_: DocumentType, arn: str) -> Iterator[Change]:
    if before.statements != now.statements:
        yield from _new(before, now, type_, arn, gained=True)
        yield from _new(now, before, type_, arn, gained=False)


def _new(old: Policy, new: Policy, type_: DocumentType, arn: str, *, gained: bool) -> Iterator[Change]:
    proof = no_new_access(old, new, type_)
    for each in proof.counterexamples:
        request = each.asked.request
        what = ASSUMED_BY + request.principal if type_ == "trust" else named_action(request.action)
        resource = arn if type_ == "trust" else request.resource
        pair = (Reach.NONE, Reach.SOME) if gained else (Reach.SOME, Reach.NONE)
        yield Change(arn, what, resource, *pair)
    if len(proof.counterexamples) >= MOST_COUNTEREXAMPLES:
        yield _more(arn, gained=gained)
    if proof.verdict is ProofVerdict.UNKNOWN and gained:
        yield Change(arn, PERHAPS, "; ".join(proof.unknown)[:200] or "*", Reach.NONE, Reach.OPEN)


def _whole(holder: Holder) -> Policy:
    statements = tuple(each for policy in holder.policies.identity for each in policy.statements)
    return Policy("the policies of " + holder.name, "2012-10-17", statements)


def _trust(holder: Holder) -> Policy:
    trust = trust_of(holder) if holder.kind == "role" else None
    return trust or NOTHING
