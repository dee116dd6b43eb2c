"""What a principal can make of itself: with more groups, other versions, other tags, without a boundary or a denial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from preflight.account.principals import parsed_policy
from preflight.audit.access.holders import Holder
from preflight.audit.ways.attempts import Attempt, Attempts
from preflight.audit.ways.grants import AllowedActions
from preflight.audit.ways.what_if import Memberships, boundary_of, with_policies, with_version, without_boundary
from preflight.iam.policy import Policy
from preflight.iam.request import PolicyType

BOUNDARY = "iam:PermissionsBoundary"
_UNBOUND = {
    "user": ("iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"),
    "role": ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"),
}
_DETACH = {"user": "iam:DetachUserPolicy", "role": "iam:DetachRolePolicy"}
_DELETE = {"user": "iam:DeleteUserPolicy", "role": "iam:DeleteRolePolicy"}
_INLINE = {"user": "UserPolicyList", "role": "RolePolicyList"}
_TAG = {"user": "iam:TagUser", "role": "iam:TagRole"}
_TAGS = "aws:principaltag/"
ACTIONS = (
    "iam:AddUserToGroup",
    "iam:RemoveUserFromGroup",
    "iam:SetDefaultPolicyVersion",
    "iam:CreatePolicyVersion",
    *(each for actions in _UNBOUND.values() for each in actions),
    *_DETACH.values(),
    *_DELETE.values(),
    *_TAG.values(),
)


class AttemptedChange(NamedTuple):
    """One change: how it is made, in words, by what it is allowed, and the principal as it is afterwards."""

    how: str
    attempt: Attempt
    after: Holder


class Changes:
    """Gives every change that a principal can make to what it is allowed itself."""

    def __init__(self, grants: AllowedActions, attempts: Attempts, held: Memberships, free: str) -> None:
        """Take the ARN of a policy that allows everything, as `free`: a boundary that is none."""
        self._grants = grants
        self._try = attempts
        self._held = held
        self._free = free

    def of(self, holder: Holder) -> Iterator[AttemptedChange]:
        """Give the changes of a principal, one for each way to make it."""
        powers = self._grants.powers_of(holder)
        if powers.isdisjoint(each.lower() for each in ACTIONS):
            return
        if holder.kind == "user" and "iam:addusertogroup" in powers:
            yield from self._joined(holder)
        if "iam:setdefaultpolicyversion" in powers:
            yield from self._restored(holder)
        yield from self._unbound(holder, powers)
        yield from self._undenied(holder)
        if _TAG[holder.kind].lower() in powers:
            yield from self._tagged(holder)

    def _change(
        self, how: str, holder: Holder, action: str, resource: str, after: Holder, **context: str
    ) -> Iterator[AttemptedChange]:
        about = {BOUNDARY: context["boundary"]} if context else {}
        tried = self._try.on(holder, action, resource, context=about)
        if tried is not None:
            yield AttemptedChange(f"{action} {how}", tried, replace(after, variant=f"{holder.variant}#{action} {how}"))

    def _joined(self, holder: Holder) -> Iterator[AttemptedChange]:
        mine = set(self._held.groups_of(holder))
        for name, policies in self._held.group_policies.items():
            if name not in mine and policies:
                groups = [*holder.detail.get("GroupList", ()), name]
                after = replace(with_policies(holder, policies), detail={**holder.detail, "GroupList": groups})
                arn = self._held.group_arn(name)
                yield from self._change(f"puts it into group {name}", holder, "iam:AddUserToGroup", arn, after)

    def _restored(self, holder: Holder) -> Iterator[AttemptedChange]:
        for arn in self._held.policies_of(holder):
            policy = self._held.policies[arn]
            for version, document in policy.others:
                after = with_version(holder, policy, document)
                how = f"makes {version} of policy {policy.name} count"
                yield from self._change(how, holder, "iam:SetDefaultPolicyVersion", arn, after)

    def _unbound(self, holder: Holder, powers: frozenset[str]) -> Iterator[AttemptedChange]:
        boundary = boundary_of(holder)
        if not boundary:
            return
        free = without_boundary(holder)
        for action in _UNBOUND[holder.kind]:
            if action.lower() in powers:
                # The key is the boundary that is there where it is deleted, the new one where it is put.
                value = boundary if "Delete" in action else self._free
                how = "takes its permissions boundary off"
                yield from self._change(how, holder, action, holder.arn, free, boundary=value)
        policy = self._held.policies.get(boundary)
        if policy is None:
            return
        how = f"rewrites its permissions boundary {policy.name}"
        yield from self._change(how, holder, "iam:CreatePolicyVersion", boundary, free)
        for version, document in policy.others:
            after = replace(holder, policies=replace(holder.policies, boundaries=(document,)))
            how = f"makes {version} of its permissions boundary {policy.name} count"
            yield from self._change(how, holder, "iam:SetDefaultPolicyVersion", boundary, after)

    def _undenied(self, holder: Holder) -> Iterator[AttemptedChange]:
        """Give the changes by which a principal gets rid of a policy that denies something."""
        if not any(map(_denies, holder.policies.identity)):
            return
        for each in holder.detail.get("AttachedManagedPolicies", ()):
            managed = self._held.policies.get(each["PolicyArn"])
            policy = None if managed is None else managed.default
            if managed is not None and policy is not None and _denies(policy):
                yield from self._without(
                    holder, _DETACH[holder.kind], holder.arn, [policy], f"takes off {managed.name}"
                )
                how = f"rewrites policy {managed.name}"
                yield from self._without(holder, "iam:CreatePolicyVersion", managed.arn, [policy], how)
        for each in holder.detail.get(_INLINE[holder.kind], ()):
            found = _inline(each)
            if found is not None and _denies(found):
                how = f"deletes {each['PolicyName']}"
                yield from self._without(holder, _DELETE[holder.kind], holder.arn, [found], how)
        for name in self._held.groups_of(holder):
            policies = self._held.group_policies[name]
            if any(map(_denies, policies)):
                how = f"takes it out of group {name}"
                group = self._held.group_arn(name)
                yield from self._without(holder, "iam:RemoveUserFromGroup", group, policies, how)

    def _without(
        self, holder: Holder, action: str, resource: str, policies: list[Policy] | tuple[Policy, ...], how: str
    ) -> Iterator[AttemptedChange]:
        gone = [each.statements for each in policies]
        kept = tuple(each for each in holder.policies.identity if each.statements not in gone)
        if len(kept) < len(holder.policies.identity):
            after = replace(holder, policies=replace(holder.policies, identity=kept))
            yield from self._change(how, holder, action, resource, after)

    def _tagged(self, holder: Holder) -> Iterator[AttemptedChange]:
        """Give the change by which a principal puts the tags on itself that its policies ask for."""
        tags: dict[str, str] = {}
        for policy in holder.policies.identity:
            for statement in policy.statements if not _denies(policy) else ():
                for each in statement.conditions:
                    if (
                        each.key.startswith(_TAGS)
                        and each.values
                        and not each.base.name.startswith(("StringNot", "Null"))
                    ):
                        tags[each.name[len(_TAGS) :]] = each.values[0].replace("*", "x").replace("?", "x")
        if tags and holder.tags is not None and not tags.items() <= holder.tags.items():
            after = replace(holder, tags={**holder.tags, **tags})
            how = f"tags it with {', '.join(f'{key}={value}' for key, value in tags.items())}"
            yield from self._change(how, holder, _TAG[holder.kind], holder.arn, after)


def _denies(policy: Policy) -> bool:
    return any(not each.allows for each in policy.statements)


def _inline(each: Mapping[str, Any]) -> Policy | None:
    parsed = parsed_policy(each["PolicyName"], each["PolicyDocument"], PolicyType.IDENTITY)
    return parsed if isinstance(parsed, Policy) else None
