"""The policies in a Terraform plan, as `terraform show -json` prints it: strings of JSON in the values of resources.

Source: https://developer.hashicorp.com/terraform/internals/json-format, and the AWS provider's pages of the resources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from preflight.documents.policies.found_policy import FoundPolicy, PolicyType
from preflight.documents.policies.in_string import looks_like_policy, policy_in_string
from preflight.documents.policies.policy_type import service_of
from preflight.documents.text.document import Document
from preflight.json_pointer import escape

_IDENTITY = frozenset(
    {"aws_iam_role", "aws_iam_user", "aws_iam_group", "aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy",
     "aws_iam_group_policy", "aws_ssoadmin_permission_set_inline_policy", "awscc_iam_role", "awscc_iam_user",
     "awscc_iam_group", "awscc_iam_managed_policy", "awscc_iam_role_policy", "awscc_iam_user_policy",
     "awscc_iam_group_policy", "aws_iam_role_policies_exclusive"}
)  # fmt: skip
_TRUST = frozenset({"assume_role_policy", "assume_role_policy_document"})
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
_ORGANIZATION: Mapping[str, PolicyType] = {"SERVICE_CONTROL_POLICY": "scp", "RESOURCE_CONTROL_POLICY": "rcp"}
_DEEPEST = 12


def of_terraform_plan(document: Document) -> Iterator[FoundPolicy]:
    """Yield the policies that are there when the plan is applied; without planned values, those that it changes."""
    planned = document.value.get("planned_values")
    if isinstance(planned, dict):
        yield from _of_module(document, planned.get("root_module"), "/planned_values/root_module")
        return
    for index, change in _items(document.value.get("resource_changes")):
        after = change.get("change", {}).get("after") if isinstance(change.get("change"), dict) else None
        if isinstance(after, dict):
            yield from _of_resource(document, change, after, f"/resource_changes/{index}/change/after")


def _of_module(document: Document, module: Any, at: str) -> Iterator[FoundPolicy]:
    if not isinstance(module, dict):
        return
    for index, resource in _items(module.get("resources")):
        if resource.get("mode", "managed") == "managed" and isinstance(resource.get("values"), dict):
            yield from _of_resource(document, resource, resource["values"], f"{at}/resources/{index}/values")
    for index, child in _items(module.get("child_modules")):
        yield from _of_module(document, child, f"{at}/child_modules/{index}")


def _of_resource(
    document: Document, resource: Mapping[str, Any], values: Mapping[str, Any], at: str
) -> Iterator[FoundPolicy]:
    for name, value in values.items():
        for pointer, text in _texts(value, f"{at}/{escape(name)}", 0):
            found = policy_in_string(document, pointer, string=text)
            yield told(found, resource, values, name)


def _texts(value: Any, pointer: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield every string that is a policy, with its pointer."""
    if isinstance(value, str):
        if "tatement" in value and value.lstrip()[:1] == "{" and looks_like_policy(value):
            yield pointer, value
    elif isinstance(value, (dict, list)) and depth < _DEEPEST:
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(each, f"{pointer}/{escape(str(name))}", depth + 1)


def told(found: FoundPolicy, resource: Mapping[str, Any], values: Mapping[str, Any], attribute: str) -> FoundPolicy:
    """Return a policy with what it is for, what it belongs to, and how messages cite it."""
    kind, address = str(resource.get("type")), str(resource.get("address"))
    type_, owner, name = found.type, {"address": address}, address
    if attribute in _TRUST:
        type_, name = "trust", f"the trust policy of {address}"
    elif kind in _IDENTITY:
        type_ = "identity"
    elif kind in ("aws_vpc_endpoint", "aws_vpc_endpoint_policy", "awscc_ec2_vpc_endpoint"):
        type_ = "vpc-endpoint"
    elif kind in ("aws_organizations_policy", "awscc_organizations_policy"):
        type_ = _ORGANIZATION.get(str(values.get("type")), "scp" if values.get("type") is None else type_)
    elif type_ in ("resource", "trust"):
        type_ = "resource"
        owner["service"] = service_of(found.value)
    if type_ == "identity" and kind in _KINDS:
        owner["kind"] = _KINDS[kind]
    return replace(found, type=type_, name=name, owner=owner)


def _items(value: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if isinstance(value, list):
        yield from ((index, each) for index, each in enumerate(value) if isinstance(each, dict))
