"""Every resource and call is accounted for, and the report says how far the verdict goes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from jsonschema import Draft202012Validator

from preflight.account.overlays.policy_overrides import Overrides
from preflight.account.snapshots.snapshot import Snapshot
from preflight.data_files import folder
from preflight.documents.plans.plan import Given, Plan
from preflight.documents.plans.requests import plan_of
from preflight.engine.result import Kind, Report, Verdict
from preflight.readiness.check import check
from preflight.readiness.least_privilege import needed_by
from preflight.readiness.settings import CheckSettings
from preflight.report.formats import rendered
from tests.readiness.derived.test_needs import SNAPSHOT, WHO, document

ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def plan(resources: Any, **whole: Any) -> Plan:
    found = plan_of([document("app.json", {"Resources": resources, **whole})])
    return replace(found, region="us-east-1", account="111122223333", principal=WHO)


def checked(resources: Any, *statements: Any, select: tuple[str, ...] = (), **settings: Any) -> Report:
    identity = document("policy.json", {"Version": "2012-10-17", "Statement": list(statements or (ALL,))})
    facts = Snapshot.load(document("snapshot.json", SNAPSHOT))
    given = CheckSettings(**settings)
    found = plan(resources) if isinstance(resources, dict) else resources
    return check(found, facts, select=select, overrides=Overrides(identity=(identity,)), settings=given)


def test_every_resource_has_a_result_and_the_report_counts_them() -> None:
    resources = {
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Wait": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Monitor": {"Type": "Example::Monitoring::Monitor"},
        "Made": {
            "Type": "Custom::Thing",
            "Properties": {"ServiceToken": "arn:aws:lambda:us-east-1:111122223333:function:f"},
        },
    }
    report = checked(resources)
    found = {each.subject: each.kind for each in report.results if each.rule == "PRE103"}
    assert found == {
        "app/Topic": Kind.PASS,
        "app/Wait": Kind.NOT_APPLICABLE,
        "app/Monitor": Kind.OPEN,
        "app/Made": Kind.PASS,
    }
    assert report.verdict is Verdict.OPEN
    assert report.coverage is not None
    assert (report.coverage.permissions, report.coverage.other, report.coverage.not_checked) == (2, 1, 1)
    schema = json.loads((folder("schemas") / "report.schema.json").read_text(encoding="utf-8"))
    assert [
        each.message for each in Draft202012Validator(schema).iter_errors(json.loads(rendered(report, "json")))
    ] == []
    text = rendered(report, "text")
    assert "2 of 3 resources checked (2 by permissions), 1 not checked: Example::Monitoring::Monitor" in " ".join(
        text.split()
    )


def test_what_goes_unchecked_can_be_accepted() -> None:
    resources = {"Topic": {"Type": "AWS::SNS::Topic"}, "M": {"Type": "Example::Monitoring::Monitor"}}
    report = checked(resources, select=("PRE103", "PRE110"), allow_unchecked=("Example::*",))
    assert report.verdict is Verdict.READY
    assert report.coverage is not None and report.coverage.not_checked == 1


def test_one_line_for_a_verdict_and_a_type_with_one_statement() -> None:
    resources = {name: {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}} for name in ("a", "b")}
    report = checked(resources, {"Effect": "Allow", "Action": "sns:*", "Resource": "*"}, select=("PRE110",))
    assert len([each for each in report.results if each.kind is Kind.FAIL]) == 2
    text = " ".join(rendered(report, "text").split())
    assert "AWS::SQS::Queue ×2 (a, b): not authorized: sqs:CreateQueue on a, b" in text
    assert text.count('"Effect": "Allow"') == 1


def test_what_may_be_needed_is_no_failure_and_needs_no_line_where_it_is_allowed() -> None:
    queue = {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}}}
    create = {"Effect": "Allow", "Action": "sqs:CreateQueue", "Resource": "arn:aws:sqs:us-east-1:111122223333:q"}
    report = checked(queue, create, select=("PRE110",))
    assert {each.kind for each in report.results} == {Kind.PASS, Kind.OPEN, Kind.NOT_APPLICABLE}
    assert {each.need.by for each in report.results if each.need is not None} == {"core", "rule"}
    allowed = checked(queue, ALL, select=("PRE110",))
    assert [each.need.action for each in allowed.results if each.need is not None] == ["sqs:CreateQueue"]


def test_a_condition_that_is_not_known_makes_no_failure() -> None:
    value = {
        "Parameters": {"P": {"Type": "String"}},
        "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}},
        "Resources": {"T": {"Type": "AWS::SNS::Topic", "Condition": "C"}},
    }
    found = replace(plan_of([document("t.json", value)]), region="us-east-1", account="111122223333", principal=WHO)
    report = checked(found, {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, select=("PRE110",))
    assert Kind.FAIL not in {each.kind for each in report.results}
    assert any("it depends on condition C" in each.message for each in report.results)


def test_tags_of_the_request_are_compared() -> None:
    topic = {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t", "Tags": [{"Key": "a", "Value": "b"}]}}}
    tagged = {**ALL, "Condition": {"StringEquals": {"aws:RequestTag/a": "b"}}}
    other = {**ALL, "Condition": {"StringEquals": {"aws:RequestTag/a": "c"}}}
    reads = {"Effect": "Allow", "Action": ["sns:Get*", "sns:List*"], "Resource": "*"}
    assert Kind.FAIL not in {each.kind for each in checked(topic, tagged, reads, select=("PRE110",)).results}
    assert Kind.FAIL in {each.kind for each in checked(topic, other, reads, select=("PRE110",)).results}


def test_nothing_to_check_is_ready_and_says_so() -> None:
    report = checked({"W": {"Type": "AWS::CloudFormation::WaitConditionHandle"}})
    assert report.verdict is Verdict.READY
    assert "nothing to check: the plan makes no AWS calls" in rendered(report, "text")


def test_the_policy_of_a_plan_has_what_its_resources_need_and_names_what_it_cannot_account_for() -> None:
    resources = {
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}},
        "M": {"Type": "Example::Monitoring::Monitor"},
    }
    needed = needed_by(plan(resources), Snapshot.load(document("snapshot.json", SNAPSHOT)))
    grants = {(each.grant.action, each.grant.resource) for each in needed.needs}
    assert ("sns:CreateTopic", "arn:aws:sns:us-east-1:111122223333:t") in grants
    assert any("app/M isn't accounted for" in each.message for each in needed.doubts)


def test_any_call_is_judged_by_its_model_and_its_permissions() -> None:
    found = plan_of([document("r.json", {"TableName": "t", "Items": 1})], "dynamodb:GetItem")
    found = replace(found, region="us-east-1", account="111122223333", principal=WHO)
    report = checked(found, {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"})
    by_rule = {rule: {each.kind for each in report.results if each.rule == rule} for rule in ("PRE110", "PRE303")}
    assert by_rule["PRE303"] == {Kind.FAIL}
    assert Kind.FAIL not in by_rule["PRE110"]
    assert any("table/t" in each.need.resource for each in report.results if each.need is not None)


def test_a_key_that_the_template_makes_is_held_to_its_own_policy() -> None:
    nobody = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"},
              "Action": "kms:*", "Resource": "*"}]}  # fmt: skip
    key = {"K": {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": True, "KeyPolicy": nobody}}}
    assert Kind.FAIL in {each.kind for each in checked(key, select=("PRE110",)).results}
    key["K"]["Properties"] = {"EnableKeyRotation": True}
    assert Kind.FAIL not in {each.kind for each in checked(key, select=("PRE110",)).results}


def test_an_update_asks_for_what_changes() -> None:
    def queue(name: str, delay: int) -> dict[str, Any]:
        return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, "DelaySeconds": delay}}

    before = {"Same": queue("s", 1), "Changed": queue("c", 1), "Renamed": queue("r", 1), "Gone": queue("g", 1)}
    after = {"Same": queue("s", 1), "Changed": queue("c", 2), "Renamed": queue("n", 1), "New": queue("w", 1)}
    given = Given(deployed=document("before.json", {"Resources": before}))
    found = plan_of([document("app.json", {"Resources": after})], given=given)
    assert {each.name: (each.handler, each.replaces) for each in found.resources} == {
        "app/Same": ("none", False),
        "app/Changed": ("update", False),
        "app/Renamed": ("create", True),
        "app/New": ("create", False),
        "app/Gone": ("delete", False),
    }
    report = checked(replace(found, region="us-east-1", account="111122223333", principal=WHO), select=("PRE110",))
    needed = {(each.subject, each.need.action) for each in report.results if each.need is not None}
    assert {("app/Changed", "sqs:SetQueueAttributes"), ("app/Gone", "sqs:DeleteQueue")} <= needed
    assert {("app/Renamed", "sqs:CreateQueue"), ("app/Renamed", "sqs:DeleteQueue")} <= needed
    changes = [{"ResourceChange": {"LogicalResourceId": "Changed", "Action": "Modify", "Replacement": "False",
                                   "Details": [{"Target": {"Name": "DelaySeconds"}}]}}]  # fmt: skip
    given = Given(deployed=document("changes.json", {"Changes": changes}))
    found = plan_of([document("app.json", {"Resources": after})], given=given)
    assert {each.handler for each in found.resources if each.name != "app/Changed"} == {"none"}


def test_a_name_that_a_loop_writes_is_referred_to() -> None:
    value = {
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"ParamA": {"Type": "String", "Default": "true"}},
        "Conditions": {
            "Fn::ForEach::Each": ["X", ["A"], {"Is${X}": {"Fn::Equals": [{"Ref": {"Fn::Sub": "Param${X}"}}, "true"]}}]
        },
        "Resources": {"T": {"Type": "AWS::SNS::Topic", "Condition": "IsA"}},
    }
    assert [each.depends_on for each in plan_of([document("t.json", value)]).resources] == [()]


def test_a_key_is_held_to_the_policy_of_the_template_and_to_no_other() -> None:
    root = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*"}
    policies = {
        "Root": {"Version": "2012-10-17", "Statement": [{**root, "Resource": "*"}]},
        "Malformed": {"Version": "2012-10-17", "Statements": [root]},
        "Text": "none",
        "Unknown": {"Ref": "P"},
    }
    resources = {
        name: {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}} for name, policy in policies.items()
    }
    found = plan({**resources, "Plain": {"Type": "AWS::KMS::Key"}}, Parameters={"P": {"Type": "String"}})
    report = checked(found, select=("PRE110",))
    kinds = {
        name: {each.kind for each in report.results if each.subject == f"app/{name}"} - {Kind.NOT_APPLICABLE}
        for name in (*resources, "Plain")
    }
    assert kinds["Root"] == kinds["Plain"] == {Kind.PASS}
    assert kinds["Malformed"] == kinds["Text"] == kinds["Unknown"] == {Kind.PASS, Kind.OPEN}


def _changed(type_: str, mode: str, action: str, **after: Any) -> Plan:
    change = {"actions": [action], "before": {}, "after": after, "after_unknown": {}}
    one = {"address": f"{type_}.it", "mode": mode, "type": type_, "name": "it", "change": change}
    said = {name: {"constant_value": value} for name, value in after.items()}
    whole = {
        "format_version": "1.2",
        "resource_changes": [one],
        "configuration": {"root_module": {"resources": [{**one, "expressions": said}]}},
    }
    return replace(plan_of([document("plan.json", whole)]), region="us-east-1", account="111122223333", principal=WHO)


def test_data_sources_are_known_by_the_call_that_reads_them() -> None:
    report = checked(_changed("aws_caller_identity", "data", "read"))
    assert not [each for each in report.results if each.kind in (Kind.OPEN, Kind.FAIL)]
    denied = {"Effect": "Deny", "Action": "ec2:DescribeAvailabilityZones", "Resource": "*"}
    report = checked(_changed("aws_availability_zones", "data", "read", state="available"), ALL, denied)
    assert [each.rule for each in report.results if each.kind is Kind.FAIL] == ["PRE110"]


def test_a_change_by_calls_that_are_not_known_is_not_passed() -> None:
    found = checked(_changed("aws_acmpca_permission", "managed", "update", actions=["IssueCertificate"]))
    assert [each.kind for each in found.results if each.rule == "PRE103"] == [Kind.OPEN]


def test_a_rule_is_of_the_default_bus_unless_it_names_another() -> None:
    given = {"ScheduleExpression": "rate(1 day)", "Name": "nightly"}
    resources = {
        "Default": {"Type": "AWS::Events::Rule", "Properties": given},
        "Own": {"Type": "AWS::Events::Rule", "Properties": {**given, "EventBusName": "orders"}},
    }
    report = checked(resources, {"Effect": "Allow", "Action": "sts:*", "Resource": "*"})
    found = {each.need.resource for each in report.results if each.need and each.need.action == "events:PutRule"}
    place = "arn:aws:events:us-east-1:111122223333:rule"
    assert found == {f"{place}/nightly", f"{place}/orders/nightly"}
