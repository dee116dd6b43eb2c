"""What can be made of a principal: with more groups or policies, other versions, other tags, without a boundary or a
denial. It may make the change itself, or another that can act as it then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from preflight.account.principals import parsed_policy
from preflight.audit.access.holders import Holder
from preflight.audit.ways.asked_tags import TAGGING, tags_of
from preflight.audit.ways.attempts import Attempt, Attempts
from preflight.audit.ways.grants import AllowedActions
from preflight.audit.ways.memberships import Memberships
from preflight.audit.ways.own_attachments import POLICY_KEY, NarrowPolicies
from preflight.audit.ways.what_if import boundary_of, with_policies, with_version, without_boundary
from preflight.iam.policy import Policy
from preflight.iam.request import PolicyType

BOUNDARY = "iam:PermissionsBoundary"
_UNBOUND = {
    "user": ("iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"),
    "role": ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"),
}
_ATTACH = {"user": "iam:AttachUserPolicy", "role": "iam:AttachRolePolicy", "group": "iam:AttachGroupPolicy"}
_INTO_GROUP = ("iam:putgrouppolicy", "iam:attachgrouppolicy")
_DETACH = {"user": "iam:DetachUserPolicy", "role": "iam:DetachRolePolicy"}
_DELETE = {"user": "iam:DeleteUserPolicy", "role": "iam:DeleteRolePolicy"}
_INLINE = {"user": "UserPolicyList", "role": "RolePolicyList"}
_TAGS = ("aws:principaltag/",)
_NOTHING: Mapping[str, str] = {}
ACTIONS = (
    "iam:AddUserToGroup",
    "iam:RemoveUserFromGroup",
    "iam:SetDefaultPolicyVersion",
    "iam:CreatePolicyVersion",
    *(each for actions in _UNBOUND.values() for each in actions),
    *_ATTACH.values(),
    *_DETACH.values(),
    *_DELETE.values(),
    *TAGGING.values(),
)


@dataclass(frozen=True, slots=True)
class PossibleChange:
    """One change: the action that makes it, on which resource with which keys of the request, how in words, and the
    principal as it is afterwards.
    """

    action: str
    resource: str
    how: str
    after: Holder
    context: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The change in words, of the principal that makes it to itself."""
        return f"{self.action} {self.how}"


@dataclass(frozen=True, slots=True)
class AttemptedChange:
    """A change that a principal can make to itself, with what allows it."""

    change: PossibleChange
    attempt: Attempt

    @property
    def after(self) -> Holder:
        """The principal as it is afterwards."""
        return self.change.after


class Changes:
    """Gives every change of what a principal is allowed."""

    def __init__(self, grants: AllowedActions, attempts: Attempts, held: Memberships, free: str) -> None:
        """Take the ARN of a policy that allows everything, as `free`: a boundary that is none."""
        self._grants = grants
        self._try = attempts
        self._held = held
        self._free = free

    def of(self, holder: Holder) -> Iterator[AttemptedChange]:
        """Give the changes that a principal can make to itself, one for each way to make it."""
        powers = self._grants.powers_of(holder)
        if powers.isdisjoint(each.lower() for each in ACTIONS):
            return
        narrow = NarrowPolicies(self._grants, self._held, [holder])
        for change in self.possible(holder, powers, narrow):
            tried = self.attempt(holder, change)
            if tried is not None:
                yield AttemptedChange(change, tried)

    def attempt(self, holder: Holder, change: PossibleChange) -> Attempt | None:
        """Say whether a principal can make a change."""
        return self._try.on(holder, change.action, change.resource, context=change.context, absent=change.absent)

    def possible(self, target: Holder, powers: frozenset[str], narrow: NarrowPolicies) -> Iterator[PossibleChange]:
        """Give what can be made of a principal by who has these powers and may attach policies by their names only."""
        for each in self._possible(target, powers, narrow):
            yield replace(each, after=replace(each.after, variant=f"{target.variant}#{each.words}"))

    def _possible(self, target: Holder, powers: frozenset[str], narrow: NarrowPolicies) -> Iterator[PossibleChange]:
        if target.kind == "user" and "iam:addusertogroup" in powers:
            yield from self._joined(target, not powers.isdisjoint(_INTO_GROUP))
        if "iam:setdefaultpolicyversion" in powers:
            yield from self._restored(target)
        yield from self._unbound(target, powers)
        yield from self._undenied(target, powers)
        yield from self._attached(target, powers, narrow)
        if TAGGING[target.kind].lower() in powers:
            yield from self._tagged(target)

    def _joined(self, target: Holder, writable: bool) -> Iterator[PossibleChange]:  # noqa: FBT001 -- whether groups can be written into
        mine = set(self._held.groups_of(target))
        for name, policies in self._held.group_policies.items():
            if name not in mine and (policies or writable):
                groups = [*target.detail.get("GroupList", ()), name]
                after = replace(with_policies(target, policies), detail={**target.detail, "GroupList": groups})
                arn = self._held.group_arn(name)
                yield PossibleChange("iam:AddUserToGroup", arn, f"puts it into group {name}", after)

    def _restored(self, target: Holder) -> Iterator[PossibleChange]:
        for arn in self._held.policies_of(target):
            policy = self._held.policies[arn]
            for version, document in policy.others:
                after = with_version(target, policy, document)
                how = f"makes {version} of policy {policy.name} count"
                yield PossibleChange("iam:SetDefaultPolicyVersion", arn, how, after)

    def _unbound(self, target: Holder, powers: frozenset[str]) -> Iterator[PossibleChange]:
        boundary = boundary_of(target)
        if not boundary:
            return
        free = without_boundary(target)
        for action in _UNBOUND[target.kind]:
            if action.lower() in powers:
                # The key is the boundary that is there where it is deleted, the new one where it is put.
                value = boundary if "Delete" in action else self._free
                how = "takes its permissions boundary off"
                yield PossibleChange(action, target.arn, how, free, {BOUNDARY: value})
        policy = self._held.policies.get(boundary)
        if policy is None:
            return
        if "iam:createpolicyversion" in powers:
            how = f"rewrites its permissions boundary {policy.name}"
            yield PossibleChange("iam:CreatePolicyVersion", boundary, how, free)
        for version, document in policy.others if "iam:setdefaultpolicyversion" in powers else ():
            after = replace(target, policies=replace(target.policies, boundaries=(document,)))
            how = f"makes {version} of its permissions boundary {policy.name} count"
            yield PossibleChange("iam:SetDefaultPolicyVersion", boundary, how, after)

    def _undenied(self, target: Holder, powers: frozenset[str]) -> Iterator[PossibleChange]:
        """Give the changes by which a policy that denies something is got rid of."""
        if not any(map(_denies, target.policies.identity)):
            return
        for each in target.detail.get("AttachedManagedPolicies", ()):
            managed = self._held.policies.get(each["PolicyArn"])
            policy = None if managed is None else managed.default
            if managed is not None and policy is not None and _denies(policy):
                detach, how = _DETACH[target.kind], f"takes off {managed.name}"
                yield from _without(target, powers, detach, target.arn, [policy], how)
                how = f"rewrites policy {managed.name}"
                yield from _without(target, powers, "iam:CreatePolicyVersion", managed.arn, [policy], how)
        for each in target.detail.get(_INLINE[target.kind], ()):
            found = _inline(each)
            if found is not None and _denies(found):
                how = f"deletes {each['PolicyName']}"
                yield from _without(target, powers, _DELETE[target.kind], target.arn, [found], how)
        for name in self._held.groups_of(target):
            policies = self._held.group_policies[name]
            if any(map(_denies, policies)):
                how = f"takes it out of group {name}"
                group = self._held.group_arn(name)
                yield from _without(target, powers, "iam:RemoveUserFromGroup", group, policies, how)

    def _attached(self, target: Holder, powers: frozenset[str], narrow: NarrowPolicies) -> Iterator[PossibleChange]:
        """Give the policies that add something, where not any policy can be attached."""
        places = [(_ATTACH[target.kind], target.arn, boundary_of(target))]
        places += [(_ATTACH["group"], self._held.group_arn(each), "") for each in self._held.groups_of(target)]
        for action, arn, boundary in places if narrow else ():
            if action.lower() not in powers:
                continue
            about, absent = ({BOUNDARY: boundary}, ()) if boundary else (_NOTHING, (BOUNDARY,))
            for name, policy in narrow.adding_to(target):
                how = f"attaches policy {name.rpartition('/')[2]}" + ("" if arn == target.arn else " to its group")
                after = with_policies(target, [policy])
                yield PossibleChange(action, arn, how, after, {**about, POLICY_KEY: name}, absent)

    def _tagged(self, target: Holder) -> Iterator[PossibleChange]:
        """Give the changes by which a principal gets the tags that its policies, or roles' trust policies, ask for."""
        known = target.tags
        if known is None:
            return
        asked = [tags_of(target.policies.identity, _TAGS, known), *self._held.trusted_tags]
        for tags in asked:
            if tags and not tags.items() <= known.items():
                after = replace(target, tags={**known, **tags})
                how = f"tags it with {', '.join(f'{key}={value}' for key, value in tags.items())}"
                yield PossibleChange(TAGGING[target.kind], target.arn, how, after)


def _without(
    target: Holder, powers: frozenset[str], action: str, resource: str, policies: Sequence[Policy], how: str
) -> Iterator[PossibleChange]:
    gone = [each.statements for each in policies]
    kept = tuple(each for each in target.policies.identity if each.statements not in gone)
    if len(kept) < len(target.policies.identity) and action.lower() in powers:
        after = replace(target, policies=replace(target.policies, identity=kept))
        yield PossibleChange(action, resource, how, after)


def _denies(policy: Policy) -> bool:
    return any(not each.allows for each in policy.statements)


def _inline(each: Mapping[str, Any]) -> Policy | None:
    parsed = parsed_policy(each["PolicyName"], each["PolicyDocument"], PolicyType.IDENTITY)
    return parsed if isinstance(parsed, Policy) else None
