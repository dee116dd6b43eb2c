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
from preflight.audit.access.trusts import session_names, trust_of
from preflight.audit.questions.asked_resources import named_resources, policy_of, resources_of
from preflight.audit.scene import Scene
from preflight.audit.ways.escalation import escalation
from preflight.catalog import action as catalog_action
from preflight.catalog import actions, nearest_action, nearest_service, service_exists, services
from preflight.errors import UsageError
from preflight.iam.policy import Policy, parse_policy
from preflight.iam.request import PolicyType

_ASSUME = "sts:AssumeRole"
BECOME = "become an administrator"
_ORDER = (Reach.NONE, Reach.OPEN, Reach.SOME, Reach.ALL)


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One line of an answer: a principal (ARN), an action, the resource that was asked about, and what it may."""

    principal: str
    action: str
    resource: str
    access: Access


def who_can(scene: Scene, action: str, on: str | None = None) -> Iterator[AnswerLine]:
    """Give everyone who may do an action, for certain or perhaps, on a resource; without one on any of its own types,
    and on any that a policy names. Raises `UsageError` for an action that AWS does not have, or a resource that is no
    ARN.
    """
    known = _known(action)
    if on is not None and on != "*" and not on.startswith("arn:"):
        raise UsageError(
            f"--on {on!r} isn't an ARN; write one such as arn:aws:sagemaker:us-east-1:111122223333:endpoint/x"
        )
    for holder in scene.holders.by_arn.values():
        yield from _answers(scene, holder, known, on)


def unknown_to(scene: Scene, action: str, on: str | None = None) -> Iterator[str]:
    """Give, in words, what is not known of an account and may allow an action to more than those who are given."""
    yield from (each.reason for each in scene.holders.unknown)
    for holder in scene.holders.by_arn.values():
        for policy_type, reason in holder.policies.unknown.items():
            yield f"{policy_type.value} policies of {holder.kind} {holder.name}: {reason}"
    if on is None:
        if action.lower().startswith("kms:"):
            yield "a key's policy may allow others"
    elif isinstance(policy := policy_of(scene, on), Unknown):
        yield f"{policy.reason}, and may allow others"


def unknown_of(scene: Scene, principal: str) -> Iterator[str]:
    """Give, in words, what is not known of a principal."""
    for policy_type, reason in _holder(scene, principal).policies.unknown.items():
        yield f"{policy_type.value} policies: {reason}"


def can(scene: Scene, principal: str) -> Iterator[AnswerLine]:
    """Give each action that a principal may do, for certain or perhaps, the roles that it may assume, and whether it is
    or can become an administrator. `principal` is an ARN, or a name that one role or user has. Raises `UsageError` for
    one that is not there.
    """
    holder = _holder(scene, principal)
    yield from _administrator(scene, holder)
    for service in services():
        names = [f"{service}:{each}" for each in actions(service)]
        covering = Covering(names)
        granted = frozenset[str]().union(*map(covering.allowed, holder.policies.identity))
        for action in names:
            if action.lower() in granted and action != _ASSUME:
                yield from _answers(scene, holder, action, None, all_of_them=False)
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
        access = _access(scene, holder, action, on)
        if access.possible:
            yield AnswerLine(holder.arn, action, on, access)
        return
    if action == _ASSUME:
        for role in scene.holders.by_arn.values():
            if role.kind == "role" and (access := _access(scene, holder, action, role.arn)).possible:
                yield AnswerLine(holder.arn, action, role.arn, access)
        return
    open_names = [(each, _access(scene, holder, action, each)) for each in resources_of(scene, action)]
    found = [(resource, access) for resource, access in open_names if access.possible]
    # A pattern of a policy may be about names that an open name leaves out: with a slash, of other regions or accounts.
    regions = {resource.split(":")[3] for resource, _ in found if resource.count(":") > 3}
    named = [
        (each, access)
        for each in named_resources(scene, holder, action, scene.asked_regions)
        if (not found or (each.split(":")[3] and each.split(":")[3] not in regions))
        and (access := _access(scene, holder, action, each)).possible
    ]
    answers = sorted((*found, *named), key=lambda each: -_ORDER.index(each[1].reach))
    for resource, access in answers if all_of_them else answers[:1]:
        yield AnswerLine(holder.arn, action, resource, access)


def _access(scene: Scene, holder: Holder, action: str, resource: str) -> Access:
    role = scene.holders.by_arn.get(resource) if action == _ASSUME else None
    if role is not None:
        trust = trust_of(role)
        if trust is not None:
            found = (
                scene.decider.access(holder, action, resource, context=context, resource_policy=trust)
                for context in session_names(trust, holder)
            )
            return max(found, key=lambda each: _ORDER.index(each.reach))
        return _unread(scene, holder, action, resource, f"the trust policy of {role.name} is not known")
    if action.startswith("kms:") and ":key/" in resource:
        policy = policy_of(scene, resource)
        if policy is None or isinstance(policy, Unknown):
            return _unread(scene, holder, action, resource, "the key's policy is not known")
        return scene.decider.access(holder, action, resource, resource_policy=policy)
    account = resource.split(":", 5)[4] if resource.count(":") > 4 else ""
    if account.isdigit() and account != scene.account_id:
        return _unread(scene, holder, action, resource, f"the policy of {resource} in account {account} is not known")
    policy = None if "?" in resource else policy_of(scene, resource)
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


def _known(action: str) -> str:
    service, colon, name = action.partition(":")
    if not colon or not service_exists(service.lower()):
        near = nearest_service(service)
        hint = f"; did you mean {near}:{name or '...'}?" if near else "; write it as sagemaker:CreateEndpoint"
        raise UsageError(f"there is no action {action!r}{hint}")
    found = catalog_action(service.lower(), name)
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
