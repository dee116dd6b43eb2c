"""Roles, users, groups and managed policies with their documents, in GetAccountAuthorizationDetails' shapes.

Read by name rather than by GetAccountAuthorizationDetails itself, which gives the whole account page by page. What is
attached is read at once; the documents follow while the caller already has the rest. A member that may not be read is
named in `Unread` with the reason, so that what is known still serves.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.account.live.calls import Answered, Call, CallOutcome
from preflight.account.live.concurrent_reads import Begin, ReadPlan, Wanted
from preflight.account.live.declared_reads import CALLER, DeclaredRead
from preflight.account.live.errors import Failed, unknown
from preflight.declared.expressions import arn_part


def role(question: DeclaredRead) -> ReadPlan:
    """Read a role in the RoleDetail shape, by RoleName or RoleArn."""
    return _entity(question, "role")


def user(question: DeclaredRead) -> ReadPlan:
    """Read a user in the UserDetail shape, by UserName or UserArn."""
    return _entity(question, "user")


def group(question: DeclaredRead) -> ReadPlan:
    """Read a group in the GroupDetail shape, by GroupName."""
    return _entity(question, "group")


def managed_policy(question: DeclaredRead) -> ReadPlan:
    """Read a managed policy with the document of its default version, in the ManagedPolicyDetail shape."""
    arn = question.ask["PolicyArn"]
    (outcome,) = yield [Call("iam", "get_policy", {"PolicyArn": arn}, page_size=None)]
    if isinstance(outcome, Failed):
        return _not_read(outcome, "iam:GetPolicy", arn)
    policy = outcome.response.get("Policy", {})
    version = {"PolicyArn": arn, "VersionId": outcome.members["Policy"]["DefaultVersionId"]}
    (outcome,) = yield [Call("iam", "get_policy_version", version)]
    if isinstance(outcome, Failed):
        return _not_read(outcome, "iam:GetPolicyVersion", arn)
    outcome.members["PolicyVersion"]["Document"]  # or what it grants isn't known
    return Known({**policy, "PolicyVersionList": [outcome.response["PolicyVersion"]]})


def _entity(question: DeclaredRead, what: str) -> ReadPlan:
    title = what.capitalize()
    key = dict(question.ask.key)
    asked_arn = key.get(f"{title}Arn")
    name = key.get(f"{title}Name") or str(asked_arn).rpartition("/")[2]
    named = {f"{title}Name": name}
    calls = [
        Call("iam", f"get_{what}", named, pages=what != "group"),
        Call("iam", f"list_{what}_policies", named),
        Call("iam", f"list_attached_{what}_policies", named),
    ]
    if what == "user":
        calls.append(Call("iam", "list_groups_for_user", named))
    if what == "group":
        calls[0] = Call("iam", "get_group", {**named, "MaxItems": 1}, pages=False)
    caller, got, inline, attached, *groups = yield [CALLER, *calls]
    account = caller.value["Account"] if isinstance(caller, Known) else None
    owner = arn_part(asked_arn, "account")
    if owner and account and owner != account:
        return Unknown(
            f"{asked_arn} belongs to account {owner}, which is not read", f"check with account {owner}'s facts"
        )
    arn = asked_arn or question.arn(named, account or "*")
    if isinstance(got, Failed):
        return _not_read(got, f"iam:Get{title}", arn)
    found = got.members[title]["Arn"]
    if asked_arn and found != asked_arn:
        return Absent(f"the {what} named {name} is {found}, not {asked_arn}")
    detail = dict(got.response[title])
    unread: list[dict[str, str]] = []
    names = _members(inline, "PolicyNames", f"{title}PolicyList", unread, f"iam:List{title}Policies", arn)
    detail["AttachedManagedPolicies"] = _members(
        attached,
        "AttachedPolicies",
        "AttachedManagedPolicies",
        unread,
        f"iam:ListAttached{title}Policies",
        arn,
        "PolicyArn",
    )
    if groups:
        listed = _members(groups[0], "Groups", "GroupList", unread, "iam:ListGroupsForUser", arn, "GroupName")
        detail["GroupList"] = [each["GroupName"] for each in listed]
    detail[f"{title}PolicyList"] = yield from _inline(what, named, names, detail, unread, arn)
    if unread:
        detail["Unread"] = unread
    return Known(detail)


def _inline(
    what: str, named: dict[str, str], names: Sequence[str], detail: Mapping[str, Any], unread: list[Any], arn: str
) -> Generator[Sequence[Wanted], list[Any], list[Any]]:
    """Read the inline policies, and start what will be asked for next: managed policies, the boundary, groups."""
    boundary = (detail.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    arns = [policy["PolicyArn"] for policy in detail["AttachedManagedPolicies"]] + ([boundary] if boundary else [])
    begin = [
        *(Begin(Ask.one("iam:policy", "", {"PolicyArn": each})) for each in dict.fromkeys(arns)),
        *(Begin(Ask.one("iam:group", "", {"GroupName": each})) for each in detail.get("GroupList", ())),
    ]
    calls = [Call("iam", f"get_{what}_policy", {**named, "PolicyName": name}) for name in names]
    outcomes: list[CallOutcome] = (yield [*calls, *begin])[: len(calls)]
    policies = []
    for name, outcome in zip(names, outcomes, strict=True):
        if isinstance(outcome, Answered):
            outcome.members["PolicyDocument"]
            policies.append({"PolicyName": name, "PolicyDocument": outcome.response["PolicyDocument"]})
        else:
            _note(unread, f"{what.capitalize()}PolicyList", outcome, f"iam:Get{what.capitalize()}Policy", arn)
    return policies


def _members(
    outcome: CallOutcome,
    result: str,
    member: str,
    unread: list[dict[str, str]],
    permission: str,
    arn: str,
    needed: str | None = None,
) -> list[Any]:
    """Return a list of the answer, of which AWS sends an empty one too; each entry has the member that is `needed`."""
    if isinstance(outcome, Answered):
        for each in outcome.members[result]:
            if needed is not None:
                each[needed]
        return list(outcome.response[result])
    _note(unread, member, outcome, permission, arn)
    return []


def _note(unread: list[dict[str, str]], member: str, failed: Failed, permission: str, arn: str) -> None:
    why = unknown(failed, permission, f"allow {permission} on {arn}")
    unread.append({"Member": member, "Reason": why.reason, "Resolution": why.resolution})


def _not_read(failed: Failed, permission: str, arn: str) -> Fact[Any]:
    if failed.code in ("NoSuchEntity", "NoSuchEntityException"):
        return Absent(failed.message)
    return unknown(failed, permission, f"allow {permission} on {arn}")
