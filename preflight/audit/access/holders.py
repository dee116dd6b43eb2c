"""The roles and users of an account, each with every policy that bears on what it may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from preflight.account.facts import Account, Ask, Known, Unknown
from preflight.account.principals import policies_of
from preflight.iam.request import Policies, PolicyType

ORGANIZATION = (PolicyType.SCP, PolicyType.RCP)
_KINDS = {"iam:role": "role", "iam:user": "user"}


@dataclass(frozen=True, slots=True, eq=False)
class Holder:
    """A role or a user. `detail` is its member of GetAccountAuthorizationDetails; `tags` are None where not known.

    `variant` tells it from the same principal with other policies, as it would be after a change; empty as it is.
    """

    arn: str
    kind: str
    name: str
    policies: Policies
    tags: Mapping[str, str] | None
    detail: Mapping[str, Any]
    variant: str = ""

    @property
    def key(self) -> str:
        """Its ARN, with the change that makes it another than it is."""
        return self.arn + self.variant

    @property
    def unique_id(self) -> str | None:
        """The unique id that policies may name it by; None where the facts don't have it."""
        return self.detail.get("RoleId") or self.detail.get("UserId")

    @property
    def is_service_linked(self) -> bool:
        """Whether AWS made the role for a service, which alone can change it."""
        return ":role/aws-service-role/" in self.arn


@dataclass(frozen=True, slots=True)
class Holders:
    """Everyone in an account, by ARN. `unknown` says of whom nothing is known: not listed is not the same as none."""

    by_arn: Mapping[str, Holder]
    unknown: tuple[Unknown, ...] = ()


def holders_of(account: Account) -> Holders:
    """Return all roles and users with their policies. What cannot be read is in `unknown`, with what settles it."""
    found: dict[str, Holder] = {}
    unknown: list[Unknown] = []
    for kind, fact in zip(_KINDS, account.read_many([Ask.all(kind, "") for kind in _KINDS]), strict=True):
        if not isinstance(fact, Known):
            unknown.append(
                fact if isinstance(fact, Unknown) else Unknown(f"there are no {_KINDS[kind]}s: {fact.detail}")
            )
            continue
        for detail in fact.value:
            facts = policies_of(account, detail["Arn"])
            if isinstance(facts, Known):
                name = detail.get("RoleName") or detail.get("UserName") or ""
                policies = _as_far_as_known(facts.value.policies)
                found[detail["Arn"]] = Holder(detail["Arn"], _KINDS[kind], name, policies, facts.value.tags, detail)
            else:
                reason = facts.reason if isinstance(facts, Unknown) else facts.detail
                unknown.append(Unknown(f"{detail['Arn']}: {reason}", getattr(facts, "resolution", "")))
    return Holders(found, tuple(unknown))


def _as_far_as_known(policies: Policies) -> Policies:
    """Return policies without the doubt about those of the organization: they can only take away, and what an audit
    reports is then what the account itself allows. That they are not known is reported once (ACC100).
    """
    rest = {kind: reason for kind, reason in policies.unknown.items() if kind not in ORGANIZATION}
    return policies if len(rest) == len(policies.unknown) else replace(policies, unknown=MappingProxyType(rest))
