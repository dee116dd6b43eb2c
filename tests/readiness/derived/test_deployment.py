"""Who deploys a stack makes calls of their own, and passes the service role; CloudFormation makes the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from preflight.account.snapshots.snapshot import Snapshot
from preflight.documents.plans.plan import Given, Plan
from preflight.documents.plans.requests import plan_of, read_plan
from preflight.engine.result import Kind, Level, Report, Verdict
from preflight.errors import UsageError
from preflight.readiness.check import check
from preflight.readiness.least_privilege import needed_by
from preflight.readiness.settings import CheckSettings
from tests.readiness.derived.test_needs import document

ROLES = "arn:aws:iam::111122223333:role/"
SERVICE = "cloudformation.amazonaws.com"
QUEUE = {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}}}
MAKES = {"Effect": "Allow", "Action": ["sqs:*"], "Resource": "*"}
STACKS = {"Effect": "Allow", "Action": "cloudformation:*", "Resource": "arn:aws:cloudformation:*:*:stack/app-*/*"}
PASSES = {
    "Effect": "Allow",
    "Action": "iam:PassRole",
    "Resource": ROLES + "service",
    "Condition": {"StringEquals": {"iam:PassedToService": SERVICE}},
}


def role(name: str, *statements: Any, by: Mapping[str, str] | None = None) -> dict[str, Any]:
    principal = by or {"AWS": "arn:aws:iam::111122223333:root"}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return {
        "RoleName": name,
        "Arn": ROLES + name,
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": document}],
        "AttachedManagedPolicies": [],
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
    }


def snapshot(*roles: dict[str, Any]) -> Snapshot:
    parts = {"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": list(roles)}
    regions = {"us-east-1": {"RegionOptStatus": "ENABLED_BY_DEFAULT"}}
    value = {"version": 1, "account": "111122223333", "organization": None, "regions": regions, "iam": parts}
    return Snapshot.load(document("snapshot.json", value))


def plan(principal: str, name: str | None = None, **sections: Any) -> Plan:
    given = Given("us-east-1", "111122223333", stack_name=name)
    found = plan_of([document("t.json", {"Resources": QUEUE, **sections})], given=given)
    return replace(found, principal=ROLES + principal)


def checked(found: Plan, *roles: dict[str, Any], service: str | None = None) -> Report:
    settings = CheckSettings(service_role=None if service is None else ROLES + service)
    return check(found, snapshot(*roles), select=("PRE110", "PRE120", "PRE122"), settings=settings)


def refused(report: Report) -> set[str]:
    return {each.need.action for each in report.results if each.kind is Kind.FAIL and each.need is not None}


CALLS = {
    f"cloudformation:{name}" for name in ("CreateChangeSet", "DescribeChangeSet", "DescribeStacks", "ExecuteChangeSet")
}


def test_who_deploys_makes_the_calls_of_the_stack_and_the_service_role_the_others() -> None:
    deployer, service = role("deployer", STACKS, PASSES), role("service", MAKES, by={"Service": SERVICE})
    report = checked(plan("deployer", "app-one"), deployer, service, service="service")
    assert report.verdict is Verdict.READY
    assert {each.rule for each in report.results if each.kind is Kind.PASS} == {"PRE110", "PRE120", "PRE122"}
    assert report.vouched == {"service_role": ROLES + "service"}
    other = checked(plan("deployer", "web"), deployer, service, service="service")
    assert other.verdict is Verdict.BLOCKED and refused(other) == CALLS
    unnamed = checked(plan("deployer"), deployer, service, service="service")
    assert unnamed.verdict is Verdict.OPEN
    assert any("--stack-name NAME" in each.remedy for each in unnamed.results)


def test_the_service_role_is_passed_there_and_trusts_cloudformation() -> None:
    service = role("service", MAKES, by={"Service": SERVICE})
    everything = {"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"}
    unpassed = checked(plan("deployer", "app-one"), role("deployer", everything), service, service="service")
    assert refused(unpassed) == {"iam:PassRole"}
    for found in ([role("deployer", STACKS, PASSES)], [role("deployer", STACKS, PASSES), role("service", MAKES)]):
        report = checked(plan("deployer", "app-one"), *found, service="service")
        assert "PRE120" in {each.rule for each in report.results if each.kind is Kind.FAIL}


def test_who_is_meant_by_the_principal_is_told_by_its_trust_policy() -> None:
    report = checked(plan("service"), role("service", MAKES, by={"Service": SERVICE}))
    assert report.verdict is Verdict.READY
    assert any("may be the service role" in each.message for each in report.results)
    caller = checked(plan("deployer"), role("deployer", MAKES))
    assert caller.verdict is Verdict.READY and refused(caller) == CALLS
    assert {each.level for each in caller.results if each.kind is Kind.FAIL} == {Level.WARNING}
    assert checked(plan("deployer", "app-one"), role("deployer", MAKES)).verdict is Verdict.BLOCKED
    assert not refused(checked(plan("deployer"), role("deployer", MAKES, STACKS)))


def test_a_stack_that_is_created_at_once_needs_no_change_set() -> None:
    create = {"Effect": "Allow", "Action": "cloudformation:CreateStack", "Resource": "*"}
    assert checked(plan("deployer", "app-one"), role("deployer", MAKES, create)).verdict is Verdict.READY


def test_conditions_on_who_calls_and_with_which_role() -> None:
    by_service = {"ForAnyValue:StringEquals": {"aws:CalledVia": SERVICE}}
    through = {**MAKES, "Condition": by_service}
    assert checked(plan("deployer", "app-one"), role("deployer", through, STACKS)).verdict is Verdict.READY
    via = {**STACKS, "Condition": by_service}
    assert refused(checked(plan("deployer", "app-one"), role("deployer", MAKES, via))) == CALLS
    only = {**STACKS, "Condition": {"ArnEquals": {"cloudformation:RoleArn": ROLES + "service"}}}
    reads = {**STACKS, "Action": ["cloudformation:Describe*", "cloudformation:ExecuteChangeSet"]}
    service = role("service", MAKES, by={"Service": SERVICE})
    deployer = role("deployer", MAKES, only, reads, PASSES)
    assert checked(plan("deployer", "app-one"), deployer, service, service="service").verdict is Verdict.READY
    assert refused(checked(plan("deployer", "app-one"), deployer)) == {"cloudformation:CreateChangeSet"}


def test_transforms_of_aws_are_a_resource_of_the_change_set() -> None:
    sam = plan("deployer", "app-one", Transform="AWS::Serverless-2016-10-31")
    report = checked(sam, role("deployer", MAKES, STACKS))
    assert [each.need.resource for each in report.results if each.kind is Kind.FAIL and each.need is not None] == [
        "arn:aws:cloudformation:us-east-1:aws:transform/Serverless-2016-10-31"
    ]


def test_the_policy_of_who_deploys_is_what_the_check_asks_of_them() -> None:
    facts = snapshot(role("deployer"), role("service", MAKES, by={"Service": SERVICE}))
    found = {each.grant.action for each in needed_by(plan("deployer", "app-one"), facts, None, ROLES + "service").needs}
    assert found == {*CALLS, "iam:PassRole"}
    alone = {each.grant.action for each in needed_by(plan("deployer", "app-one"), facts).needs}
    assert alone > CALLS and "sqs:CreateQueue" in alone and "iam:PassRole" not in alone
    assert not CALLS & {each.grant.action for each in needed_by(plan("deployer"), facts).needs}


def assembly(folder: Path) -> Plan:
    bucket = "cdk-a-assets-111122223333-us-east-1"
    stack = {
        "templateFile": "app.template.json",
        "tags": {"team": "a"},
        "assumeRoleArn": "arn:${AWS::Partition}:iam::111122223333:role/deploy",
        "cloudFormationExecutionRoleArn": "arn:${AWS::Partition}:iam::111122223333:role/service",
        "stackTemplateAssetObjectUrl": f"s3://{bucket}/1.json",
    }
    publishing = {"bucketName": bucket, "objectKey": "1.json", "assumeRoleArn": ROLES + "publish"}
    (folder / "app.template.json").write_text(json.dumps({"Resources": QUEUE}))
    (folder / "app.assets.json").write_text(json.dumps({"files": {"1": {"destinations": {"c": publishing}}}}))
    artifacts = {
        "app.assets": {"type": "cdk:asset-manifest", "properties": {"file": "app.assets.json"}},
        "app": {
            "type": "aws:cloudformation:stack",
            "environment": "aws://111122223333/us-east-1",
            "properties": stack,
            "dependencies": ["app.assets"],
        },
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "1", "artifacts": artifacts}))
    return read_plan([str(folder)])


def test_the_cdk_deploys_as_roles_that_the_caller_assumes(tmp_path: Path) -> None:
    found = assembly(tmp_path)
    assert found.principal == ROLES + "service"
    service, publish = role("service", MAKES, by={"Service": SERVICE}), role("publish")
    template = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cdk-a-assets-*"}
    stacks = {**STACKS, "Resource": "*", "Condition": {"StringEqualsIfExists": {"aws:RequestTag/team": "a"}}}
    deploy = role("deploy", stacks, template, PASSES)
    assumes = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": [ROLES + "deploy", ROLES + "publish"]}
    assert not refused(checked(found, service, deploy))
    assert refused(checked(found, service, role("deploy", stacks, PASSES))) == {"s3:GetObject"}
    known = any("the facts do not have" in each.message for each in checked(found, service).results)
    assert known and checked(found, service).verdict is Verdict.READY
    called = replace(found, principal=ROLES + "deployer")
    report = checked(called, service, deploy, publish, role("deployer", assumes), service="service")
    assert report.verdict is Verdict.READY
    assert refused(checked(called, service, deploy, publish, role("deployer"), service="service")) == {"sts:AssumeRole"}


def test_a_name_is_of_one_template(tmp_path: Path) -> None:
    named = Given("us-east-1", "111122223333", stack_name="app-one")
    one, other = document("a.json", {"Resources": QUEUE}), document("b.json", {"Resources": QUEUE})
    with pytest.raises(UsageError, match="--stack-name is for one"):
        plan_of([one, other], given=named)
    assembly(tmp_path)
    with pytest.raises(UsageError, match="names its own stacks"):
        read_plan([str(tmp_path)], given=named)


@pytest.mark.parametrize(("team", "verdict"), [("growth", Verdict.READY), ("other", Verdict.BLOCKED)])
def test_the_tags_of_the_stack_are_those_of_its_resources(team: str, verdict: Verdict) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-add-tags.html"""
    untagged = {"StringNotEquals": {"aws:RequestTag/team": "growth"}}
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "sqs:CreateQueue", "Resource": "*", "Condition": untagged},
    ]
    given = Given("us-east-1", "111122223333", stack_name="app-one", stack_tags={"team": team})
    found = replace(plan_of([document("t.json", {"Resources": QUEUE})], given=given), principal=ROLES + "deployer")
    report = checked(found, role("deployer", *statements))
    assert (report.verdict, refused(report)) == (verdict, {"sqs:CreateQueue"} if team == "other" else set())


def test_stack_tags_are_of_templates(tmp_path: Path) -> None:
    tagged = Given("us-east-1", "111122223333", stack_tags={"team": "growth"})
    assembly(tmp_path)
    with pytest.raises(UsageError, match="names the tags of its stacks"):
        read_plan([str(tmp_path)], given=tagged)
    request = {"requests": [{"operation": "sagemaker:DeleteEndpoint", "parameters": {"EndpointName": "e"}}]}
    with pytest.raises(UsageError, match="is not a template"):
        plan_of([document("plan.json", request)], given=tagged)


def test_a_stack_of_nothing_is_deployed_all_the_same() -> None:
    handle = {"W": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}
    found = plan_of([document("t.json", {"Resources": handle})], given=Given("us-east-1", "111122223333"))
    found = replace(found, principal=ROLES + "deployer")
    assert checked(found, role("deployer")).verdict is Verdict.READY
    named = replace(found, stacks=(replace(found.stacks[0], named=True),))
    assert refused(checked(named, role("deployer"))) == CALLS
