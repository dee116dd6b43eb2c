"""The policies of the organization that bear on an account, level by level."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from preflight.account.facts import Fact, Known, Unknown
from preflight.account.live.calls import Answered, Call, CallOutcome
from preflight.account.live.concurrent_reads import ReadPlan, Wanted
from preflight.account.live.declared_reads import DeclaredRead
from preflight.account.live.errors import Failed, unknown
from preflight.account.live.incomplete import IncompleteAnswerError

_NONE: Mapping[str, Any] = {"levels": None}
_READS = ("DescribeOrganization", "ListRoots", "ListParents", "ListPoliciesForTarget", "DescribePolicy")


def policy_levels(question: DeclaredRead) -> ReadPlan:
    """Read the policies of one PolicyType for AccountId: `{"levels": [[{name, policy}, ...], ...]}`, root first.

    `levels` is null where none apply: no organization, one without all features, a policy type that is not enabled, or
    the management account. Only the management account and delegated administrators may read this:
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListPoliciesForTarget.html
    """
    account, policy_type = question.ask["AccountId"], question.ask["PolicyType"]
    organization, roots, parents, policies = yield [
        _call("describe_organization"),
        _call("list_roots"),
        _call("list_parents", ChildId=account),
        _attached(account, policy_type),
    ]
    if isinstance(organization, Failed):
        if organization.code == "AWSOrganizationsNotInUseException":
            return Known(_NONE)
        return _unknown(organization, "DescribeOrganization", policy_type)
    about = organization.members["Organization"]
    if about.get("MasterAccountId") == account or about.get("FeatureSet") == "CONSOLIDATED_BILLING":
        return Known(_NONE)
    if isinstance(roots, Failed):
        return _unknown(roots, "ListRoots", policy_type)
    types = [each for root in roots.members["Roots"] for each in root.get("PolicyTypes", ())]
    if not any(each["Type"] == policy_type and each["Status"] == "ENABLED" for each in types):
        return Known(_NONE)
    return (yield from _climb(policy_type, parents, policies))


def _climb(
    policy_type: str, parents: CallOutcome, policies: CallOutcome
) -> Generator[Sequence[Wanted], list[Any], Fact[Any]]:
    """Go up from the account to the root, reading each level's policies on the way."""
    levels: list[list[dict[str, str]]] = []
    documents: dict[str, CallOutcome] = {}
    climbed: set[str] = set()
    while True:
        if isinstance(policies, Failed):
            return _unknown(policies, "ListPoliciesForTarget", policy_type)
        levels.insert(0, [{"Id": each["Id"], "Name": each["Name"]} for each in policies.members["Policies"]])
        ids = [each["Id"] for each in levels[0] if each["Id"] not in documents]
        describe = [_call("describe_policy", PolicyId=each) for each in ids]
        if isinstance(parents, Failed):
            return _unknown(parents, "ListParents", policy_type)
        parent = next(iter(parents.members["Parents"]), None)
        above: list[Call] = []
        if parent is not None:
            if parent["Id"] in climbed:
                raise IncompleteAnswerError("organizations:ListParents", f"the responses have {parent['Id']} twice")
            climbed.add(parent["Id"])
            above.append(_attached(parent["Id"], policy_type))
            if parent["Type"] != "ROOT":
                above.append(_call("list_parents", ChildId=parent["Id"]))
        outcomes: list[CallOutcome] = yield [*describe, *above]
        documents.update(zip(ids, outcomes[: len(ids)], strict=True))
        if parent is None:
            break
        policies = outcomes[len(ids)]
        parents = outcomes[len(ids) + 1] if len(above) == 2 else Answered({"Parents": []})
    failed = next((each for each in documents.values() if isinstance(each, Failed)), None)
    if failed is not None:
        return _unknown(failed, "DescribePolicy", policy_type)
    contents = {each: policy_of(outcome) for each, outcome in documents.items() if isinstance(outcome, Answered)}
    return Known(
        {"levels": [[{"name": each["Name"], "policy": contents[each["Id"]]} for each in level] for level in levels]}
    )


def policy_of(described: Answered) -> Any:
    """Return the policy that DescribePolicy has answered with. Raises `IncompleteAnswerError` where it has none."""
    try:
        return json.loads(described.members["Policy"]["Content"])
    except (ValueError, RecursionError):
        raise IncompleteAnswerError(described.operation, "the response's Content isn't JSON") from None


def _call(operation: str, **parameters: str) -> Call:
    return Call("organizations", operation, parameters)


def _attached(target: str, policy_type: str) -> Call:
    return _call("list_policies_for_target", TargetId=target, Filter=policy_type)


def _unknown(failed: Failed, operation: str, policy_type: str) -> Unknown:
    inputs = {
        "SERVICE_CONTROL_POLICY": "give them with --scp FILE, or a snapshot with organization.service_control_policies",
        "RESOURCE_CONTROL_POLICY": "give a snapshot with organization.resource_control_policies",
    }
    needed = ", ".join(f"organizations:{name}" for name in _READS)
    return unknown(
        failed,
        f"organizations:{operation}",
        f"{inputs[policy_type]}; or allow {needed} on * to a principal of the management account",
    )
