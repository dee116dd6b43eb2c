"""Live checks of stacks with hundreds of resources: what is asked of AWS, how long at most, and what is shown."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from preflight.api import check as check_plan
from tests.aws.control import StandIn
from tests.aws.state import ACCOUNT, REGION
from tests.scenarios.running import Outcome, command

DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/deployer"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = {"Version": "2012-10-17", "Statement": []}


@pytest.fixture
def deployer(aws: StandIn) -> StandIn:
    iam = aws.client("iam")
    iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="deployer", PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(TRUST))
    return aws


def of(type_: str, **properties: Any) -> dict[str, Any]:
    return {"Type": type_, "Properties": properties}


def wide(each: int) -> dict[str, Any]:
    """Return a template of six resources, `each` times, each with a name, that name what others name too."""
    resources: dict[str, Any] = {}
    for at in range(each):
        resources[f"Queue{at}"] = of("AWS::SQS::Queue", QueueName=f"queue-{at}")
        resources[f"Table{at}"] = of("AWS::DynamoDB::Table", TableName=f"table-{at}")
        resources[f"Logs{at}"] = of("AWS::Logs::LogGroup", LogGroupName=f"/app/{at}")
        resources[f"Bucket{at}"] = of("AWS::S3::Bucket", BucketName=f"bucket-of-the-app-{at}")
        resources[f"Topic{at}"] = of("AWS::SNS::Topic", TopicName=f"topic-{at}")
        worker = f"arn:aws:iam::{ACCOUNT}:role/worker"
        resources[f"Machine{at}"] = of("AWS::StepFunctions::StateMachine", StateMachineName=f"m-{at}", RoleArn=worker)
    return {"Resources": resources}


def run(aws: StandIn, folder: Path, template: Any, *options: str) -> Outcome:
    path = folder / "wide.json"
    path.write_text(json.dumps(template))
    return command(aws, "check", str(path), "--region", REGION, "--principal", DEPLOYER, "--format", "json", *options)


def test_each_thing_is_read_once(deployer: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in deployer.environment().items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "wide.json"
    path.write_text(json.dumps(wide(50)))
    deployer.calls.clear()
    shown: list[tuple[int, int]] = []
    report = check_plan(
        str(path), principal=DEPLOYER, region=REGION, progress=lambda done, total, _: shown.append((done, total))
    ).report
    assert [each.message for each in report.results if each.kind.value == "fail"] == []
    assert [each.message for each in report.results if each.kind.value == "open"] == []
    assert sum(each.rule == "PRE302" and each.kind.value == "pass" for each in report.results) == 300
    made = Counter((each.action, json.dumps(each.parameters, sort_keys=True)) for each in deployer.calls)
    # The bodies of S3's calls, which are told apart by their paths, are not in the log.
    assert [each for each, count in made.items() if count > 1 and not each[0].startswith("s3:")] == []
    counted = deployer.calls.count()
    # Each bucket, and how many the account has.
    assert sum(number for action, number in counted.items() if action.startswith("s3:")) == 51
    assert len(deployer.calls) < 350
    assert shown[-1] == (len(shown), len(shown)) and len(shown) > 300


def test_throttled_reads_are_made_again(deployer: StandIn, tmp_path: Path) -> None:
    deployer.throttle("sqs:*", 5)
    outcome = run(deployer, tmp_path, wide(10), "--select", "PRE302")
    assert outcome.kinds("PRE302") == ["pass"]


def test_the_time_given_bounds_it_all(deployer: StandIn, tmp_path: Path) -> None:
    deployer.latency(60, "sqs:*")
    began = time.monotonic()
    outcome = run(deployer, tmp_path, wide(20), "--timeout", "1", "--select", "PRE302")
    assert time.monotonic() - began < 40
    assert outcome.code == 3
    assert "AWS did not answer within the time given by --timeout" in outcome.said("PRE302", "open")


def test_cloud_control_tells_what_other_types_have(deployer: StandIn, tmp_path: Path) -> None:
    deployer.state.controlled["AWS::Athena::WorkGroup"] = {"taken"}
    resources = {
        "Taken": of("AWS::Athena::WorkGroup", Name="taken"),
        "Free": of("AWS::Athena::WorkGroup", Name="free"),
        "Other": of("AWS::Cassandra::Keyspace", KeyspaceName="other"),
    }
    deployer.calls.clear()
    outcome = run(deployer, tmp_path, {"Resources": resources}, "--select", "PRE302")
    assert {each["subject"]: each["kind"] for each in outcome.of("PRE302")} == {
        "wide/Taken": "fail",
        "wide/Free": "pass",
        "wide/Other": "notApplicable",
    }
    assert deployer.calls.count()["cloudcontrolapi:GetResource"] == 3


def test_what_cloud_control_may_not_tell_is_open(deployer: StandIn, tmp_path: Path) -> None:
    deployer.deny("cloudcontrolapi:*")
    resources = {"Group": of("AWS::Athena::WorkGroup", Name="group")}
    outcome = run(deployer, tmp_path, {"Resources": resources}, "--select", "PRE302")
    assert outcome.kinds("PRE302") == ["open"]
    assert "cloudformation:GetResource" in outcome.said("PRE302", "open")
