"""Who calls: the path of a session's role, its id, when its token was issued, the tags that its session may have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from preflight.account.facts import Ask, Fact, Known
from preflight.account.snapshots.snapshot import Snapshot
from preflight.engine.result import Result
from preflight.engine.rule import load_rule
from preflight.readiness.rules.execution_roles import role_permissions
from preflight.readiness.rules.permissions import allowed
from tests.readiness.checking import check
from tests.readiness.worlds import (
    ACCOUNT,
    CREATE,
    DEPLOYER,
    EXECUTION,
    REGION,
    allow,
    plan,
    policy,
    role,
    snapshot,
    steps,
)

THERE = {"endpoint_configs": [{"EndpointConfigName": "demo-config", "ProductionVariants": []}]}
SSO = "AWSReservedSSO_Deployers_0123456789abcdef"
PATH = "aws-reserved/sso.amazonaws.com/"
SSO_SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/{SSO}/jane"
ASSUMABLE = policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
TAGGABLE = policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": ["sts:AssumeRole", "sts:TagSession"]})
NAMED = policy(
    {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"]}
)
NOW = datetime.now(UTC)


def deny(**condition: Any) -> dict[str, Any]:
    return {"Sid": "No", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}


def scp(*statements: Any) -> dict[str, Any]:
    levels = [[{"name": "root", "policy": policy(allow("*"), *statements)}]]
    return {"service_control_policies": {ACCOUNT: levels}, "resource_control_policies": {ACCOUNT: []}}


def decided(
    principal: str, *statements: Any, by: Any = (), request: Any = CREATE, rule: str = "PRE110", **of_role: Any
) -> list[Result]:
    """Return what is said of a caller whose role has statements, under a service control policy with those of `by`."""
    facts = {"RoleId": "AROADEPLOYER", "AssumeRolePolicyDocument": ASSUMABLE, **of_role}
    sso = role(SSO, allow("*"), *statements, **facts)
    sso["Arn"] = f"arn:aws:iam::{ACCOUNT}:role/{PATH}{SSO}"
    deployer = role("deployer", allow("*"), *statements, **facts)
    world = snapshot(
        deployer, sso, role("endpoint-execution", Tags=[{"Key": "team", "Value": "ml"}]), organization=scp(*by), **THERE
    )
    return check(rule, plan(request, principal=principal), world)


def kinds(found: list[Result]) -> set[str]:
    return {each.kind.value for each in found}


@pytest.mark.parametrize(
    "pattern", [f"arn:aws:iam::*:role/{PATH}*", f"arn:aws:iam::{ACCOUNT}:role/{PATH}AWSReservedSSO_Deployers_*"]
)
def test_a_session_has_the_path_of_its_role(pattern: str) -> None:
    arn = {"aws:PrincipalArn": pattern}
    assert kinds(decided(SSO_SESSION, by=[deny(ArnLike=arn)])) == {"fail"}
    assert kinds(decided(SSO_SESSION, by=[deny(ArnNotLike=arn)])) == {"pass"}
    assert kinds(decided(DEPLOYER, by=[deny(ArnLike=arn)])) == {"pass"}


def test_the_id_of_a_role_and_the_name_of_its_session() -> None:
    ours, others = {"aws:userid": "AROADEPLOYER:*"}, {"aws:userid": ["AROAOTHER:*", "AIDAUSER"]}
    jane, john = {"aws:userid": "AROADEPLOYER:jane"}, {"aws:userid": "AROADEPLOYER:john"}
    for principal in (SSO_SESSION, DEPLOYER):
        assert kinds(decided(principal, deny(StringLike=ours))) == {"fail"}
        assert kinds(decided(principal, deny(StringNotLike=ours))) == {"pass"}
        assert kinds(decided(principal, deny(StringLike=others))) == {"pass"}
        assert kinds(decided(principal, deny(StringNotLike=others))) == {"fail"}
    assert kinds(decided(SSO_SESSION, deny(StringEquals=jane))) == {"fail"}
    assert kinds(decided(SSO_SESSION, deny(StringEquals=john))) == {"pass"}
    # Of a role nobody knows what the session will be called.
    assert kinds(decided(DEPLOYER, deny(StringEquals=jane))) == {"open"}
    assert kinds(decided(DEPLOYER, deny(StringEquals=jane), RoleId=None)) == {"open"}


class Signed(Snapshot):
    """A snapshot read with credentials of the execution role's own session."""

    def read(self, ask: Ask) -> Fact[Any]:
        if ask.kind != "sts:caller-identity":
            return super().read(ask)
        session = EXECUTION.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
        return Known({"Account": ACCOUNT, "Arn": f"{session}/jane", "UserId": "AROAEXECUTION:jane"})


@pytest.mark.parametrize("order", [("PRE110", "PRE121"), ("PRE121", "PRE110")])
def test_the_session_of_a_caller_is_not_that_of_the_role_it_passes(order: tuple[str, str]) -> None:
    """A notebook passes its own role: the call is made in a session that is known, the job gets one that is not."""
    jane = {"StringEquals": {"aws:userid": "AROAEXECUTION:jane"}}
    own = role("endpoint-execution", allow("*", Condition=jane), RoleId="AROAEXECUTION")
    container = {"Image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/serve:v1"}
    model = ("CreateModel", {"ModelName": "m", "ExecutionRoleArn": EXECUTION, "PrimaryContainer": container})
    (step,) = steps(plan(model, principal=EXECUTION), Signed(snapshot(own), "snapshot.json"))
    checks = {"PRE110": allowed, "PRE121": role_permissions}
    found = {rule: kinds(list(checks[rule](step, load_rule(rule)))) for rule in order}
    assert found == {"PRE110": {"pass"}, "PRE121": {"open"}}


def test_variables_that_hold_the_id_of_a_role() -> None:
    mine = {"Sid": "Mine", "Effect": "Deny", "Action": "*", "Resource": "arn:aws:sagemaker:*:*:endpoint/${aws:userid}"}
    assert "open" in kinds(decided(DEPLOYER, mine))
    assert kinds(decided(SSO_SESSION, mine)) == {"pass"}


@pytest.mark.parametrize(
    ("issued", "kind"),
    [
        (NOW - timedelta(days=2), "pass"),
        (NOW - timedelta(hours=3), "open"),
        (NOW + timedelta(days=2), "fail"),
        ("2024-01-31", "pass"),
    ],
)
def test_revoked_sessions(issued: datetime | str, kind: str) -> None:
    """AWSRevokeOlderSessions, which IAM attaches to a role, refuses sessions that began before a moment."""
    before = issued if isinstance(issued, str) else issued.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert kinds(decided(DEPLOYER, deny(DateLessThan={"aws:TokenIssueTime": before}))) == {kind}


def test_the_time_is_known() -> None:
    past, future = {"aws:CurrentTime": "2020-01-01T00:00:00Z"}, {"aws:CurrentTime": "2999-01-01T00:00:00Z"}
    assert kinds(decided(DEPLOYER, deny(DateGreaterThan=past))) == {"fail"}
    assert kinds(decided(DEPLOYER, deny(DateLessThan=past))) == {"pass"}
    assert kinds(decided(DEPLOYER, deny(DateGreaterThan=future))) == {"pass"}
    assert kinds(decided(DEPLOYER, deny(NumericGreaterThan={"aws:EpochTime": "1577836800"}))) == {"fail"}


def test_tags_that_a_session_may_have_are_not_absent() -> None:
    tags = {"aws:PrincipalTag/team": "ml"}
    owned = {"Tags": [{"Key": "team", "Value": "ml"}]}
    assert kinds(decided(DEPLOYER, deny(StringNotEquals=tags))) == {"fail"}
    assert kinds(decided(DEPLOYER, deny(StringNotEquals=tags), **owned)) == {"pass"}
    # Who assumes the role may set other tags, or the same with other values.
    assert kinds(decided(DEPLOYER, deny(StringNotEquals=tags), AssumeRolePolicyDocument=TAGGABLE)) == {"open"}
    assert kinds(decided(DEPLOYER, deny(StringNotEquals=tags), AssumeRolePolicyDocument=TAGGABLE, **owned)) == {"open"}
    assert kinds(decided(DEPLOYER, deny(StringNotEquals=tags), AssumeRolePolicyDocument=None)) == {"open"}


def test_a_source_identity_that_nobody_may_set_is_absent() -> None:
    some = deny(Null={"aws:SourceIdentity": "true"})
    assert kinds(decided(DEPLOYER, some)) == {"fail"}
    assert kinds(decided(DEPLOYER, some, AssumeRolePolicyDocument=NAMED)) == {"open"}


def test_a_role_that_may_be_passed_by_its_tag_is_not_decided() -> None:
    """AWS does not support the tags of the role for iam:PassRole, though its reference lists the keys."""
    model = ("CreateModel", {"ModelName": "m", "ExecutionRoleArn": EXECUTION})
    for key in ("aws:ResourceTag/team", "iam:ResourceTag/team"):
        statement = {**deny(StringEquals={key: "ml"}), "Action": "iam:PassRole"}
        (found,) = decided(DEPLOYER, statement, request=model, rule="PRE122")
        assert found.kind.value == "open"
        assert "AWS does not support the tags of a role in a policy for iam:PassRole" in found.message


@pytest.mark.parametrize(("key", "kind"), [("alias/k", "open"), (None, "fail")])
def test_a_key_that_the_reference_lists_by_its_new_name_only(key: str | None, kind: str) -> None:
    """A policy of AWS's own time with sagemaker:VolumeKmsKey: without any key in the request both are absent."""
    demanded = {**deny(Null={"sagemaker:VolumeKmsKey": "true"}), "Action": "sagemaker:CreateEndpointConfig"}
    config = {"EndpointConfigName": "c", "ProductionVariants": [], **({"KmsKeyId": key} if key else {})}
    found = [
        each
        for each in decided(DEPLOYER, demanded, request=("CreateEndpointConfig", config))
        if "EndpointConfig" in each.message
    ]
    assert kinds(found) == {kind}
    assert ("replaces the deprecated sagemaker:VolumeKmsKey" in found[0].message) == (kind == "open")
