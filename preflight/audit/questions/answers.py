"""`--who-can ACTION --on ARN` and `--can PRINCIPAL`: who may do something, and what someone may do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from preflight.account.facts import Unknown
from preflight.audit.access.covering import Covering
from preflight.audit.access.decider import NOTHING, Access, Reach
from preflight.audit.access.holders import Holder
from preflight.audit.access.trusts import trust_of
from preflight.audit.questions.asked_resources import (
    is_role,
    named_resources,
    of_types,
    require_resource_of,
    resources_of,
)
from preflight.audit.questions.assumable_roles import FEW, leaving_roles, named_roles
from preflight.audit.questions.change import BECOME
from preflight.audit.questions.granted_by_resources import ResourceGrant, access_by, granted, granted_to, grants
from preflight.audit.questions.required_types import allowed_patterns, form_of, with_the_rest
from preflight.audit.questions.resource_policies import NO_NAME, keys_of, left_to_account, policy_of, unread, unread_for
from preflight.audit.scene import Scene
from preflight.audit.ways.escalation import escalation
from preflight.catalog import action as catalog_action
from preflight.catalog import actions, nearest_action, nearest_service, service_exists, services
from preflight.errors import UsageError
from preflight.iam.policy import Policy, parse_policy
from preflight.iam.request import PolicyType
from preflight.iam.service_rules import no_permission_needed

_ASSUME = "sts:AssumeRole"


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One line of an answer: a principal (ARN), an action, the resource that was asked about, and what it may."""

    principal: str
    action: str
    resource: str
    access: Access


def who_can(scene: Scene, action: str, on: str | None = None) -> Iterator[AnswerLine]:
    """Give everyone who may do an action, for certain or perhaps, on a resource; without one on any of its own types,
    and on any that a policy names: the account's roles and users, and whom else the policies of resources and the trust
    policies of roles allow. Raises `UsageError` for an action that AWS does not have, or a resource that is no ARN of
    one that the action can be on.
    """
    known = action_id(action)
    if on is not None:
        require_resource_of(scene, known, on)
    everything: set[str] = set()
    told: set[tuple[str, str]] = set()
    for holder in _asked_of(scene, known, on):
        for line in _answers(scene, holder, known, on):
            told.add((line.principal, line.resource))
            if line.access.reach is Reach.ALL and NO_NAME in line.resource:
                everything.add(line.principal)
            yield line
    for grant in grants(scene, known) if on is None else _granted_on(scene, known, on):
        if grant.principal not in everything and (grant.principal, grant.resource) not in told:
            yield AnswerLine(grant.principal, known, grant.resource, grant.access)


def _asked_of(scene: Scene, action: str, on: str | None) -> Iterator[Holder]:
    """Give whom a question is about. Without a resource, whoever has no policy that is about the action can only be
    named by a resource's, and those are asked for themselves.
    """
    holders = scene.holders.by_arn.values()
    if on is not None or action.lower() in no_permission_needed():
        yield from holders
        return
    covering = Covering([action])
    for holder in holders:
        if holder.policies.unknown or any(map(covering.allowed, holder.policies.identity)):
            yield holder


def _granted_on(scene: Scene, action: str, on: str) -> Iterator[ResourceGrant]:
    """Give who outside the account's roles and users may do an action on a resource, by its policy."""
    policy = _trust(scene, on) if is_role(on) and action.startswith("sts:") else policy_of(scene, on)
    if isinstance(policy, Policy):
        yield from granted(scene, policy, action, on, inside=False)


def _trust(scene: Scene, role: str) -> Policy | None:
    found = scene.holders.by_arn.get(role)
    return None if found is None else trust_of(found)


def unknown_to(scene: Scene, action: str, on: str | None = None) -> Iterator[str]:
    """Give, in words, what is not known of an account and may allow an action to more than those who are given."""
    known = action_id(action)
    yield from (each.reason for each in scene.holders.unknown)
    for holder in scene.holders.by_arn.values():
        for policy_type, reason in holder.policies.unknown.items():
            yield f"{policy_type.value} policies of {holder.kind} {holder.name}: {reason}"
    if known.startswith("sts:") and (on is None or is_role(on)):
        roles = scene.holders.by_arn.values() if on is None else filter(None, [scene.holders.by_arn.get(on)])
        for each in roles:
            if each.kind == "role" and trust_of(each) is None:
                yield f"the trust policy of role {each.name} is not known, and may allow others"
    elif on is None:
        yield from unread_for(scene, known)
    elif isinstance(policy := policy_of(scene, on), Unknown):
        more = f"; {policy.resolution}" if policy.resolution else ""
        yield f"{policy.reason}, and may allow others{more}"


def unknown_of(scene: Scene, principal: str) -> Iterator[str]:
    """Give, in words, what is not known of a principal."""
    for policy_type, reason in _holder(scene, principal).policies.unknown.items():
        yield f"{policy_type.value} policies: {reason}"
    if more := unread(scene):
        yield more


def can(scene: Scene, principal: str) -> Iterator[AnswerLine]:
    """Give each action that a principal may do, for certain or perhaps, by its own policies or by those of resources,
    the roles that it may assume, and whether it is or can become an administrator. `principal` is an ARN, or a name
    that one role or user has. Raises `UsageError` for one that is not there.
    """
    holder = _holder(scene, principal)
    yield from _administrator(scene, holder)
    told: set[str] = set()
    for service in services():
        names = [f"{service}:{each}" for each in actions(service)]
        covering = Covering(names)
        granted = frozenset[str]().union(*map(covering.allowed, holder.policies.identity))
        for action in names:
            if action.lower() in granted and action != _ASSUME:
                own = list(_answers(scene, holder, action, None, all_of_them=False))
                told.update(each.action for each in own)
                yield from own
    for action, grant in granted_to(scene, holder):
        if action not in told:
            told.add(action)
            yield AnswerLine(holder.arn, action, grant.resource, grant.access)
    for role in scene.holders.by_arn.values():
        if role.kind == "role" and role is not holder:
            access = _access(scene, holder, _ASSUME, role.arn)
            if access.possible:
                yield AnswerLine(holder.arn, _ASSUME, role.arn, access)


def _administrator(scene: Scene, holder: Holder) -> Iterator[AnswerLine]:
    found = scene.once(escalation)
    if holder.arn in found.administrators:
        depends_on = found.conditions.get(holder.arn, ())
        reach = Reach.OPEN if depends_on else Reach.ALL
        yield AnswerLine(holder.arn, "administrator", "*", Access(reach, depends_on=depends_on))
    elif path := found.path(holder.arn):
        depends_on = found.depends_on(holder.arn)
        by = tuple(dict.fromkeys(ref for step in path for ref in step.by))
        how = "; then ".join(each.how for each in path)
        reach = Reach.OPEN if depends_on else Reach.ALL
        yield AnswerLine(holder.arn, BECOME, "*", Access(reach, by, how, depends_on))
    elif reason := found.undecided.get(holder.arn):
        yield AnswerLine(holder.arn, BECOME, "*", Access(Reach.OPEN, depends_on=(reason,)))
    elif way := found.unseen.get(holder.arn):
        kinds = way.existing.called if way.existing is not None else "what it needs"
        reason = f"the facts don't list all {kinds} ({', '.join((*way.needs, *way.creates))})"
        yield AnswerLine(holder.arn, BECOME, "*", Access(Reach.OPEN, depends_on=(reason,)))
    elif needs := found.central.get(holder.arn):
        reason = f"whether this account manages IAM Identity Center is not known ({', '.join(needs)})"
        yield AnswerLine(holder.arn, BECOME, "*", Access(Reach.OPEN, depends_on=(reason,)))


def _answers(
    scene: Scene, holder: Holder, action: str, on: str | None, *, all_of_them: bool = True
) -> Iterator[AnswerLine]:
    if on is not None:
        access = _whole(scene, holder, action, on, _access(scene, holder, action, on))
        if access.possible:
            yield AnswerLine(holder.arn, action, on, access)
        return
    if action == _ASSUME:
        yield from _assumed(scene, holder)
        return
    open_names = [
        (resource, _whole(scene, holder, action, resource, access))
        for name in resources_of(scene, action)
        for resource, access in _of_keys(scene, holder, action, name)
    ]
    found = [each for each in open_names if each[1].possible and _stands(scene, holder, action, each[1])]
    # A pattern of a policy may be about names that an open name leaves out: with a slash, of other regions or accounts.
    regions = {resource.split(":")[3] for resource, _ in found if resource.count(":") > 3}
    named = [
        (each, access)
        for each in named_resources(scene, holder, action, scene.asked_regions)
        if (not found or (each.split(":")[3] and each.split(":")[3] not in regions))
        and (access := _whole(scene, holder, action, each, _access(scene, holder, action, each))).possible
    ]
    answers = sorted((*found, *named), key=lambda each: -each[1].reach.rank)
    for resource, access in answers if all_of_them else answers[:1]:
        yield AnswerLine(holder.arn, action, resource, access)


def _whole(scene: Scene, holder: Holder, action: str, resource: str, access: Access) -> Access:
    """Return what a principal may do on a resource, as far as it may on the others that the action needs."""

    def on_type(type_: str, region: str) -> Access:
        service = action.partition(":")[0]
        form = form_of(service, type_)
        open_names = [each for each in of_types(scene, service, [type_]) if each.split(":")[3:4] in ([region], [""])]
        found = (each for name in open_names for _, each in _of_keys(scene, holder, action, name))
        best = max(found, key=_rank, default=NOTHING)
        if best.possible or form is None:
            return best
        named = named_resources(scene, holder, action, (region,) if region else scene.asked_regions, [form])
        return max((_access(scene, holder, action, each) for each in named), key=_rank, default=NOTHING)

    return with_the_rest(action, resource, access, on_type, lambda: allowed_patterns(holder, action))


def _rank(access: Access) -> int:
    return access.reach.rank


def _assumed(scene: Scene, holder: Holder) -> Iterator[AnswerLine]:
    """Give which roles a principal may assume, of those that leave it to the account; of many, all of them at once."""
    roles = leaving_roles(scene)
    if len(roles) > FEW:
        every = f"arn:{scene.partition}:iam::{scene.account_id}:role/{NO_NAME}"
        leaving = _leaving(scene.partition, scene.account_id)
        access = scene.decider.access(holder, _ASSUME, every, resource_policy=leaving)
        if access.reach is Reach.ALL:
            yield AnswerLine(holder.arn, _ASSUME, every, replace(access, reach=Reach.SOME, example=next(iter(roles))))
            return
    for role in named_roles(scene, holder):
        if (access := _access(scene, holder, _ASSUME, role.arn)).possible:
            yield AnswerLine(holder.arn, _ASSUME, role.arn, access)


def _of_keys(scene: Scene, holder: Holder, action: str, resource: str) -> Iterator[tuple[str, Access]]:
    """Give what a principal may do on a resource with an open name. Each KMS key has its own policy: where the facts
    have all, those that leave it to the account whom to allow are one answer, and each of the others is asked.
    """
    keys = keys_of(scene) if action.startswith("kms:") and f":key/{NO_NAME}" in resource else None
    if keys is None:
        yield resource, _access(scene, holder, action, resource)
        return
    head = resource.removesuffix(NO_NAME)
    of_region = {arn: policy for arn, policy in keys.items() if arn.startswith(head)}
    left = [arn for arn, policy in of_region.items() if left_to_account(policy, action, scene.account_id)]
    if left:
        leaving = _leaving(scene.partition, scene.account_id)
        access = scene.decider.access(holder, action, resource, resource_policy=leaving)
        if access.reach is Reach.SOME:
            # Its policies name keys: some of these, perhaps.
            yield from ((each, _access(scene, holder, action, each)) for each in left)
        else:
            reach = Reach.SOME if access.reach is Reach.ALL and len(left) < len(of_region) else access.reach
            yield (left[0] if len(of_region) == 1 else resource), replace(access, reach=reach, example=left[0])
    for arn in of_region.keys() - set(left):
        yield arn, _access(scene, holder, action, arn)


def _stands(scene: Scene, holder: Holder, action: str, access: Access) -> bool:
    """Whether what is allowed on some resources is, on the one that is given for an example, by its own policy too."""
    if access.reach is not Reach.SOME or not isinstance(policy_of(scene, access.example), Policy):
        return True
    return _access(scene, holder, action, access.example).possible


def _access(scene: Scene, holder: Holder, action: str, resource: str) -> Access:
    role = scene.holders.by_arn.get(resource) if action.startswith("sts:") else None
    if role is not None and role.kind == "role":
        trust = trust_of(role)
        if trust is not None:
            return access_by(scene, holder, trust, action, resource)
        return _unread(scene, holder, action, resource, f"the trust policy of {role.name} is not known")
    if action.startswith("kms:") and ":key/" in resource:
        policy = policy_of(scene, resource)
        if policy is None or isinstance(policy, Unknown):
            return _unread(scene, holder, action, resource, "the key's policy is not known")
        return scene.decider.access(holder, action, resource, resource_policy=policy)
    account = resource.split(":", 5)[4] if resource.count(":") > 4 else ""
    if account.isdigit() and account != scene.account_id:
        return _unread(scene, holder, action, resource, f"the policy of {resource} in account {account} is not known")
    policy = policy_of(scene, resource)
    if policy is None or isinstance(policy, Unknown):
        return scene.decider.access(holder, action, resource)
    return scene.decider.access(holder, action, resource, resource_policy=policy)


def _unread(scene: Scene, holder: Holder, action: str, resource: str, reason: str) -> Access:
    """Decide where a resource's own policy has to allow too, and is not known: perhaps, for whom the rest allows it."""
    lower = action.lower()
    if not any(each.allows for policy in holder.policies.identity for each in policy.about(lower)):
        return NOTHING
    unknown = MappingProxyType({**holder.policies.unknown, PolicyType.RESOURCE: reason})
    blind = replace(holder, policies=replace(holder.policies, unknown=unknown))
    access = scene.decider.access(blind, action, resource)
    # What its own account's policies allow, were the resource's policy to leave it to them.
    own = scene.decider.access(holder, action, resource, resource_policy=_leaving(scene.partition, scene.account_id))
    return access if own.possible else NOTHING


@cache
def _leaving(partition: str, account: str) -> Policy:
    """Return the policy of a resource that leaves it to its account whom to allow."""
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"}, "Action": "*"}
    return parse_policy(
        {"Version": "2012-10-17", "Statement": [statement]}, "the resource's policy", PolicyType.RESOURCE
    )


def access_level(action: str) -> str:
    """Return AWS's access level of an action, such as Write; empty for what is no action."""
    service, _, name = action.partition(":")
    found = catalog_action(service, name) if name else None
    return "" if found is None else ", ".join(sorted(found.access_levels))


def action_id(action: str) -> str:
    """Return an action as policies write it. Raises `UsageError` for one that AWS does not have."""
    service, colon, name = action.partition(":")
    if not colon or not service_exists(service.lower()):
        near = nearest_service(service)
        hint = f"; did you mean {near}:{name or '...'}?" if near else "; write it as sagemaker:CreateEndpoint"
        raise UsageError(f"there is no action {action!r}{hint}")
    found = catalog_action(service.lower(), name)
    if found is None and set(name) & set("*?"):
        raise UsageError(f"{action!r} has a wildcard; ask about one action, such as {service}:{actions(service)[0]}")
    if found is None:
        near = nearest_action(service.lower(), name)
        raise UsageError(f"there is no action {action!r}" + (f"; did you mean {service}:{near}?" if near else ""))
    return found.id


def _holder(scene: Scene, principal: str) -> Holder:
    holders = scene.holders.by_arn
    if principal in holders:
        return holders[principal]
    named = [each for each in holders.values() if each.name == principal]
    if len(named) == 1:
        return named[0]
    if len(named) > 1:
        raise UsageError(f"{principal} is the name of {named[0].arn} and {named[1].arn}; give the ARN")
    from difflib import get_close_matches

    near = get_close_matches(principal.rpartition("/")[2], [each.name for each in holders.values()], n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise UsageError(f"there is no role or user {principal} in account {scene.account_id}{hint}")
