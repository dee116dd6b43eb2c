"""The command as a process of its own: exit codes, formats, options, and what it never does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.aws.account import populate
from tests.aws.control import StandIn
from tests.scenarios import breaking as b
from tests.scenarios.running import command


@pytest.fixture
def plan_file(tmp_path: Path) -> Any:
    def write(plan: dict[str, Any]) -> str:
        path = tmp_path / "plan.json"
        path.write_text(json.dumps(plan, indent=2), encoding="utf-8")
        return str(path)

    return write


def test_a_plan_that_will_work(aws: StandIn, plan_file: Any) -> None:
    plan = b.configured()(aws, populate(aws))
    outcome = command(aws, "check", plan_file(plan), "--format", "json")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.report["verdict"] == "ready"
    assert outcome.report["counts"]["fail"] == outcome.report["counts"]["open"] == 0


def test_a_plan_that_will_not_work_says_where(aws: StandIn, plan_file: Any) -> None:
    ready = populate(aws)
    path = plan_file(ready.plan(("sagemaker:CreateEndpoint", {**ready.request, "EndpointConfigName": "nowhere"})))
    outcome = command(aws, "check", path, "--format", "json", "--config-retries", "1", "--config-retry-delay", "0.01")
    assert outcome.code == 1
    assert outcome.report["verdict"] == "blocked"
    (result,) = outcome.of("PRE401")
    place = result["location"]
    assert (place["path"], place["pointer"]) == (path, "/requests/0/parameters/EndpointConfigName")
    line = Path(path).read_text(encoding="utf-8").splitlines()[place["line"] - 1]
    assert '"EndpointConfigName": "nowhere"' in line
    assert result["subject"] == "arn:aws:sagemaker:us-east-1:111122223333:endpoint-config/nowhere"


def test_what_is_open_is_not_ready_unless_it_is_allowed(aws: StandIn, plan_file: Any) -> None:
    path = plan_file(b.configured()(aws, populate(aws)))
    aws.deny("servicequotas:*")
    assert command(aws, "check", path).code == 3
    assert command(aws, "check", path, "--allow-open").code == 0


def test_text_names_the_failures_and_the_ways_out(aws: StandIn, plan_file: Any) -> None:
    ready = populate(aws)
    b.running("churn", "Failed")(aws, ready)
    outcome = command(aws, "check", plan_file(ready.plan()), "--color", "never")
    assert outcome.code == 1
    words = " ".join(outcome.out.split())
    assert "PRE302" in words
    assert "aws sagemaker delete-endpoint --endpoint-name churn" in words
    assert "\x1b[" not in outcome.out
    wide = [line for line in outcome.out.splitlines() if len(line) > 80 and " " in line.strip()]
    assert wide == []


def test_a_bare_request_takes_region_and_principal_from_options_or_credentials(aws: StandIn, plan_file: Any) -> None:
    ready = populate(aws)
    path = plan_file({"EndpointName": "churn", "EndpointConfigName": "churn-config"})
    outcome = command(aws, "check", path, "--format", "json", "--endpoint-url", aws.url, "--region", "us-east-1")
    assert outcome.report["plan"]["account"] == "111122223333"
    assert outcome.report["plan"]["principal"] == ready.principal
    assert outcome.kinds("PRE401") == ["pass"]


def test_a_check_only_reads(aws: StandIn, plan_file: Any) -> None:
    command(aws, "check", plan_file(populate(aws).plan()))
    reading = ("Describe", "List", "Get", "Head", "BatchGet")
    assert len(aws.calls) > 10
    assert [call.action for call in aws.calls if not call.operation.startswith(reading)] == []
