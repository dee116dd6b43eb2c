"""What a role lacks for a plan, and what of it could go: both decided, not compared as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from preflight.account.snapshots.snapshot import Snapshot
from preflight.documents.plans.requests import plan_of
from preflight.documents.text.document import Document
from preflight.errors import UsageError
from preflight.readiness.least_privilege import Difference, difference, documents_of, statements_of
from tests.readiness.worlds import (
    ACCOUNT,
    CREATE,
    DEPLOYER,
    EXECUTION,
    REGION,
    allow,
    managed,
    plan,
    policy,
    results,
    role,
    snapshot,
)

PREFIX = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
ENDPOINT, CONFIG = f"{PREFIX}:endpoint/demo", f"{PREFIX}:endpoint-config/demo-config"
THERE = {"endpoint_configs": [{"EndpointConfigName": "demo-config", "ProductionVariants": []}]}
MODEL = ("CreateModel", {"ModelName": "m", "ExecutionRoleArn": EXECUTION})
FULL = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
PASS = allow("iam:PassRole", EXECUTION, Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}})
DENY = {"Effect": "Deny", "Action": "sagemaker:CreateEndpoint", "Resource": ENDPOINT, "Sid": "No"}


def compared(
    *statements: Any, request: Any = CREATE, who: str = "deployer", facts: Any = None, **more: Any
) -> Difference:
    the_plan = plan_of([Document("plan.json", plan(request))])
    document = facts or snapshot(role("deployer", *statements, **more), role("endpoint-execution"), **THERE)
    return difference(the_plan, Snapshot(document, "s.json"), who)


def lacking(found: Difference) -> list[tuple[str, str]]:
    return [(each.grant.action, each.grant.resource) for each in found.lacking]


def spare(found: Difference) -> list[tuple[int, Sequence[str] | str]]:
    return [(each.statement, "whole" if each.whole else (*each.actions, *each.resources)) for each in found.spare]


@pytest.mark.parametrize(
    ("statements", "lacks", "spares"),
    [
        ((), ["endpoint/demo", "endpoint-config/demo-config"], []),
        ((allow("sagemaker:CreateEndpoint", ENDPOINT),), ["endpoint-config/demo-config"], []),
        ((allow("sagemaker:CreateEndpoint", [ENDPOINT, CONFIG]),), [], []),
        ((allow(["sagemaker:CreateEndpoint", "s3:*"], [ENDPOINT, CONFIG]),), [], [(0, ("s3:*",))]),
        ((allow("sagemaker:CreateEndpoint", [ENDPOINT, CONFIG, "arn:aws:s3:::b"]),), [], [(0, ("arn:aws:s3:::b",))]),
        ((allow("sagemaker:CreateEndpoint", [ENDPOINT, CONFIG]), PASS), [], [(1, "whole")]),
        # Of two that allow the same, the broader goes, and only one of them.
        ((allow("sagemaker:*"), allow("sagemaker:CreateEndpoint", [ENDPOINT, CONFIG])), [], [(0, "whole")]),
        ((allow("sagemaker:CreateEndpoint"), allow("sagemaker:CreateEndpoint")), [], [(0, "whole")]),
    ],
)  # fmt: skip
def test_what_is_lacking_and_what_could_go(statements: Any, lacks: list[str], spares: Any) -> None:
    found = compared(*statements)
    assert lacking(found) == [("sagemaker:CreateEndpoint", f"{PREFIX}:{name}") for name in lacks]
    assert spare(found) == spares
    assert (found.blocked, found.doubts) == ((), ())


def test_what_stays_broad_is_told_with_what_it_is_needed_for() -> None:
    (found,) = compared(allow(["sagemaker:*", "s3:GetObject"])).spare
    assert found.broad == (("sagemaker:*", ("sagemaker:CreateEndpoint",)),)
    assert found.actions == ("s3:GetObject",)
    (found,) = compared({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}).spare
    assert found.broad == (("all but iam:*", ("sagemaker:CreateEndpoint",)),)


def test_adding_what_is_lacking_makes_the_check_pass() -> None:
    has = allow("sagemaker:CreateModel", f"{PREFIX}:model/other")
    found = compared(has, request=MODEL)
    (added,) = documents_of(statements_of(each.grant for each in found.lacking))
    mended = snapshot(role("deployer", has, *added.document["Statement"]), role("endpoint-execution"))
    checked = [each.kind.value for rule in ("PRE110", "PRE122") for each in results(rule, plan(MODEL), mended)]
    assert checked == ["pass", "pass"]


def test_a_condition_that_is_not_met_is_lacking() -> None:
    wrong = {**PASS, "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}
    found = compared(allow("sagemaker:CreateModel"), wrong, request=MODEL)
    assert lacking(found) == [("iam:PassRole", EXECUTION)]
    assert spare(found) == [(1, "whole")]


@pytest.mark.parametrize("who", ["deployer", DEPLOYER, "role/deployer"])
def test_a_role_by_name_or_arn(who: str) -> None:
    assert compared(who=who).principal == DEPLOYER


def test_a_role_with_a_path_by_name() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/ci/deployer"
    assert compared(Arn=arn).principal == arn


def test_a_user_by_arn() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:user/ana"
    facts = snapshot(**THERE)
    inline = [{"PolicyName": "own", "PolicyDocument": policy(allow("sagemaker:CreateEndpoint"))}]
    facts["iam"]["UserDetailList"] = [
        {"UserName": "ana", "Arn": arn, "UserPolicyList": inline, "AttachedManagedPolicies": [], "GroupList": []}
    ]
    assert lacking(compared(facts=facts, who=arn)) == []


def test_a_managed_policy_of_which_nothing_is_needed() -> None:
    attached = [{"PolicyName": "AmazonSageMakerFullAccess", "PolicyArn": FULL}]
    facts = snapshot(
        role("deployer", allow("sagemaker:CreateEndpoint", [ENDPOINT, CONFIG]), AttachedManagedPolicies=attached),
        policies=[managed("AmazonSageMakerFullAccess")],
        **THERE,
    )
    found = compared(facts=facts)
    assert found.unneeded == (FULL,)
    assert {each.policy for each in found.spare} == {FULL}


def test_what_a_deny_denies_is_blocked_not_lacking() -> None:
    found = compared(allow("sagemaker:CreateEndpoint"), DENY)
    assert lacking(found) == []
    ((blocked, reason),) = [(each.planned.grant.resource, each.reason) for each in found.blocked]
    assert blocked == ENDPOINT
    assert reason == "denied by No of the identity-based policy deployer-inline"
    assert spare(found) == []


def test_what_is_denied_and_not_allowed_either_is_both() -> None:
    found = compared(DENY, allow("sagemaker:CreateEndpoint", CONFIG))
    assert lacking(found) == [("sagemaker:CreateEndpoint", ENDPOINT)]
    assert [each.planned.grant.resource for each in found.blocked] == [ENDPOINT]


def test_what_a_boundary_withholds_is_blocked_and_lacking() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": policy(allow("s3:*"))}
    boundary = {"PolicyName": "boundary", "Arn": arn, "PolicyVersionList": [version]}
    bounded = role("deployer", PermissionsBoundary={"PermissionsBoundaryArn": arn})
    found = compared(facts=snapshot(bounded, policies=[boundary], **THERE))
    assert len(found.lacking) == len(found.blocked) == 2
    assert found.blocked[0].reason == "no permissions boundary allows it"


def test_what_depends_on_an_unknown_key_is_open() -> None:
    office = allow("sagemaker:CreateEndpoint", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    found = compared(office)
    assert lacking(found) == []
    assert "depends on aws:SourceIp IpAddress 10.0.0.0/8" in found.doubts[0].message
    assert found.doubts[0].resolution == "Give the values in the request: --context aws:SourceIp=VALUE"
    assert spare(found) == []


def test_a_policy_that_is_not_known_is_open() -> None:
    attached = [{"PolicyName": "p", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/p"}]
    facts = snapshot(role("deployer", AttachedManagedPolicies=attached), **THERE)
    assert any("not all of its policies are known" in each.message for each in compared(facts=facts).doubts)


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("nobody", "--diff nobody: there is no such role or user"),
        (f"arn:aws:iam::{ACCOUNT}:role/nobody", "there is no such role or user"),
        (f"arn:aws:iam::{ACCOUNT}:root", "is not a role or user"),
        (f"arn:aws:iam::{ACCOUNT}:policy/p", "is not a role or user"),
    ],
)
def test_a_role_that_is_not_there(who: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        compared(who=who)


def test_a_snapshot_without_iam() -> None:
    facts = {key: value for key, value in snapshot(**THERE).items() if key != "iam"}
    with pytest.raises(UsageError, match="--diff deployer cannot be read"):
        compared(facts=facts)
