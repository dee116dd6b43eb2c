"""An organization as its management account sees it: every account, where it hangs, and the policies on the way there.

Policies are read by what they are attached to (`ListTargetsForPolicy`), so the calls grow with policies and units, not
with accounts: thousands of accounts that share a few policies cost a few calls more than ten do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.account.live.account import LiveAccount
from preflight.account.live.calls import Call
from preflight.account.live.errors import Failed, unknown
from preflight.account.live.incomplete import IncompleteAnswerError, Members
from preflight.account.live.organizations import policy_of
from preflight.account.principals import ORGANIZATION_POLICIES, policy_levels
from preflight.errors import UsageError

POLICY_TYPES = tuple(ORGANIZATION_POLICIES)
_NOT_IN_USE = "AWSOrganizationsNotInUseException"


@dataclass(frozen=True, slots=True)
class Member:
    """One account of the organization. `above` are the root and the units it hangs in, from the root down, each by its
    id; empty where it could not be told. `status` is AWS's `State` (`ACTIVE`, `SUSPENDED`, `PENDING_CLOSURE`, `CLOSED`,
    `PENDING_ACTIVATION`), or `Status` where it tells only that.

    https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
    """

    account: str
    name: str
    status: str
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Organization:
    """`policies` has, by policy type, what is attached to each target: `{target: [{name, policy}, ...]}`; None if the
    type applies to no account; or why that is not known. `units` are the names of organizational units by id.
    """

    id: str
    management: str
    members: tuple[Member, ...]
    units: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, Fact[Mapping[str, list[dict[str, Any]]] | None]] = field(default_factory=dict)

    def levels(self, member: Member) -> dict[Ask, Fact[Any]]:
        """Return what bears on an account, as the answers to what is asked of `organizations:policy-levels`."""
        return {ask: self._levels(member, each) for each, ask in policy_asks(member.account).items()}

    def _levels(self, member: Member, policy_type: str) -> Fact[Any]:
        fact = self.policies[policy_type]
        if isinstance(fact, Unknown | Absent):
            return fact
        # The policies of an organization do not bear on its management account:
        # https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
        if fact.value is None or member.account == self.management:
            return Known({"levels": None})
        if not member.above:
            return Unknown(
                f"account {member.account} was in no organizational unit when the organization was read",
                "run the audit again: the account was being moved",
            )
        return Known({"levels": [fact.value.get(target, []) for target in (*member.above, member.account)]})


def policy_asks(account: str) -> dict[str, Ask]:
    """Return what is asked about the policies that bear on an account, by policy type."""
    return {each: policy_levels(account, each) for each in POLICY_TYPES}


def read_organization(account: LiveAccount) -> Organization:
    """Read the organization with the credentials of its management account, or of a delegated administrator.

    Raises `UsageError` where there is none, or where its accounts cannot all be listed: an audit that leaves accounts
    out without a word would be worse than none.
    """
    about = _asked(account, "describe_organization")["Organization"]
    root = next(iter(_asked(account, "list_roots")["Roots"]), None)
    if root is None:
        raise IncompleteAnswerError("organizations:ListRoots", "the response lists no root")
    units: dict[str, str] = {}
    placed = {each.account: each for each in _below(account, root["Id"], (root["Id"],), units)}
    # An account that was moved while the units were walked is in this list all the same.
    listed = {each["Id"]: _member(each) for each in _asked(account, "list_accounts")["Accounts"]}
    members = {**listed, **placed}.values()
    enabled = {each["Type"] for each in root.get("PolicyTypes", ()) if each["Status"] == "ENABLED"}
    all_features = about.get("FeatureSet") != "CONSOLIDATED_BILLING"
    policies = {
        each: _policies(account, each) if all_features and each in enabled else Known(None) for each in POLICY_TYPES
    }
    return Organization(
        about["Id"], about.get("MasterAccountId", ""), tuple(sorted(members, key=_by_account)), units, policies
    )


def _member(about: Members, above: tuple[str, ...] = ()) -> Member:
    # AWS gives up `Status` for `State` in 2026, and older stand-ins know only the former.
    return Member(about["Id"], about.get("Name", ""), about.get("State") or about.get("Status", ""), above)


def _by_account(member: Member) -> str:
    return member.account


def _below(account: LiveAccount, parent: str, above: tuple[str, ...], units: dict[str, str]) -> Iterator[Member]:
    for each in _asked(account, "list_accounts_for_parent", ParentId=parent)["Accounts"]:
        yield _member(each, above)
    for unit in _asked(account, "list_organizational_units_for_parent", ParentId=parent)["OrganizationalUnits"]:
        if unit["Id"] in units or unit["Id"] == above[0]:
            # A unit is in one place, so what lists it twice would be walked without end.
            raise IncompleteAnswerError(
                "organizations:ListOrganizationalUnitsForParent", f"the responses list {unit['Id']} twice"
            )
        units[unit["Id"]] = unit.get("Name", "")
        yield from _below(account, unit["Id"], (*above, unit["Id"]), units)


def _policies(account: LiveAccount, policy_type: str) -> Fact[Mapping[str, list[dict[str, Any]]] | None]:
    """Return the policies of a type by what they are attached to."""
    by_target: dict[str, list[dict[str, Any]]] = {}
    listed = account.call(Call("organizations", "list_policies", {"Filter": policy_type}))
    if isinstance(listed, Failed):
        return _not_known(listed, "ListPolicies")
    for summary in listed.members["Policies"]:
        targets = account.call(Call("organizations", "list_targets_for_policy", {"PolicyId": summary["Id"]}))
        if isinstance(targets, Failed):
            return _not_known(targets, "ListTargetsForPolicy")
        if not targets.members["Targets"]:
            continue
        described = account.call(Call("organizations", "describe_policy", {"PolicyId": summary["Id"]}))
        if isinstance(described, Failed):
            return _not_known(described, "DescribePolicy")
        policy = {"name": summary["Name"], "policy": policy_of(described)}
        for target in targets.members["Targets"]:
            by_target.setdefault(target["TargetId"], []).append(policy)
    return Known(by_target)


def _asked(account: LiveAccount, operation: str, **parameters: str) -> Members:
    outcome = account.call(Call("organizations", operation, parameters))
    if isinstance(outcome, Failed):
        name = "".join(part.capitalize() for part in operation.split("_"))
        if outcome.code == _NOT_IN_USE:
            raise UsageError(
                "this account isn't in an organization; audit it alone, or name the accounts with --accounts"
            )
        fact = _not_known(outcome, name)
        raise UsageError(f"the organization cannot be read: {fact.reason}; {fact.resolution}")
    return outcome.members


def _not_known(failed: Failed, name: str) -> Unknown:
    return unknown(
        failed,
        f"organizations:{name}",
        f"allow organizations:{name} on *, and run it in the management account or as a delegated administrator",
    )
