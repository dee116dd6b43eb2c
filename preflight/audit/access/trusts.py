"""The trust policies of roles, and whom they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from preflight.account.facts import Unknown
from preflight.account.principals import parsed_policy
from preflight.audit.access.holders import Holder
from preflight.iam.policy import Policy
from preflight.iam.request import PolicyType

_NAME = "sts:RoleSessionName"


def trust_of(role: Holder) -> Policy | None:
    """Return a role's trust policy; None where it is not known or AWS would not store it."""
    document = role.detail.get("AssumeRolePolicyDocument")
    parsed = parsed_policy(f"the trust policy of {role.name}", document, PolicyType.RESOURCE) if document else None
    return None if parsed is None or isinstance(parsed, Unknown) else parsed


def principals_of(trust: Policy) -> Iterator[tuple[str, str]]:
    """Give the principals that a trust policy's statements allow, as kind and value."""
    for statement in trust.statements:
        if statement.allows and statement.principals is not None:
            # A NotPrincipal lets in everyone else.
            yield from [("*", "*")] if statement.principals.negated else statement.principals.entries


def role_of_session(value: str, by_name: Mapping[str, str]) -> str:
    """Return the ARN of the role whose session a principal is; empty for another. `by_name` are the ARNs of roles."""
    return by_name.get(value.split("/")[1], "") if ":assumed-role/" in value else ""


def sessions_of(trust: Policy, role: Holder) -> Iterator[str]:
    """Give the sessions of a role that a trust policy names: who assumes it chooses the session's name."""
    for _, value in principals_of(trust):
        if f":assumed-role/{role.name}/" in value and role.kind == "role":
            yield value


def session_names(trust: Policy, holder: Holder) -> Iterator[Mapping[str, str]]:
    """Give the condition keys of session names to try: who assumes a role chooses the name, which may have to be its
    own (`${aws:username}`). Empty where the trust policy does not look at it.
    """
    values = [
        value for statement in trust.statements for each in statement.conditions if each.key == _NAME.lower()
        for value in each.values
    ]  # fmt: skip
    for value in values:
        own = value.replace("${aws:username}", holder.name) if holder.kind == "user" else value
        if "$" not in own:
            yield {_NAME: own.replace("*", "x").replace("?", "x")}
    yield {_NAME: "any"} if values else {}
