"""Managed policies that someone may attach, and what that would gain: everything, or only more than before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from preflight.account.managed_policies import managed_policy, managed_policy_names
from preflight.account.principals import parsed_policy
from preflight.audit.access.holders import Holder
from preflight.audit.scene import Scene
from preflight.audit.ways.attempts import Attempts
from preflight.audit.ways.grants import AllowedActions
from preflight.audit.ways.memberships import ManagedPolicy, Memberships
from preflight.iam.pattern import matches
from preflight.iam.policy import Policy
from preflight.iam.request import PolicyType

POLICY_KEY = "iam:PolicyARN"
_KEY = POLICY_KEY.lower()
_OF_AWS = ("AdministratorAccess", "IAMFullAccess")
_MORE_OF_AWS = ("PowerUserAccess",)
_MOST = 200


def attachable(scene: Scene, attempts: Attempts, held: Memberships, holder: Holder) -> Iterator[str]:
    """Give the ARNs of policies that allow everything: AWS's own, the account's, those that the principal can write."""
    of_aws = [f"arn:{scene.partition}:iam::aws:policy/{name}" for name in _OF_AWS]
    yield of_aws[0]
    if not _tells_policies_apart(holder):
        return
    yield from of_aws[1:]
    for each in held.policies.values():
        if _can_allow_everything(attempts, holder, each):
            yield each.arn
    for arn in dict.fromkeys(_names(scene, holder)):
        if attempts.on(holder, "iam:CreatePolicy", arn) is not None:
            yield arn


def _can_allow_everything(attempts: Attempts, holder: Holder, policy: ManagedPolicy) -> bool:
    """Say whether a policy allows everything, or does once a principal has rewritten or restored it."""
    if policy.default is not None and _allows_everything(policy.default):
        return True
    restores = any(_allows_everything(document) for _, document in policy.others)
    changes = ("iam:CreatePolicyVersion", *(("iam:SetDefaultPolicyVersion",) if restores else ()))
    return any(attempts.on(holder, each, policy.arn) is not None for each in changes)


def _names(scene: Scene, holder: Holder) -> Iterator[str]:
    """Give ARNs of policies that do not exist, as a principal's policies have patterns for them."""
    yield f"arn:{scene.partition}:iam::{scene.account_id}:policy/any"
    for policy in holder.policies.identity:
        for statement in policy.about("iam:createpolicy"):
            for text in statement.resources.texts if statement.resources else ():
                if ":policy/" in text and "$" not in text:
                    yield _filled(scene, text)
        for action in ("iam:attachuserpolicy", "iam:attachrolepolicy", "iam:attachgrouppolicy"):
            for statement in policy.about(action):
                for each in statement.conditions:
                    for text in each.values if each.key == _KEY else ():
                        if ":policy/" in text and "$" not in text:
                            yield _filled(scene, text)


class NarrowPolicies:
    """The policies that principals may attach whose permission to attach depends on which policy it is.

    False where there is no such principal: who may attach any policy attaches AdministratorAccess.
    """

    def __init__(self, grants: AllowedActions, held: Memberships, holders: Sequence[Holder]) -> None:
        self._grants = grants
        self._held = held
        self._texts = dict.fromkeys(text for each in holders for text in _named_policies(each))

    def __bool__(self) -> bool:
        return bool(self._texts)

    def adding_to(self, target: Holder) -> Iterator[tuple[str, Policy]]:
        """Give the policies, by ARN, that allow a principal an action of a way that it was not allowed before."""
        powers = self._grants.powers_of(target)
        for arn, policy in self._policies:
            if not self._grants.allowed(policy) <= powers:
                yield arn, policy

    @cached_property
    def _policies(self) -> Sequence[tuple[str, Policy]]:
        found = [(each.arn, each.default) for each in self._held.policies.values()]
        found += [(arn, policy_of_aws(arn)) for arn in self._names_of_aws()]
        return [(arn, policy) for arn, policy in found if policy is not None and self._grants.allowed(policy)]

    def _names_of_aws(self) -> Sequence[str]:
        named: dict[str, None] = {}
        for text in self._texts:
            head, found, name = text.partition(":iam::aws:policy/")
            if found and "$" not in text and not matches(name, _OF_AWS[0]):
                names = [each for each in managed_policy_names() if matches(name, each)]
                named.update(dict.fromkeys(f"{head}{found}{each}" for each in names[:_MOST]))
        partition = next((text.split(":")[1] for text in self._texts if text.startswith("arn:aws")), "aws")
        return [*named, *(f"arn:{partition}:iam::aws:policy/{each}" for each in _MORE_OF_AWS)]


def policy_of_aws(arn: str) -> Policy | None:
    """Return one of AWS's managed policies; None for an ARN that is none of theirs, or is newer."""
    document = managed_policy(arn)
    parsed = parsed_policy(arn, document, PolicyType.IDENTITY) if document is not None else None
    return parsed if isinstance(parsed, Policy) else None


def _tells_policies_apart(holder: Holder) -> bool:
    return next(_named_policies(holder), None) is not None


def _named_policies(holder: Holder) -> Iterator[str]:
    """Give the ARNs and patterns of policies that the conditions of a principal's policies name."""
    policies = holder.policies
    levels = (each for level in policies.service_control or () for each in level)
    for policy in (*policies.identity, *policies.boundaries, *levels):
        for statement in policy.statements:
            for condition in statement.conditions:
                if condition.key == _KEY:
                    yield from condition.values


def _filled(scene: Scene, text: str) -> str:
    parts = text.split(":", 5)
    if len(parts) == 6 and set(parts[4]) & set("*?"):
        parts[4] = scene.account_id
    return ":".join(parts).replace("*", "x").replace("?", "x")


def _allows_everything(policy: Policy) -> bool:
    return any(
        each.allows and each.actions.everything and not each.actions.negated and not each.conditions
        for each in policy.statements
    )
