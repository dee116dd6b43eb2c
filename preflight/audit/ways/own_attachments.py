"""Managed policies that allow everything, or that someone can make allow everything: what attaching them would gain."""

from __future__ import annotations

from collections.abc import Iterator

from preflight.audit.access.holders import Holder
from preflight.audit.scene import Scene
from preflight.audit.ways.attempts import Attempts
from preflight.audit.ways.what_if import Memberships
from preflight.iam.policy import Policy

_KEY = "iam:policyarn"
_OF_AWS = ("AdministratorAccess", "IAMFullAccess")


def attachable(scene: Scene, attempts: Attempts, held: Memberships, holder: Holder) -> Iterator[str]:
    """Give the ARNs of policies that allow everything: AWS's own, the account's, those that the principal can write."""
    of_aws = [f"arn:{scene.partition}:iam::aws:policy/{name}" for name in _OF_AWS]
    yield of_aws[0]
    if not _tells_policies_apart(holder):
        return
    yield from of_aws[1:]
    for each in held.policies.values():
        free = each.default is not None and _allows_everything(each.default)
        if free or attempts.on(holder, "iam:CreatePolicyVersion", each.arn) is not None:
            yield each.arn
    for arn in dict.fromkeys(_names(scene, holder)):
        if attempts.on(holder, "iam:CreatePolicy", arn) is not None:
            yield arn


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


def _tells_policies_apart(holder: Holder) -> bool:
    policies = holder.policies
    levels = (each for level in policies.service_control or () for each in level)
    return any(
        condition.key == _KEY
        for policy in (*policies.identity, *policies.boundaries, *levels)
        for statement in policy.statements
        for condition in statement.conditions
    )


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
