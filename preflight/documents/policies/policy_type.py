"""What a policy is for, where nothing around it says so: told from its own elements, or from the name of its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from preflight.documents.policies.found_policy import PolicyDocumentType
from preflight.iam.service_rules import rcp_services

# What a trust policy can allow: STS's actions whose resource is the role (service authorization reference of AWS STS).
# GetFederationToken and the like have other resources; a principal assumes a role by these.
_TRUST = r"(?i)sts:(assumerole\w*|tagsession|setsourceidentity|setcontext|[\w]*\*)\Z"
# Words of a path, the last of which counts; what parts them may also stand within them.
_NAMED = (
    r"(?i)(?:^|[\W_])(?:(?P<scp>scps?|service[\W_]?control[\W_]?polic(?:y|ies))"
    r"|(?P<rcp>rcps?|resource[\W_]?control[\W_]?polic(?:y|ies))"
    r"|(?P<vpc_endpoint>vpce|vpc[\W_]?endpoints?)"
    r"|(?P<boundary>(?:permissions?[\W_]?)?boundar(?:y|ies)))(?=[\W_]|$)"
)
# The name of a file that says whose policy it is: of a resource, whatever the folder above says.
_OF_RESOURCE = (
    r"(?i)(?:bucket|resource|topic|queue|key|api[\W_]?gateway|registry|repository|secrets?|vault|function|domain|file[\W_]?system)"
    r"[\W_]?polic(?:y|ies)(?:[^/\\]*|[/\\][^/\\]*)\Z"
)
_EVERYONE = ("*", {"AWS": "*"}, {"AWS": ["*"]})
_ALL = ("*", ["*"])
# What some form of each of them has: most paths have none.
_IN_NAMES = ("scp", "rcp", "vpc", "control", "boundar")


class OtherType(NamedTuple):
    """What type a policy may be of, and why."""

    type: PolicyDocumentType
    why: str


def type_of(policy: Any, path: str = "") -> PolicyDocumentType:
    """Return what a bare policy is for.

    A statement with a principal makes it a trust policy where it names only STS's actions to assume a role, and no
    resource but by mistake; else a resource policy. Without a principal it is an identity policy, or what the name of
    its file or of a folder above says: `scps/deny-regions.json`, `team.boundary.json`.
    """
    stated = [each for each in _statements(policy) if "Principal" in each or "NotPrincipal" in each]
    named = _by_name(path, with_principal=bool(stated))
    if not stated:
        return "scp" if named == "scp" else "boundary" if named == "boundary" else "identity"
    if named == "rcp" and re.search(_OF_RESOURCE, path) and not _fits_rcp(stated):
        return "resource"
    # A name is a hint: what allows something to someone in particular is no policy of an organization.
    if named == "rcp" and not any(map(_lets_in, stated)):
        return "rcp"
    trusts = all(map(_trusts, stated))
    if named == "vpc_endpoint" and not (trusts and any(map(_lets_service_in, stated))):
        return "vpc-endpoint"
    return "trust" if trusts else "resource"


def doubt_of(policy: Any, type_: PolicyDocumentType, path: str) -> OtherType | None:
    """Return what a bare policy may be otherwise, where `type_` is what it was told to be: as far as its statements go
    it is of another type just as well, or the name of its path says another one and all but an element fits it.
    """
    statements = list(_statements(policy))
    if not statements:
        return None
    named = _by_name(path, with_principal=type_ == "resource")
    everyone = all(each.get("Principal") in _EVERYONE for each in statements)
    if named == "scp" and type_ == "resource" and everyone:
        return OtherType("scp", "its path says service control policy, which has no Principal")
    if named == "rcp" and type_ == "identity" and all(each.get("Effect") == "Deny" for each in statements):
        return OtherType("rcp", 'its path says resource control policy, which has "Principal": "*"')
    if type_ != "resource" or not everyone or re.search(_OF_RESOURCE, path):
        return None
    if _fits_rcp(statements) and all(each.get("Resource") in _ALL for each in statements):
        return OtherType("rcp", "it may be a resource control policy")
    if any(each.get("Resource") in _ALL for each in statements) and service_of(policy) in ("", "s3"):
        return OtherType("vpc-endpoint", "it may be the policy of a VPC endpoint")
    return None


def _fits_rcp(statements: Iterable[Mapping[str, Any]]) -> bool:
    """Whether AWS would take statements for those of a resource control policy: they deny everyone something of the
    services that such policies reach.
    """
    return all(
        each.get("Effect") == "Deny"
        and each.get("Principal") in _EVERYONE
        and any(True for _ in _actions(each))
        and "NotAction" not in each
        and all(action.partition(":")[0].lower() in rcp_services() for action in _actions(each))
        for each in statements
    )


def service_of(policy: Any) -> str:
    """Return the service whose actions a policy names, where they are all of one; else the empty string."""
    found = {action.partition(":")[0].lower() for each in _statements(policy) for action in _actions(each)}
    return found.pop() if len(found) == 1 and found.isdisjoint({"*", ""}) else ""


def _statements(policy: Any) -> Iterator[Mapping[str, Any]]:
    found = policy.get("Statement") if isinstance(policy, dict) else None
    yield from (each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict))


def _trusts(statement: Mapping[str, Any]) -> bool:
    if ("Resource" in statement or "NotResource" in statement) and not _by_mistake(statement):
        return False
    actions = list(_actions(statement))
    return bool(actions) and all(re.match(_TRUST, action) for action in actions)


def _lets_in(statement: Mapping[str, Any]) -> bool:
    """Say whether a statement allows something to someone, or on something, in particular: a resource control policy
    only denies, and the one that allows, RCPFullAWSAccess, allows everything to everyone.
    """
    named = statement.get("Principal") not in _EVERYONE
    return statement.get("Effect") == "Allow" and (named or statement.get("Resource", "*") not in _ALL)


def _lets_service_in(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    return isinstance(principal, dict) and bool({"Service", "Federated"} & set(principal))


def _by_mistake(statement: Mapping[str, Any]) -> bool:
    """Say whether a resource stands in what is a trust policy all the same, for the rules to tell: it lets a service or
    an identity provider in, or names whom it lets in and every resource. The policy of a VPC endpoint of STS is for
    everyone, or about certain roles.
    """
    principal = statement.get("Principal")
    if not isinstance(principal, dict):
        return False
    everyone = principal.get("AWS") in ("*", ["*"])
    return _lets_service_in(statement) or (
        not everyone and statement.get("Resource") in ("*", ["*"]) and "NotResource" not in statement
    )


def _actions(statement: Mapping[str, Any]) -> Iterator[str]:
    for element in ("Action", "NotAction"):
        value = statement.get(element)
        yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))


def _by_name(path: str, *, with_principal: bool) -> str | None:
    """Return the type that the last telling word of a path says. A boundary has no principals: where there are some,
    the word means something else.
    """
    lower = path.lower()
    found = [each.lastgroup for each in re.finditer(_NAMED, path)] if any(word in lower for word in _IN_NAMES) else []
    return next((each for each in reversed(found) if not (with_principal and each == "boundary")), None)
