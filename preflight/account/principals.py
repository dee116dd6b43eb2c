"""Who makes a call, and every policy that bears on it: gathered from a snapshot or from the live account alike."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from preflight.account.facts import Absent, Account, Ask, Fact, Known, Unknown, resolution_in
from preflight.account.managed_policies import managed_policy
from preflight.declared.expressions import arn_part
from preflight.iam.caches import Kept
from preflight.iam.policy import Policy
from preflight.iam.request import Policies, PolicyType
from preflight.unresolved import DeployText, resolution

PrincipalKind: TypeAlias = Literal["role", "user", "session", "root"]

ORGANIZATION_POLICIES = {
    "SERVICE_CONTROL_POLICY": "service control policies",
    "RESOURCE_CONTROL_POLICY": "resource control policies",
}
"""The types of an organization's policies that decide about requests, as Organizations and as people call them."""
_LEVELS = {PolicyType.SCP: "SERVICE_CONTROL_POLICY", PolicyType.RCP: "RESOURCE_CONTROL_POLICY"}


@dataclass(frozen=True, slots=True)
class PrincipalFacts:
    """A principal and its policies.

    `arn` is as it was asked for; `identity_arn` the role or user whose policies count (a session's role). `tags` are
    those of the role or user, None where they are not known. `user_id` is what `aws:userid` holds, by shape where the
    name of the session is not known; `trust` the trust policy of a role. Both are None where they are not known.
    """

    arn: str
    kind: PrincipalKind
    identity_arn: str
    tags: Mapping[str, str] | None
    policies: Policies
    user_id: str | None = None
    trust: Any = None


def identity_of(arn: str) -> tuple[PrincipalKind, dict[str, str]] | None:
    """Return what kind of principal an ARN names, and the parameters that identify its role or user.

    None for anything that has no policies of its own in an account: a service, a federated user, `*`.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    resource, service = arn_part(arn, "resource") or "", arn_part(arn, "service")
    if service == "iam" and resource == "root":
        return "root", {}
    if service == "iam" and resource.startswith("role/"):
        return "role", {"RoleArn": arn}
    if service == "iam" and resource.startswith("user/"):
        return "user", {"UserArn": arn}
    if service == "sts" and resource.startswith("assumed-role/") and resource.count("/") >= 2:
        # A session's ARN leaves out the path of its role, so the role is found by its name.
        return "session", {"RoleName": resource.split("/")[1]}
    return None


def policies_of(account: Account, principal_arn: str) -> Fact[PrincipalFacts]:
    """Gather the policies of a role, a user, an assumed-role session or an account's root.

    Absent if there is no such role or user, unknown if it cannot be read at all. What is missing in part (a managed
    policy's document, the organization's policies) is named in `Policies.unknown`. AWS has no call that shows the
    session policies of a session that exists: a session is taken to have none, which can only make it look more
    powerful than it is.
    """
    named = identity_of(principal_arn)
    if named is None and (unknown := DeployText.partial(principal_arn)):
        labels = unknown.labels
        return Unknown(f"it depends on {', '.join(labels)}", resolution(labels))
    if named is None:
        return Unknown(
            f"{principal_arn} is not a role, user, assumed-role session or account root",
            "name the role or user that makes the call with --principal",
        )
    principal_kind, key = named
    account_id = arn_part(principal_arn, "account") or ""
    asks = [policy_levels(account_id, policy) for policy in _LEVELS.values()]
    if principal_kind == "root":
        scp, rcp = account.read_many(asks)
        return _foreign(account, principal_arn, account_id) or Known(
            PrincipalFacts(principal_arn, "root", principal_arn, {}, _assemble(_Gathered(), scp, rcp))
        )
    who = Ask.one("iam:user" if principal_kind == "user" else "iam:role", "", key)
    detail, scp, rcp = account.read_many([who, *asks])
    foreign = _foreign(account, principal_arn, account_id)
    if foreign is not None:
        return foreign
    if not isinstance(detail, Known):
        return detail
    gathered = _gather(account, detail.value, user=principal_kind == "user")
    tags = detail.value.get("Tags", [])
    return Known(
        PrincipalFacts(
            principal_arn,
            principal_kind,
            str(detail.value.get("Arn") or principal_arn),
            None if tags is None else {tag["Key"]: tag["Value"] for tag in tags},
            _assemble(gathered, scp, rcp),
            _user_id(principal_kind, principal_arn, detail.value),
            detail.value.get("AssumeRolePolicyDocument"),
        )
    )


def is_session_of(caller_arn: str, principal_arn: str) -> bool:
    """Say whether credentials in use are those of a principal, or of a session of the role that it is."""
    if caller_arn == principal_arn:
        return True
    if arn_part(caller_arn, "account") != arn_part(principal_arn, "account"):
        return False
    session, named = arn_part(caller_arn, "resource") or "", arn_part(principal_arn, "resource") or ""
    if not session.startswith("assumed-role/"):
        return False
    role = session.split("/")[1]
    if named.startswith("assumed-role/"):
        return named.split("/")[1] == role
    return named.startswith("role/") and named.rpartition("/")[2] == role


def _user_id(kind: PrincipalKind, principal_arn: str, detail: Mapping[str, Any]) -> str | None:
    """Return what `aws:userid` holds: a user's id; of a session the role's id, a colon and the session's name."""
    if kind == "user":
        return detail.get("UserId")
    if not detail.get("RoleId"):
        return None
    session = principal_arn.split("/", 2)[2] if kind == "session" else DeployText.unknown("name of the session")
    return f"{detail['RoleId']}:{session}"


def _foreign(account: Account, principal_arn: str, account_id: str) -> Unknown | None:
    ours = account.account_id()
    if isinstance(ours, Known) and ours.value != account_id:
        return Unknown(
            f"{principal_arn} belongs to account {account_id}; {account.source} is account {ours.value}",
            f"give the facts of account {account_id}",
        )
    return None


class _Gathered:
    """Policies as they come in, and what could not be had of each type, with the reason."""

    def __init__(self) -> None:
        self.identity: list[Policy] = []
        self.boundaries: list[Policy] = []
        self.unknown: dict[PolicyType, list[str]] = {}

    def miss(self, policy_type: PolicyType, reason: str) -> None:
        self.unknown.setdefault(policy_type, []).append(reason)


def _gather(account: Account, detail: Mapping[str, Any], *, user: bool) -> _Gathered:
    gathered = _Gathered()
    for unread in detail.get("Unread", ()):
        missing = PolicyType.BOUNDARY if unread["Member"] == "PermissionsBoundary" else PolicyType.IDENTITY
        gathered.miss(missing, f"{unread['Reason']} ({resolution_in(unread)})")
    holders = [detail]
    names: Sequence[str] = detail.get("GroupList", ()) if user else ()
    groups = account.read_many([Ask.one("iam:group", "", {"GroupName": name}) for name in names])
    for name, group in zip(names, groups, strict=True):
        if isinstance(group, Known):
            holders.append(group.value)
        else:
            gathered.miss(PolicyType.IDENTITY, _why(f"group {name}", group))
    boundary = (detail.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    attached = [policy["PolicyArn"] for holder in holders for policy in holder.get("AttachedManagedPolicies", ())]
    arns = list(dict.fromkeys([*attached, *([boundary] if boundary else [])]))
    managed = dict(
        zip(arns, account.read_many([Ask.one("iam:policy", "", {"PolicyArn": a}) for a in arns]), strict=True)
    )
    for holder in holders:
        inline = next((holder[name] for name in _INLINE if name in holder), ())
        for policy in inline:
            _add(gathered.identity, gathered, PolicyType.IDENTITY, policy["PolicyName"], policy["PolicyDocument"])
        for unread in holder.get("Unread", ()) if holder is not detail else ():
            gathered.miss(PolicyType.IDENTITY, f"{unread['Reason']} ({resolution_in(unread)})")
    for arn in dict.fromkeys(attached):
        _add_managed(gathered.identity, gathered, PolicyType.IDENTITY, arn, managed[arn])
    if boundary:
        _add_managed(gathered.boundaries, gathered, PolicyType.BOUNDARY, boundary, managed[boundary])
    return gathered


_INLINE = ("RolePolicyList", "UserPolicyList", "GroupPolicyList")


def _add_managed(into: list[Policy], gathered: _Gathered, policy_type: PolicyType, arn: str, fact: Fact[Any]) -> None:
    detail = fact.value if isinstance(fact, Known) else {}
    default = detail.get("DefaultVersionId")
    document = next(
        (
            each.get("Document")
            for each in detail.get("PolicyVersionList", ())
            if each.get("IsDefaultVersion") or each.get("VersionId") == default
        ),
        None,
    )
    if document is None:
        document = managed_policy(arn)
    if document is None and not isinstance(fact, Known):
        gathered.miss(policy_type, _why(f"managed policy {arn}", fact))
        return
    if document is None:
        gathered.miss(policy_type, f"managed policy {arn}: the document of its default version is missing")
        return
    _add(into, gathered, policy_type, arn, document)


def _add(into: list[Policy], gathered: _Gathered, policy_type: PolicyType, name: str, document: Any) -> None:
    parsed = parsed_policy(name, document, policy_type)
    if isinstance(parsed, Unknown):
        gathered.miss(policy_type, parsed.reason)
    else:
        into.append(parsed)


def _assemble(gathered: _Gathered, scp: Fact[Any], rcp: Fact[Any]) -> Policies:
    levels = {
        policy_type: _levels(gathered, policy_type, fact)
        for policy_type, fact in ((PolicyType.SCP, scp), (PolicyType.RCP, rcp))
    }
    return Policies(
        identity=tuple(gathered.identity),
        boundaries=tuple(gathered.boundaries),
        service_control=levels[PolicyType.SCP],
        resource_control=levels[PolicyType.RCP],
        unknown=MappingProxyType({policy_type: "; ".join(why) for policy_type, why in gathered.unknown.items()}),
    )


def _levels(gathered: _Gathered, policy_type: PolicyType, fact: Fact[Any]) -> tuple[tuple[Policy, ...], ...] | None:
    if not isinstance(fact, Known):
        gathered.miss(policy_type, _why("the organization's policies", fact))
        return None
    if fact.value["levels"] is None:
        return None
    levels = []
    for level in fact.value["levels"]:
        policies: list[Policy] = []
        for entry in level:
            _add(policies, gathered, policy_type, entry["name"], entry["policy"])
        levels.append(tuple(policies))
    return tuple(levels)


def policy_levels(account_id: str, policy_type: str) -> Ask:
    """Return what asks for the policies that bear on an account, of a type of `ORGANIZATION_POLICIES`."""
    return Ask.one("organizations:policy-levels", "", {"AccountId": account_id, "PolicyType": policy_type})


def _why(what: str, fact: Absent | Unknown) -> str:
    if isinstance(fact, Absent):
        return f"{what} was not found" + (f" ({fact.detail})" if fact.detail else "")
    return f"{what}: {fact.reason}" + (f" ({fact.resolution})" if fact.resolution else "")


# What many share is kept apart, so that the inline policies of very many roles don't push it out.
_SHARED: Kept[Any, tuple[Any, Policy | Unknown]] = Kept(16_384)
_INLINE_KEPT: Kept[Any, tuple[Any, Policy | Unknown]] = Kept(4_096)


def parsed_policy(name: str, document: Any, of: PolicyType) -> Policy | Unknown:
    """Parse a policy document of a type, or its text; unknown with the reason if AWS would not store it as one.

    The same object is parsed once: thousands of roles share a managed policy, and to look at its content for each of
    them would be most of the work.
    """
    key = id(document), name, of
    kept = _INLINE_KEPT if of is PolicyType.IDENTITY and not name.startswith("arn:") else _SHARED
    known = kept.get(key)
    if known is None:
        # The document is kept beside, so that no other object gets its id.
        known = kept.keep(key, (document, _parsed(name, document, of)))
    return known[1]


def _parsed(name: str, document: Any, of: PolicyType) -> Policy | Unknown:
    from preflight.iam.errors import PolicyError
    from preflight.iam.policy import parse_policy

    try:
        return parse_policy(json.loads(document) if isinstance(document, str) else document, name, of)
    except (PolicyError, ValueError) as error:
        return Unknown(f"policy {name} is not a valid policy: {error}", "correct the policy")
