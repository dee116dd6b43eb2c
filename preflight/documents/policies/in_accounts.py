"""The policies of an account: in a snapshot, and in what `aws iam get-account-authorization-details` prints.

Each distinct policy once, where it stands first. AWS's own managed policies are left out: nobody but AWS can mend them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from preflight.documents.policies.found_policy import FoundPolicy, PolicyDocumentType
from preflight.documents.policies.in_string import policy_in_string
from preflight.documents.text.document import Document
from preflight.json_pointer import escape

# Lists of a region of a snapshot whose items have a Policy: the service, and the member that names the item.
_RESOURCES = {
    "buckets": ("s3", "Name"),
    "repositories": ("ecr", "repositoryName"),
    "kms_keys": ("kms", "KeyId"),
    "functions": ("lambda", "FunctionName"),
    "topics": ("sns", "TopicArn"),
}
# Lists of GetAccountAuthorizationDetails: what they are of, its name, and its inline policies.
_PRINCIPALS = {
    "UserDetailList": ("user", "UserName", "UserPolicyList"),
    "GroupDetailList": ("group", "GroupName", "GroupPolicyList"),
    "RoleDetailList": ("role", "RoleName", "RolePolicyList"),
}
_CONTROL: Mapping[str, PolicyDocumentType] = {"service_control_policies": "scp", "resource_control_policies": "rcp"}
_ACCOUNT = re.compile(r"arn:[\w-]+:iam::([0-9]{12}):")
_AWS_CONTROL = ("FullAWSAccess", "RCPFullAWSAccess")


def of_snapshot(document: Document) -> Iterator[FoundPolicy]:
    """Yield the policies of a snapshot: of IAM, of resources, and of the organization."""
    account = document.value["account"]
    yield from _of_account(_distinct(_snapshot(document)), account if isinstance(account, str) else "")


def held_in_snapshot(document: Document) -> Iterator[tuple[FoundPolicy, tuple[str, ...]]]:
    """Yield the policies of a snapshot as `of_snapshot` does, each with the pointers of all that are the same."""
    places: dict[tuple[str, str, str], list[str]] = {}
    first: dict[tuple[str, str, str], FoundPolicy] = {}
    for each in _snapshot(document):
        first.setdefault(key := _content(each), each)
        places.setdefault(key, []).append(each.pointer)
    account = document.value["account"]
    found = _of_account(first.values(), account if isinstance(account, str) else "")
    yield from zip(found, map(tuple, places.values()), strict=True)


def of_authorization_details(document: Document) -> Iterator[FoundPolicy]:
    """Yield the policies of GetAccountAuthorizationDetails."""
    arns = (str(each.get("Arn")) for list_ in _PRINCIPALS for _, each in _items(_get(document.value, list_)))
    account = next((found[1] for arn in arns if (found := _ACCOUNT.match(arn))), "")
    yield from _of_account(_distinct(_iam(document, document.value, "")), account)


def _snapshot(document: Document) -> Iterator[FoundPolicy]:
    yield from _iam(document, document.value.get("iam"), "/iam")
    for region, facts in _members(document.value.get("regions")):
        for list_, (service, named) in _RESOURCES.items():
            for index, item in _items(_get(facts, list_)):
                at, owner = f"/regions/{escape(region)}/{list_}/{index}/Policy", {"service": service}
                yield from _policy(document, at, item.get("Policy"), "resource", str(item.get(named, "")), owner)
    for kind, type_ in _CONTROL.items():
        for account, levels in _members(_get(document.value.get("organization"), kind)):
            for number, level in enumerate(levels if isinstance(levels, list) else ()):
                for index, item in _items(level):
                    if item.get("name") not in _AWS_CONTROL:
                        at = f"/organization/{kind}/{escape(account)}/{number}/{index}/policy"
                        yield from _policy(document, at, item.get("policy"), type_, str(item.get("name", "")), {})


def _iam(document: Document, iam: Any, above: str) -> Iterator[FoundPolicy]:
    for list_, (kind, named, inline) in _PRINCIPALS.items():
        for index, principal in _items(_get(iam, list_)):
            name, at, owner = str(principal.get(named, "")), f"{above}/{list_}/{index}", {"kind": kind}
            trust, called = principal.get("AssumeRolePolicyDocument"), f"the trust policy of {name}"
            yield from _policy(document, f"{at}/AssumeRolePolicyDocument", trust, "trust", called, owner)
            for number, each in _items(principal.get(inline)):
                where, called = f"{at}/{inline}/{number}/PolicyDocument", f"{name}/{each.get('PolicyName', '')}"
                yield from _policy(document, where, each.get("PolicyDocument"), "identity", called, owner)
    boundaries = _only_boundaries(iam)
    for index, managed in _items(_get(iam, "Policies")):
        arn = str(managed.get("Arn", ""))
        if ":iam::aws:policy/" in arn:
            continue
        type_: PolicyDocumentType = "boundary" if arn in boundaries else "identity"
        for number, version in _items(managed.get("PolicyVersionList")):
            current = version.get("IsDefaultVersion", version.get("VersionId") == managed.get("DefaultVersionId"))
            if current:
                where = f"{above}/Policies/{index}/PolicyVersionList/{number}/Document"
                name = str(managed.get("PolicyName") or arn)
                yield from _policy(document, where, version.get("Document"), type_, name, {"kind": "managed"})


def _only_boundaries(iam: Any) -> set[str]:
    """Return the ARNs of the policies that are someone's permissions boundary and attached to nobody."""
    bounds: set[str] = set()
    attached: set[str] = set()
    for list_ in _PRINCIPALS:
        for _, principal in _items(_get(iam, list_)):
            bounds.add(str(_get(principal.get("PermissionsBoundary"), "PermissionsBoundaryArn")))
            attached.update(str(each.get("PolicyArn")) for _, each in _items(principal.get("AttachedManagedPolicies")))
    return bounds - attached


def _policy(
    document: Document, pointer: str, value: Any, type_: PolicyDocumentType, name: str, owner: Mapping[str, str]
) -> Iterator[FoundPolicy]:
    if isinstance(value, str):
        if value:
            yield policy_in_string(document, pointer, type_, string=value, name=name, owner=owner)
    elif value is not None:
        yield FoundPolicy(document, value, type_, pointer, name, owner)


def _of_account(found: Iterable[FoundPolicy], account: str) -> Iterator[FoundPolicy]:
    for each in found:
        yield replace(each, owner={**each.owner, "account": account}) if account else each


def _distinct(found: Iterable[FoundPolicy]) -> Iterator[FoundPolicy]:
    seen: set[tuple[str, str, str]] = set()
    for each in found:
        key = _content(each)
        if key not in seen:
            seen.add(key)
            yield each


def _content(each: FoundPolicy) -> tuple[str, str, str]:
    """Return what is equal for two policies that are the same."""
    what = each.text if not each.readable else json.dumps(each.value, sort_keys=True)
    return each.type, each.owner.get("service", ""), what or ""


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _items(value: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if isinstance(value, list):
        yield from ((index, each) for index, each in enumerate(value) if isinstance(each, dict))


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()
