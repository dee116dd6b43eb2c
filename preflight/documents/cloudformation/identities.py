"""Roles, users, groups and policies of a stack, as IAM will describe them (GetAccountAuthorizationDetails)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from preflight.documents.cloudformation.model import Resource
from preflight.documents.cloudformation.types import Made
from preflight.documents.plans.plan import Declared
from preflight.unresolved import DeployText, resolution

_TITLES = {"role": "Role", "user": "User", "group": "Group"}
# What of a statement must be known for a decision to be made by it; a resource may be known by shape.
_DECIDING = ("Effect", "Action", "NotAction", "Condition", "Principal", "NotPrincipal")


def identities_of(made: Made, resource: Resource, at: tuple[Any, str]) -> Iterator[Declared]:
    """Give what a resource of IAM's comes to: itself, or what it adds to others. `at` is its document and pointer."""
    declared, properties = made.declared, made.properties
    identity = declared["identity"]
    if identity == "managed":
        name, arn = str(properties.get("ManagedPolicyName")), str(made.attribute("PolicyArn"))
        attached = {"AttachedManagedPolicies": [{"PolicyName": name, "PolicyArn": arn}]}
        for title in _TITLES.values():
            yield from _added(title, properties.get(f"{title}s"), attached, at)
    elif identity == "inline":
        name = str(properties.get("PolicyName") or resource.id)
        for title in _TITLES.values():
            holders = [properties[f"{title}Name"]] if f"{title}Name" in properties else properties.get(f"{title}s")
            inline, unread = _inline([{"PolicyName": name, "PolicyDocument": properties.get("PolicyDocument")}], title)
            yield from _added(title, holders, {f"{title}PolicyList": inline, "Unread": unread}, at)
    else:
        title = _TITLES[identity]
        key = {name: each for name, each in _key(made, title).items() if each}
        yield Declared(declared["kind"], key, _detail(made, title), *at)
        groups = properties.get("Groups")
        if title == "User" and groups is not None and not isinstance(groups, list):
            yield Declared("iam:user", key, {"Unread": [_unread("GroupList", groups)]}, *at, change="extend")


def _key(made: Made, title: str) -> dict[str, str]:
    name, arn = made.properties.get(f"{title}Name"), made.attribute("Arn")
    return {f"{title}Name": str(name)} if title == "Group" else {f"{title}Name": str(name), f"{title}Arn": str(arn)}


def _detail(made: Made, title: str) -> dict[str, Any]:
    properties = made.properties
    inline, unread = _inline(properties.get("Policies"), title)
    arns = properties.get("ManagedPolicyArns")
    unread += [_unread("AttachedManagedPolicies", each) for each in _unknown(arns)]
    attached = [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in _known(arns)]
    detail: dict[str, Any] = {
        f"{title}Name": properties.get(f"{title}Name"),
        "Arn": made.attribute("Arn"),
        "Path": properties.get("Path", "/"),
        f"{title}PolicyList": inline,
        "AttachedManagedPolicies": attached,
        "Tags": _tags(properties.get("Tags")),
    }
    if title == "User":
        detail["GroupList"] = _known(properties.get("Groups"))
    if title == "Role":
        detail["AssumeRolePolicyDocument"] = properties.get("AssumeRolePolicyDocument")
    boundary = properties.get("PermissionsBoundary")
    if boundary is not None:
        detail["PermissionsBoundary"] = {"PermissionsBoundaryArn": boundary}
    return {**detail, "Unread": unread} if unread else detail


def _added(title: str, holders: Any, value: Mapping[str, Any], at: tuple[Any, str]) -> Iterator[Declared]:
    for name in _known(holders):
        yield Declared(f"iam:{title.lower()}", {f"{title}Name": name}, value, *at, change="extend")


def _inline(policies: Any, title: str) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the inline policies as far as they are known, and what is not known of them."""
    inline, unread = [], [_unread(f"{title}PolicyList", policies)] if DeployText.partial(policies) else []
    for policy in policies if isinstance(policies, list) else ():
        if not isinstance(policy, dict):
            unread.append(_unread(f"{title}PolicyList", policy))
            continue
        name, document = str(policy.get("PolicyName", "a policy")), policy.get("PolicyDocument")
        if not isinstance(document, dict):
            unread.append(_unread(f"{title}PolicyList", document))
            continue
        statements = document.get("Statement", [])
        stated = statements if isinstance(statements, list) else [statements]
        open_ = [each for each in stated if _is_open(each)]
        unread += [_unread(f"{title}PolicyList", each) for each in open_]
        rest = [each for each in stated if not _is_open(each)]
        if rest or not open_:
            inline.append({"PolicyName": name, "PolicyDocument": {**document, "Statement": rest}})
    return inline, unread


def _is_open(statement: Any) -> bool:
    if not isinstance(statement, dict):
        return True
    if any(DeployText.partial(each) for each in (statement.get("Effect"), statement.get("Condition"))):
        return True
    return any(next(DeployText.all_in(statement.get(name)), None) is not None for name in _DECIDING[1:3])


def _unread(member: str, value: Any) -> dict[str, str]:
    labels = list(dict.fromkeys(label for _, text in DeployText.all_in(value) for label in text.labels))
    reason = f"a part of it depends on {', '.join(labels)}" if labels else "a part of it has the wrong type"
    return {"Member": member, "Reason": reason, "Resolution": resolution(labels)}


def _known(values: Any) -> list[str]:
    return [each for each in values if isinstance(each, str)] if isinstance(values, list) else []


def _unknown(values: Any) -> list[Any]:
    return [values] if DeployText.partial(values) else []


def _tags(tags: Any) -> list[Any] | None:
    """Return tags as they are described; None, for not known, where they are not wholly known."""
    if tags is None:
        return []
    return None if next(DeployText.all_in(tags), None) is not None or not isinstance(tags, list) else tags
