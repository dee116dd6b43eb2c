"""What the policies of resources allow and did not, or allowed and don't any more: by proof, and for everyone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from preflight.account.facts import Unknown
from preflight.audit.access.decider import Reach
from preflight.audit.outside.shared_resources import KINDS, SharedResource, lists_all, plural
from preflight.audit.questions.change import ADDED, LIFTED, Change, not_comparable
from preflight.audit.questions.resource_policies import parsed, resources
from preflight.audit.scene import Scene
from preflight.catalog import action as catalog_action
from preflight.catalog import service_exists
from preflight.declared.resource_kinds import load_kind
from preflight.iam.policy import Policy
from preflight.iam.proof.claims import NOTHING, no_new_access

_NO_MORE = (Reach.SOME, Reach.NONE)
_NEW = (Reach.NONE, Reach.SOME)


def resource_changes(before: Scene, now: Scene) -> Iterator[Change]:
    """Give whom the policies of resources allow more or less than before, in the regions that both snapshots have, and
    what can't be compared since one of them lacks it.
    """
    regions = [each for each in now.regions if each in before.regions]
    old, new = ({each.arn: each for each in resources(scene) if each.region in regions} for scene in (before, now))
    unread: Counter[str] = Counter()
    for arn in sorted({*old, *new}):
        was, is_now = old.get(arn), new.get(arn)
        listed = is_now or was
        assert listed is not None
        both = was is not None and is_now is not None
        if not both and not lists_all(before if was is None else now, listed.kind, listed.region):
            # Said of the whole list below.
            continue
        first, second = _policy(was), _policy(is_now)
        if isinstance(first, Unknown) or isinstance(second, Unknown):
            unread[listed.kind] += isinstance(first, Unknown) is not isinstance(second, Unknown)
            continue
        if first.statements != second.statements:
            yield from _differences(first, second, arn, gained=True)
            yield from _differences(second, first, arn, gained=False)
    for kind, count in unread.items():
        if count:
            yield not_comparable(plural(load_kind(kind).label), f"only one snapshot has the policies of {count}")
    for kind in KINDS:
        lacking = [region for region in regions if lists_all(before, kind, region) is not lists_all(now, kind, region)]
        if lacking:
            label = plural(load_kind(kind).label)
            yield not_comparable(label, f"only one snapshot lists all {label} of {', '.join(lacking)} with policies")


def compares_all(before: Scene, now: Scene) -> bool:
    """Say whether both snapshots have the policies of resources in the regions that both have."""
    regions = [each for each in now.regions if each in before.regions]
    return bool(regions) and all(
        lists_all(scene, kind, region) for scene in (before, now) for kind in KINDS for region in regions
    )


def _policy(resource: SharedResource | None) -> Policy | Unknown:
    return (parsed(resource) if resource is not None else None) or NOTHING


def _differences(old: Policy, new: Policy, resource: str, *, gained: bool) -> Iterator[Change]:
    proof = no_new_access(old, new, "resource")
    pair = _NEW if gained else _NO_MORE
    for each in proof.counterexamples:
        request = each.asked.request
        # In the policy of a key, `*` is that key.
        on = request.resource if request.resource.startswith(resource) else resource
        yield Change(request.principal, named_action(request.action), on, *pair)
    if proof.lifted:
        which = ", ".join(each.sid or f"Statement[{each.index}]" for each in proof.lifted)
        doubt = (Reach.NONE, Reach.OPEN) if gained else (Reach.OPEN, Reach.NONE)
        yield Change(f"the policy of {resource}", LIFTED if gained else ADDED, which, *doubt)
    if proof.unknown and gained:
        yield not_comparable(f"the policy of {resource}", "; ".join(proof.unknown)[:200])


def named_action(action: str) -> str:
    """Return an action; one that AWS does not have is an example of all that are not named, of a service or of any."""
    service, _, name = action.partition(":")
    known = catalog_action(service, name)
    if known is not None:
        return known.id
    return f"{service}:*" if service_exists(service) else "*"
