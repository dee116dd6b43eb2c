"""Who asks, and whether a Principal element means them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
"""

from __future__ import annotations

from typing import Any

from tests.iam.oracle.doubts import Doubts
from tests.iam.oracle.text import account_of, arn_parts


def kind_of(principal: str) -> str:
    """Return anonymous, service, root, user, role, session, federated or provider."""
    if principal == "*":
        return "anonymous"
    if not principal.startswith("arn:"):
        return "service"
    name = arn_parts(principal)[5]
    if name == "root":
        return "root"
    for start, kind in (
        ("user/", "user"),
        ("role/", "role"),
        ("assumed-role/", "session"),
        ("federated-user/", "federated"),
        ("saml-provider/", "provider"),
        ("oidc-provider/", "provider"),
    ):
        if name.startswith(start):
            return kind
    raise ValueError(principal)


def is_service_linked(principal: str) -> bool:
    """Service-linked roles live under a path that nobody else can use."""
    return ":role/aws-service-role/" in principal


def role_name(principal: str) -> str:
    """Return the name, without path, of a role or of the role of a session."""
    pieces = arn_parts(principal)[5].split("/")
    return pieces[1] if pieces[0] == "assumed-role" else pieces[-1]


def named_in(element: Any) -> list[tuple[str, str]]:
    """Return what a Principal element names, as (kind, name)."""
    if element == "*":
        return [("AWS", "*")]
    return [(kind, name) for kind, names in element.items() for name in (names if isinstance(names, list) else [names])]


def how_named(
    element: Any,
    principal: str,
    userid: list[str],
    doubts: Doubts,
    case: dict[str, Any] | None = None,
    policy_type: str = "resource",
) -> set[str]:
    """Return all the ways in which an element names the principal: everyone, itself, role, account; or none."""
    ways: set[str] = set()
    kind = kind_of(principal)
    for named_kind, name in named_in(element):
        if named_kind == "AWS" and name.startswith(("AROA", "AIDA")):
            ways |= by_unique_id(name, kind, userid)
            continue
        if named_kind == "AWS" and kind == "role" and ":assumed-role/" in name:
            role, session = arn_parts(name)[5].split("/")[1:3]
            own = account_of(name) == account_of(principal) and role == role_name(principal)
            # A role asks as one of its sessions; which one is not known.
            if own and doubts.perhaps(("session", session)):
                ways.add("itself")
            continue
        if (named_kind, name) == ("AWS", "*"):
            ways.add("everyone")
        elif named_kind in ("Service", "Federated"):
            if kind == {"Service": "service", "Federated": "provider"}[named_kind] and name == principal:
                ways.add("itself")
        elif named_kind == "AWS" and kind not in ("service", "anonymous", "provider"):
            account = account_of(principal)
            if name == account or name == f"arn:{arn_parts(principal)[1]}:iam::{account}:root":
                if policy_type == "endpoint" and kind != "root" and not doubts.perhaps("endpoint takes accounts"):
                    continue  # to a gateway endpoint it is the root user alone
                ways.add("itself" if kind == "root" else "account")
            elif name == principal:
                ways.add("role" if kind == "role" else "itself")
            elif (
                kind == "session"
                and ":role/" in name
                and account_of(name) == account
                and role_name(name) == role_name(principal)
            ):
                ways.add("role")
    return ways


def by_unique_id(name: str, kind: str, userid: list[str]) -> set[str]:
    """Say whether a unique id is the caller's, as aws:userid has it (reference_identifiers, unique ids)."""
    for value in userid:
        if kind == "user" and value == name and name.startswith("AIDA"):
            return {"itself"}
        if kind in ("role", "session") and name.startswith("AROA"):
            if value == name and ":" in name:
                return {"itself"}
            if value.split(":")[0] == name:
                return {"role"}
    return set()


def spared_by_not_principal(
    element: Any, principal: str, has_boundary: bool, userid: list[str], doubts: Doubts
) -> bool:
    """Say whether NotPrincipal with Deny leaves this principal alone.

    Nobody who has a permissions boundary is ever spared. Whose account, or of a session whose role, is not listed too,
    AWS may deny.
    """
    ways = set() if has_boundary else how_named(element, principal, userid, doubts)
    needed = {"user": {"account"}, "federated": {"account"}, "role": {"account"}, "session": {"account", "role"}}
    if not ways or "everyone" in ways:
        return bool(ways)
    if ways == {"account"}:
        # Somebody else of the account is listed with it: that one is spared, not the others.
        account = f"::{account_of(principal)}:"
        return not any(account in name and not name.endswith(":root") for _, name in named_in(element))
    if kind_of(principal) == "session" and "itself" not in ways:
        needed = {"session": {"account"}}
    enough = needed.get(kind_of(principal), set()) <= ways
    return enough or doubts.perhaps(("spared without its account", str(element)))


def principal_keys(principal: str) -> dict[str, list[str]]:
    """Return the context keys that the principal itself determines; no values where it cannot have the key."""
    kind = kind_of(principal)
    keys: dict[str, list[str]] = {"aws:username": [], "aws:PrincipalServiceName": []}
    if kind == "provider":
        return {**keys, "aws:PrincipalIsAWSService": [], "aws:PrincipalArn": []}
    if kind == "service":
        return {**keys, "aws:PrincipalIsAWSService": ["true"], "aws:PrincipalServiceName": [principal]}
    if kind == "anonymous":
        return {
            **keys,
            "aws:PrincipalIsAWSService": [],
            "aws:PrincipalArn": [],
            "aws:PrincipalAccount": ["anonymous"],
            "aws:PrincipalType": ["Anonymous"],
            "aws:userid": ["anonymous"],
        }
    account = account_of(principal)
    arn = principal
    if kind == "session":
        arn = f"arn:{arn_parts(principal)[1]}:iam::{account}:role/{role_name(principal)}"
    types = {"root": "Account", "user": "User", "federated": "FederatedUser"}
    keys["aws:PrincipalIsAWSService"] = ["false"]
    keys["aws:PrincipalAccount"] = [account]
    keys["aws:PrincipalArn"] = [arn]
    keys["aws:PrincipalType"] = [types.get(kind, "AssumedRole")]
    if kind == "user":
        keys["aws:username"] = [principal.rpartition("/")[2]]
    if kind == "root":
        keys["aws:userid"] = [account]
    if kind == "federated":
        keys["aws:userid"] = [account + ":" + principal.rpartition("/")[2]]
    return keys
