"""Which attributes of Terraform's resources hold a policy, whatever stands in them, and what one there is for.

The AWS provider's are declared in `rules/lint-data/terraform-policy-places.json`; `awscc` has
CloudFormation's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, TypedDict

from preflight.data_files import declared_json
from preflight.documents.policies.found_policy import ORGANIZATION_TYPES, FoundPolicy, PolicyDocumentType
from preflight.documents.policies.grants.declared import grant_types
from preflight.documents.policies.policy_type import service_of

_ORGANIZATIONS = frozenset({"aws_organizations_policy", "awscc_organizations_policy"})
_KINDS = {
    "aws_iam_policy": "managed",
    "awscc_iam_managed_policy": "managed",
    "aws_iam_role": "role",
    "awscc_iam_role": "role",
    "aws_iam_role_policy": "role",
    "aws_iam_user": "user",
    "aws_iam_user_policy": "user",
    "aws_iam_group": "group",
    "aws_iam_group_policy": "group",
}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def places_of(kind: str) -> Mapping[str, PolicyDocumentType]:
    """Return the type of the policy in each attribute of a type of resource that holds one, by its path: the names of
    the blocks around it and its own, parted by slashes.
    """
    return _declared()["places"].get(kind, {}) if kind.startswith("aws_") else _of_awscc().get(kind, {})


def held_at(kind: str, path: str, said: Any = None) -> PolicyDocumentType | None:
    """Return the type of the policy in an attribute of a resource; None where it need not hold one. `said` is what the
    resource's own `type` is.
    """
    if kind in _ORGANIZATIONS and path == "content":
        return "scp" if said is None else ORGANIZATION_TYPES.get(str(said))
    return places_of(kind).get(path)


def told(found: FoundPolicy, resource: Mapping[str, Any], values: Mapping[str, Any], path: str) -> FoundPolicy:
    """Return a policy with what it is for, what it belongs to, and how messages cite it; `path` is its attribute's."""
    kind, address = str(resource.get("type")), str(resource.get("address"))
    held = held_at(kind, path, values.get("type"))
    type_, owner, name = held or found.type, {"address": address, "type": kind}, address
    if held is None and kind in _KINDS:
        type_ = "identity"
    elif held is None and type_ == "trust":
        type_ = "resource"
    if type_ == "trust":
        name = f"the trust policy of {address}"
    elif type_ == "resource" and (service := service_at(kind) or service_of(found.value)):
        owner["service"] = service
    if type_ == "identity" and kind in _KINDS:
        owner["kind"] = _KINDS[kind]
    return replace(found, type=type_, name=name, owner=owner)


def kinds() -> Iterator[str]:
    """Yield the AWS provider's types of resources that have a policy, or managed ones, or grant access without one."""
    yield from _declared()["places"]
    yield from _declared()["attachments"]
    yield from (each for each in grant_types() if each.startswith("aws_"))


def attaches(kind: str, path: str) -> bool:
    """Say whether an attribute of a resource holds the ARNs of managed policies."""
    return _declared()["attachments"].get(kind) == path


def service_at(kind: str) -> str:
    """Return the service whose actions are about a resource of a type, as policies write it; empty if not known."""
    services = _declared()["services"]
    found = [prefix for prefix in services if kind.startswith(prefix)]
    return services[max(found, key=len)] if found else ""


def snake(name: str) -> str:
    """Return a name as Terraform writes it: `PolicyDocument` as `policy_document`."""
    return _HUMP.sub("_", name).lower()


class _Declared(TypedDict):
    places: Mapping[str, Mapping[str, PolicyDocumentType]]
    attachments: Mapping[str, str]
    services: Mapping[str, str]


def _declared() -> _Declared:
    found: _Declared = declared_json("lint-data/terraform-policy-places")
    return found


@cache
def _of_awscc() -> Mapping[str, Mapping[str, PolicyDocumentType]]:
    found: dict[str, dict[str, PolicyDocumentType]] = {}
    for type_, places in declared_json("lint-data/policy-places").items():
        _, service, name = type_.split("::")
        found[f"awscc_{service.lower()}_{snake(name)}"] = {
            "/".join(snake(each) for each in path.split("/") if each != "*"): held for path, held in places.items()
        }
    return found
