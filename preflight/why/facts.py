"""A refusal against the account's facts: the request that was refused, and every policy that bears on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from preflight.account.facts import Absent, Account, Ask, Known, Unknown
from preflight.account.principals import parsed_policy, policies_of
from preflight.iam.decide import decide
from preflight.iam.decision import Decision
from preflight.iam.policy import Policy
from preflight.iam.request import Context, Policies, PolicyType, Request
from preflight.why.forms import forms
from preflight.why.recognize import Refusal

_HELD = re.compile(r"(?P<kind>[a-z ]+?) (?P<name>\S+)", re.IGNORECASE)
# A bucket or role is found in every region; which one is asked does not matter.
_ANY_REGION = "us-east-1"
_AS_ARN = {"instance profile": "instance-profile", "mfa device": "mfa", "server certificate": "server-certificate"}


@dataclass(frozen=True, slots=True)
class RefusedRequest:
    """A refusal as a request, and all the policies that bear on it as far as they are known."""

    request: Request
    policies: Policies

    def decided(self) -> Decision:
        """Return what the policies decide."""
        return decide(self.request, self.policies)

    def with_policy(self, policy_type: PolicyType, policy: Policy) -> RefusedRequest:
        """Return the case with one more policy of a type; one that every level of an organization has, for an SCP."""
        held = self.policies
        match policy_type:
            case PolicyType.IDENTITY:
                held = replace(held, identity=(*held.identity, policy))
            case PolicyType.BOUNDARY:
                # A principal has one boundary: the statements are added to it.
                statements = tuple(each for one in (*held.boundaries, policy) for each in one.statements)
                held = replace(held, boundaries=(replace(policy, statements=statements),))
            case PolicyType.SESSION:
                held = replace(held, session=(*(held.session or ()), policy))
            case PolicyType.SCP:
                held = replace(held, service_control=tuple((*each, policy) for each in held.service_control or ()))
            case PolicyType.RESOURCE:
                statements = (*(held.resource.statements if held.resource else ()), *policy.statements)
                held = replace(held, resource=replace(policy, statements=statements))
            case _:
                pass
        return RefusedRequest(self.request, held)


def case_of(refusal: Refusal, account: Account) -> RefusedRequest | Unknown:
    """Return the request of a refusal with its policies from an account's facts; unknown where it cannot be put.

    The context of the request is in no message but a decoded one, so other keys are unknown.
    """
    if not refusal.principal or not refusal.action:
        missing = "who made the call" if not refusal.principal else "which action was refused"
        return Unknown(f"the message does not name {missing}", "find the call in AWS CloudTrail")
    if refusal.resource is None:
        return Unknown("the message does not name the resource", "find the call in AWS CloudTrail")
    principal = "*" if refusal.principal == "anonymous" else refusal.principal
    policies = Policies()
    tags: Mapping[str, str] | None = None
    if principal.startswith("arn:"):
        who = policies_of(account, principal)
        if isinstance(who, Absent):
            return Unknown(f"{principal} does not exist in {account.source}", "take the snapshot again")
        if isinstance(who, Unknown):
            return who
        policies, tags = who.value.policies, who.value.tags
    resource = _resource(refusal, account)
    policies = _with_resource_policy(refusal.action, resource, policies, account)
    ours = account.account_id()
    owner = ours.value if resource.startswith("arn:aws") and ":s3:::" in resource and isinstance(ours, Known) else None
    return RefusedRequest(
        Request(principal, refusal.action, resource, owner, Context(_values(refusal), complete=False), tags), policies
    )


def _values(refusal: Refusal) -> dict[str, str | tuple[str, ...]]:
    return {key: values[0] if len(values) == 1 else values for key, values in refusal.context.items()}


def _resource(refusal: Refusal, account: Account) -> str:
    """Return the resource as an ARN: `role deployer` is how IAM names a role of the caller's account."""
    text = refusal.resource or "*"
    if text == "*" or text.startswith("arn:"):
        return text
    held = _HELD.fullmatch(text)
    parts = (refusal.principal or "").split(":", 5)
    if held is None or len(parts) < 6:
        return "*"
    kind, name = held["kind"].lower(), held["name"]
    if kind == "role":
        found = account.read(Ask.one("iam:role", "", {"RoleName": name.rpartition("/")[2]}))
        if isinstance(found, Known) and found.value.get("Arn"):
            return str(found.value["Arn"])
    return f"arn:{parts[1]}:iam::{parts[4]}:{_AS_ARN.get(kind, kind.replace(' ', '-'))}/{name}"


def _with_resource_policy(action: str, resource: str, policies: Policies, account: Account) -> Policies:
    """Put the resource's own policy among the policies, as far as the facts have it."""
    service = action.lower().partition(":")[0]
    for form in forms().resource_policies:
        found = form.arn.match(resource)
        if found is None or (form.service and form.service != service):
            continue
        key = {name: found.expand(template) for name, template in form.key.items()}
        fact = account.read(Ask.one(form.kind, resource.split(":")[3] or _ANY_REGION, key))
        if isinstance(fact, Known):
            document = fact.value.get(form.member) if form.member else fact.value
            parsed = parsed_policy(f"the policy of {resource}", document, PolicyType.RESOURCE)
            if isinstance(parsed, Policy):
                return replace(policies, resource=parsed)
            fact = parsed
        if isinstance(fact, Absent):
            return policies
        return _not_known(policies, f"the policy of {resource} was not read: {fact.reason}")
    return policies


def _not_known(policies: Policies, reason: str) -> Policies:
    return replace(policies, unknown={**policies.unknown, PolicyType.RESOURCE: reason})
