"""Which groups and customer managed policies there are, and who has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from preflight.account.facts import Ask, Known
from preflight.account.managed_policies import managed_policy
from preflight.account.principals import parsed_policy
from preflight.audit.access.holders import Holder
from preflight.audit.access.trusts import trust_of
from preflight.audit.scene import Scene
from preflight.audit.ways.asked_tags import tags_of
from preflight.iam.policy import Policy
from preflight.iam.request import PolicyType

_INLINE = ("GroupPolicyList", "UserPolicyList", "RolePolicyList")
_MOST_TAGS = 50


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A customer managed policy. `others` are its versions that are not the default, by id; `unread` is whether one of
    them is not known.
    """

    arn: str
    name: str
    default: Policy | None
    others: tuple[tuple[str, Policy], ...]
    unread: bool = False


class Memberships:
    """Which groups and customer managed policies there are, and who has them."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.groups: dict[str, Mapping[str, Any]] = {}
        self.policies: dict[str, ManagedPolicy] = {}
        self.unread_groups: list[str] = []
        self.group_policies: dict[str, tuple[Policy, ...]] = {}
        self.users_of_group: dict[str, list[str]] = {}
        self.users_of_policy: dict[str, list[str]] = {}
        policies = scene.account.read(Ask.all("iam:policy", ""))
        self.knows_policies = isinstance(policies, Known)
        for detail in policies.value if isinstance(policies, Known) else ():
            if ":iam::aws:" not in detail["Arn"]:
                self.policies[detail["Arn"]] = _managed(detail)
        groups = scene.account.read(Ask.all("iam:group", ""))
        self.knows_groups = isinstance(groups, Known)
        for detail in groups.value if isinstance(groups, Known) else ():
            self.groups[detail["GroupName"]] = detail
            self.group_policies[detail["GroupName"]] = tuple(self._policies_of(detail))
        for holder in scene.holders.by_arn.values():
            for name in self.groups_of(holder):
                self.users_of_group.setdefault(self.group_arn(name), []).append(holder.arn)
            for arn in self.policies_of(holder):
                self.users_of_policy.setdefault(arn, []).append(holder.arn)

    def groups_of(self, holder: Holder) -> Sequence[str]:
        """Return the names of the groups that a user is in."""
        return [each for each in holder.detail.get("GroupList", ()) if each in self.groups]

    def group_arn(self, name: str) -> str:
        """Return the ARN of a group."""
        return str(self.groups[name]["Arn"])

    def policies_of(self, holder: Holder) -> Sequence[str]:
        """Return the ARNs of the customer managed policies that a principal has, by itself or by its groups."""
        details = [holder.detail, *(self.groups[each] for each in self.groups_of(holder))]
        attached = [each["PolicyArn"] for detail in details for each in detail.get("AttachedManagedPolicies", ())]
        return [each for each in dict.fromkeys(attached) if each in self.policies]

    def _policies_of(self, group: Mapping[str, Any]) -> Iterator[Policy]:
        for member in _INLINE:
            for each in group.get(member, ()):
                parsed = parsed_policy(each["PolicyName"], each["PolicyDocument"], PolicyType.IDENTITY)
                if isinstance(parsed, Policy):
                    yield parsed
        for each in group.get("AttachedManagedPolicies", ()):
            known = self.policies.get(each["PolicyArn"])
            if known is not None and known.default is not None:
                yield known.default
            elif (document := managed_policy(each["PolicyArn"])) is not None:
                parsed = parsed_policy(each["PolicyArn"], document, PolicyType.IDENTITY)
                if isinstance(parsed, Policy):
                    yield parsed
            else:
                self.unread_groups.append(group["GroupName"])

    @cached_property
    def trusted_tags(self) -> Sequence[dict[str, str]]:
        """Tags that trust policies ask of who assumes a role, each once."""
        found: list[dict[str, str]] = []
        for role in self._scene.holders.by_arn.values():
            document = role.detail.get("AssumeRolePolicyDocument")
            if role.kind != "role" or "principaltag/" not in str(document).lower():
                continue
            trust = trust_of(role)
            tags = tags_of([trust], ("aws:principaltag/",), {}) if trust is not None else {}
            if tags and tags not in found and len(found) < _MOST_TAGS:
                found.append(tags)
        return found


def _managed(detail: Mapping[str, Any]) -> ManagedPolicy:
    name = str(detail.get("PolicyName") or detail["Arn"].rpartition("/")[2])
    default: Policy | None = None
    others: list[tuple[str, Policy]] = []
    unread = False
    for each in detail.get("PolicyVersionList", ()):
        parsed = parsed_policy(name, each.get("Document") or {}, PolicyType.IDENTITY)
        if not isinstance(parsed, Policy):
            unread = unread or not each.get("IsDefaultVersion")
            continue
        if each.get("IsDefaultVersion"):
            default = parsed
        else:
            others.append((str(each.get("VersionId", "")), parsed))
    return ManagedPolicy(detail["Arn"], name, default, tuple(others), unread)
