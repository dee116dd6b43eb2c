"""What a Terraform plan does beside its calls: to roles, users, groups, their policies, and what calls rely on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from preflight.documents.cloudformation.identities import identities_of
from preflight.documents.cloudformation.model import Resource
from preflight.documents.cloudformation.plans import declared_in
from preflight.documents.cloudformation.types import Made
from preflight.documents.plans.plan import Declared
from preflight.documents.terraform.changes import ResourceChange
from preflight.documents.terraform.translate import properties
from preflight.documents.terraform.types import declared_of
from preflight.documents.terraform.values import PlannedValues
from preflight.documents.text.document import Document
from preflight.unresolved import DeployText

# What a role, user or group has by resources of their own as well; a change of it says all of it where it names any.
_OWN = {
    "inline_policy": "RolePolicyList",
    "managed_policy_arns": "AttachedManagedPolicies",
    "policies": "RolePolicyList",
}
_LISTS = ("RolePolicyList", "UserPolicyList", "GroupPolicyList", "AttachedManagedPolicies", "GroupList")


def made_beside(change: ResourceChange, values: PlannedValues, document: Document) -> Iterator[Declared]:
    """Give what is there, or different, after a resource is made or changed."""
    declared, at = declared_of(change.type), (document, f"{change.pointer}/after")
    if "attach" in declared:
        if change.updates:
            yield from _attached(declared, change.before, at, "remove")
        yield from _attached(declared, values.after(change), at, "extend")
        return
    made = values.made(change)
    yield from declared_in(made, at)
    if "identity" not in made.declared:
        return
    if change.updates and made.declared["identity"] == "inline":
        yield from _inline_removed(change, values, at)
    for each in _identities(made, change, at):
        if change.updates and each.change == "create":
            yield _updated(each, {name for name in _OWN if values.says(change, name)})
        else:
            yield each


def taken_away(change: ResourceChange, values: PlannedValues, document: Document) -> Iterator[Declared]:
    """Give what is not there any more after a resource is deleted."""
    declared, at = declared_of(change.type), (document, f"{change.pointer}/before")
    if "attach" in declared:
        yield from _attached(declared, change.before, at, "remove")
        return
    made = values.made_from(change, properties(change.before, declared.get("members")))
    identity = made.declared.get("identity")
    if identity == "inline":
        yield from _inline_removed(change, values, at)
        return
    for each in (*declared_in(made, at), *(_identities(made, change, at) if identity else ())):
        if each.change == "create":
            yield replace(each, change="delete", value={})


def _identities(made: Made, change: ResourceChange, at: tuple[Document, str]) -> Iterator[Declared]:
    return identities_of(made, Resource(change.address, change.type, {}, at[1]), at)


def _updated(role: Declared, arguments: set[str]) -> Declared:
    """Return a role, user or group that is changed: what its resource does not say of its policies stays as it is."""
    said = {_OWN[name] for name in arguments}
    value = {name: each for name, each in role.value.items() if name not in _LISTS or name in said}
    if "PermissionsBoundary" not in value:
        value["PermissionsBoundary"] = None
    return replace(role, change="update", value=value)


def _inline_removed(change: ResourceChange, values: PlannedValues, at: tuple[Document, str]) -> Iterator[Declared]:
    made = values.made_from(change, properties(change.before, declared_of(change.type).get("members")))
    name = made.properties.get("PolicyName")
    for each in _identities(made, change, at):
        gone = {member: [{"PolicyName": name}] for member in each.value if member in _LISTS}
        yield replace(each, change="remove", value=gone)


def _attached(
    declared: Mapping[str, Any], values: Mapping[str, Any], at: tuple[Document, str], change: Any
) -> Iterator[Declared]:
    """Give policies attached to roles, users and groups, or users put into groups; or the reverse."""
    if "groups" in declared:
        named = values.get(declared["groups"])
        value: dict[str, Any] = {"GroupList": [each for each in named if isinstance(each, str)]} if isinstance(
            named, list) else {"Unread": [_unread("GroupList")]}  # fmt: skip
    else:
        arn = values.get(declared["policy"])
        if not isinstance(arn, str):
            return
        attached = {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}
        value = {"AttachedManagedPolicies": [attached if change == "extend" else {"PolicyArn": arn}]}
    for title, argument in declared["attach"].items():
        holders = values.get(argument)
        for holder in holders if isinstance(holders, list) else [holders]:
            if isinstance(holder, str) and not (change == "remove" and DeployText.partial(holder)):
                yield Declared(f"iam:{title.lower()}", {f"{title}Name": holder}, value, *at, change=change)


def _unread(member: str) -> dict[str, str]:
    return {"Member": member, "Reason": "it is known only after deployment", "Resolution": "check again then"}
