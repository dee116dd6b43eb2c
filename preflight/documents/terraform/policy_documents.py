"""A policy that `data.aws_iam_policy_document` will make during the deploy, from what is known of it before.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from preflight.unresolved import DeployText

_MEMBERS = {"actions": "Action", "not_actions": "NotAction", "resources": "Resource", "not_resources": "NotResource"}
_PRINCIPALS = {"principals": "Principal", "not_principals": "NotPrincipal"}


def document_of(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the policy of the data source with these values; None where it takes statements from other documents."""
    if any(values.get(name) for name in ("source_policy_documents", "override_policy_documents", "source_json",
                                         "override_json")):  # fmt: skip
        return None
    statements = values.get("statement")
    if not isinstance(statements, list) or not all(isinstance(each, dict) for each in statements):
        return None
    version = values.get("version")
    document: dict[str, Any] = {"Version": version if isinstance(version, str) and version else "2012-10-17"}
    if values.get("policy_id") and not DeployText.partial(values["policy_id"]):
        document["Id"] = values["policy_id"]
    return {**document, "Statement": [_statement(each) for each in statements]}


def _statement(given: Mapping[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": given["sid"]} if given.get("sid") else {}
    statement["Effect"] = given.get("effect") or "Allow"
    statement |= {member: _plain(given[name]) for name, member in _MEMBERS.items() if given.get(name)}
    for name, member in _PRINCIPALS.items():
        if given.get(name):
            statement[member] = _principals(given[name])
    if given.get("condition"):
        statement["Condition"] = _conditions(given["condition"])
    return statement


def _principals(blocks: Any) -> Any:
    if not isinstance(blocks, list):
        return blocks
    found: dict[str, Any] = {}
    for block in blocks:
        kind, named = block.get("type"), block.get("identifiers")
        if kind == "*":
            return "*"
        known = found.setdefault(str(kind), [])
        known.extend(named if isinstance(named, list) else [named])
    return {kind: _plain(named) for kind, named in found.items()}


def _conditions(blocks: Any) -> Any:
    if not isinstance(blocks, list):
        return blocks
    found: dict[str, dict[str, Any]] = {}
    for block in blocks:
        values = block.get("values")
        found.setdefault(str(block.get("test")), {})[str(block.get("variable"))] = _plain(values)
    return found


def _plain(values: Any) -> Any:
    return values[0] if isinstance(values, list) and len(values) == 1 else values
