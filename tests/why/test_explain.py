"""A refusal against facts: which statement refuses or is missing, and a change that makes the request allowed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from preflight.account.snapshots.snapshot import Snapshot
from preflight.iam.request import PolicyType
from preflight.why.explain import ExplanationVerdict, explain
from preflight.why.facts import case_of

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ci/deployer"
WHO = f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/run-7"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"
SEND = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def facts(*identity: dict[str, Any], scps: Any = None, boundary: Any = None, **region: Any) -> Snapshot:
    role: dict[str, Any] = {
        "RoleName": "deployer",
        "Path": "/ci/",
        "Arn": ROLE,
        "AssumeRolePolicyDocument": policy(
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ),
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": policy(*identity)}] if identity else [],
        "AttachedManagedPolicies": [],
    }
    policies = []
    if boundary is not None:
        arn = f"arn:aws:iam::{ACCOUNT}:policy/limits"
        role["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
        policies.append(
            {
                "PolicyName": "limits",
                "Arn": arn,
                "DefaultVersionId": "v1",
                "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": boundary}],
            }
        )
    organization = None
    if scps is not None:
        levels = [[{"name": "root", "policy": each}] for each in scps]
        organization = {"service_control_policies": {ACCOUNT: levels}, "resource_control_policies": {ACCOUNT: []}}
    return Snapshot(
        {
            "version": 1,
            "account": ACCOUNT,
            "partition": "aws",
            "iam": {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [role], "Policies": policies},
            "organization": organization,
            "regions": {"us-east-1": {"RegionOptStatus": "ENABLED_BY_DEFAULT", **region}},
        },
        "snapshot.json",
    )


def said(action: str = "sqs:SendMessage", resource: str = QUEUE, tail: str = "", who: str = WHO) -> str:
    return f"User: {who} is not authorized to perform: {action} on resource: {resource}{tail}"


def test_a_missing_permission_is_added_to_the_identity_policy() -> None:
    other = {"Sid": "Receive", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": f"{QUEUE}-old"}
    (found,) = explain(said(), facts(other)).explanations
    assert found.verdict is ExplanationVerdict.EXPLAINED
    assert (found.refusal.policy_type, found.refusal.effect) == (PolicyType.IDENTITY, "implicitDeny")
    assert [dict(each.statement or {}) for each in found.changes] == [SEND]
    assert "Receive" in found.near[0]


def test_each_layer_that_withholds_is_named_with_what_is_valid_there() -> None:
    everything = policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    (found,) = explain(said(), facts(scps=[everything], boundary=everything)).explanations
    assert {each.policy_type for each in found.changes} == {PolicyType.IDENTITY, PolicyType.BOUNDARY, PolicyType.SCP}
    assert all(each.statement == SEND for each in found.changes)


def test_the_changes_together_make_the_request_allowed() -> None:
    account = facts(boundary=policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}))
    (found,) = explain(said(), account).explanations
    with_changes = facts(SEND, boundary=policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, SEND))
    assert [each.statement for each in found.changes] == [SEND, SEND]
    assert explain(said(), with_changes).explanations[0].verdict is ExplanationVerdict.ALLOWED


def test_an_explicit_deny_of_an_organization_is_found_by_statement() -> None:
    deny = {"Sid": "NoQueues", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
    scp = policy({"Effect": "Allow", "Action": "*", "Resource": "*"}, deny)
    tail = " with an explicit deny in a service control policy"
    (found,) = explain(said(tail=tail), facts(SEND, scps=[scp])).explanations
    assert found.statement is not None
    assert (found.statement.sid, found.statement.policy_type) == ("NoQueues", PolicyType.SCP)
    assert found.changes[0].statement is None
    assert "management account" in found.changes[0].text


def test_a_deny_under_a_condition_that_the_message_does_not_tell_is_named() -> None:
    deny = {
        "Sid": "OnlyOffice",
        "Effect": "Deny",
        "Action": "sqs:*",
        "Resource": "*",
        "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    }
    tail = " with an explicit deny in an identity-based policy"
    (found,) = explain(said(tail=tail), facts(SEND, deny)).explanations
    assert found.verdict is ExplanationVerdict.EXPLAINED
    assert found.statement is not None and found.statement.sid == "OnlyOffice"
    (unsaid,) = explain(said(), facts(SEND, deny)).explanations
    assert unsaid.verdict is ExplanationVerdict.OPEN
    assert "aws:SourceIp" in unsaid.refusal.unknown


def test_facts_that_allow_it_say_what_else_it_may_be() -> None:
    (found,) = explain(said(), facts(SEND)).explanations
    assert found.verdict is ExplanationVerdict.ALLOWED
    assert "session policy" in found.refusal.unknown


def test_a_role_that_iam_names_by_word_is_found_with_its_path() -> None:
    account = facts(SEND)
    (refusal,) = (each.refusal for each in explain(said("iam:UpdateRole", "role deployer")).explanations)
    case = case_of(refusal, account)
    assert case.request.resource == ROLE
    (found,) = explain(said("iam:UpdateRole", "role deployer"), account).explanations
    assert (found.changes[0].statement or {})["Resource"] == ROLE


def test_a_trust_policy_gets_a_statement_without_a_resource() -> None:
    text = f"SageMaker was unable to assume the role '{ROLE}'"
    (found,) = explain(text, facts(SEND)).explanations
    assert found.verdict is ExplanationVerdict.EXPLAINED
    assert [each.statement for each in found.changes] == [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]


@pytest.mark.parametrize(
    ("action", "resource", "statement"),
    [
        (
            "ecr:BatchGetImage",
            f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/app",
            {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "ecr:BatchGetImage"},
        ),
        (
            "kms:Decrypt",
            f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k",
            {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "kms:Decrypt", "Resource": "*"},
        ),
        (
            "s3:GetObject",
            "arn:aws:s3:::b/k",
            {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k"},
        ),
    ],
)
def test_a_resource_based_policy_gets_what_is_valid_in_it(
    action: str, resource: str, statement: dict[str, Any]
) -> None:
    tail = f" because no resource-based policy allows the {action} action"
    (found,) = explain(said(action, resource, tail, ROLE)).explanations
    assert [each.statement for each in found.changes] == [statement]


def test_who_is_not_in_the_facts_is_open() -> None:
    stranger = f"arn:aws:iam::{ACCOUNT}:role/unknown"
    (found,) = explain(said(who=stranger), facts(SEND)).explanations
    assert found.verdict is ExplanationVerdict.OPEN
    assert "unknown" in json.dumps(found.refusal.unknown)


def test_by_the_message_alone() -> None:
    tail = " because no permissions boundary allows the sqs:SendMessage action"
    (found,) = explain(said(tail=tail)).explanations
    assert found.verdict is ExplanationVerdict.EXPLAINED
    assert "does not help" in found.changes[0].where
    assert explain(said()).explanations[0].verdict is ExplanationVerdict.OPEN
