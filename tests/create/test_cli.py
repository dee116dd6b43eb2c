"""`preflight create`, the real command in a process of its own, for each way in which it can end."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.aws.account import Ready, populate
from tests.aws.control import StandIn
from tests.create.test_making import whole

CREATE = "sagemaker:CreateEndpoint"


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def results(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.out)["results"]
        return found

    def of(self, rule: str) -> list[dict[str, Any]]:
        return [result for result in self.results if result["rule"] == rule]

    def kinds(self, rule: str) -> list[str]:
        return [result["kind"] for result in self.of(rule)]


class Command:
    """Starts the command on a plan; every process is ended with the test."""

    def __init__(self, aws: StandIn, folder: Path) -> None:
        self.aws, self.folder = aws, folder
        self.started: list[subprocess.Popen[str]] = []

    def start(
        self,
        plan: dict[str, Any],
        *options: str,
        stdin: Any = subprocess.DEVNULL,
        to: Path | None = None,
        first: str = "",
    ) -> subprocess.Popen[str]:
        """Start it; `to` is a file for stdout in place of a pipe, `first` code that is run before the command."""
        run = ["-c", f"{first}from preflight.cli.app import main; main()"] if first else ["-m", "preflight"]
        file = self.folder / "plan.json"
        file.write_text(json.dumps(plan))
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        quick = ["--poll", "0.05", "--config-retries", "3", "--config-retry-delay", "0.05"]
        process = subprocess.Popen(
            [sys.executable, *run, "create", "plan.json", *quick, *options],
            cwd=self.folder,
            env={**kept, **self.aws.environment(), "AWS_MAX_ATTEMPTS": "2", "COLUMNS": "200"},
            stdin=stdin,
            stdout=subprocess.PIPE if to is None else os.open(to, os.O_WRONLY),
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def run(self, plan: dict[str, Any], *options: str) -> Ran:
        return self.end(self.start(plan, "--yes", "--format", "json", *options))

    def end(self, process: subprocess.Popen[str]) -> Ran:
        out, err = process.communicate(timeout=120)
        assert "Traceback" not in err, err
        return Ran(process.returncode, out, err)

    def interrupt(
        self, process: subprocess.Popen[str], when: Callable[[], object], times: int = 1, delay: float = 0.0
    ) -> Ran:
        until = time.monotonic() + 120
        while not when():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(delay)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.5 if times > 1 else 0)
        return self.end(process)


@pytest.fixture
def ready(aws: StandIn) -> Ready:
    return populate(aws, encrypted=False)


@pytest.fixture
def command(aws: StandIn, tmp_path: Path) -> Any:
    made = Command(aws, tmp_path)
    yield made
    for process in made.started:
        if process.poll() is None:
            process.kill()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        process.wait()


def seen(aws: StandIn, pattern: str, times: int = 1) -> Callable[[], bool]:
    return lambda: len(aws.calls.of(pattern)) >= times


def created(aws: StandIn, name: str = "churn") -> Callable[[], bool]:
    """Say that the endpoint is there and was looked at since."""

    def look() -> bool:
        calls = [call.operation for call in aws.calls if call.operation in ("CreateEndpoint", "DescribeEndpoint")]
        return aws.endpoint(name) is not None and "DescribeEndpoint" in calls[calls.index("CreateEndpoint") :]

    return look


def test_in_service(aws: StandIn, ready: Ready, command: Command) -> None:
    ran = command.run(ready.plan())
    assert ran.code == 0, ran
    assert json.loads(ran.out)["verdict"] == "ready"
    assert (ran.kinds("PRE901"), ran.kinds("PRE902")) == (["pass"], ["pass"])
    assert ran.of("PRE902")[0]["subject"] == "arn:aws:sagemaker:us-east-1:111122223333:endpoint/churn"
    assert "Creating" in ran.err
    assert aws.endpoint("churn")["EndpointStatus"] == "InService"  # type: ignore[index]


def test_the_model_and_the_configuration_too(aws: StandIn, ready: Ready, command: Command) -> None:
    ran = command.run(ready.plan(*whole(ready, team="ml")))
    assert ran.code == 0, ran
    assert ran.kinds("PRE901") == ["pass"] * 3
    arn = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/churn-new"
    tags = aws.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]
    assert tags == [{"Key": "team", "Value": "ml"}]


def test_failed_with_the_reason_explained(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.fail_endpoint("churn", "The primary container for production variant blue did not pass the ping health check.")
    ran = command.run(ready.plan())
    assert ran.code == 4
    (result,) = ran.of("PRE902")
    assert result["kind"] == "fail"
    assert "did not pass the ping health check" in result["message"]
    assert "port 8080" in result["remedy"]
    assert "aws sagemaker delete-endpoint --endpoint-name churn --region us-east-1" in ran.err


def test_a_failure_is_explained_by_our_own_checks(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.fail_endpoint("churn", 'Failed to download model data for container "container_1" from URL "s3://x".')
    aws.state.courses["churn"].hold = True
    process = command.start(ready.plan(), "--yes", "--format", "json", "--poll", "1")
    until = time.monotonic() + 120
    while aws.endpoint("churn") is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    aws.client("s3").delete_object(Bucket=ready.bucket, Key=ready.artifact)
    aws.release_endpoint("churn")
    ran = command.end(process)
    assert ran.code == 4
    assert ran.kinds("PRE902") == ["fail"]
    assert "fail" in ran.kinds("PRE403")


def test_the_time_is_for_the_check_too(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.hang("sagemaker:Describe*", seconds=120)
    begun = time.monotonic()
    ran = command.run(ready.plan(), "--timeout", "2")
    assert (ran.code, time.monotonic() - begun < 100) == (3, True), ran
    assert "within the time given by --timeout" in ran.out
    assert not aws.calls.of(CREATE)


def test_time_is_up_and_a_second_run_goes_on(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.hold_endpoint("churn")
    # On a busy machine the checks alone may take what is not too long to wait for in a test.
    soon = (
        "import time, preflight.create.creation as c\nfollow = c.follow\n"
        "def late(aws, *given):\n    aws.until = min(aws.until, time.monotonic() + 3)\n    return follow(aws, *given)\n"
        "c.follow = late\n"
    )
    ran = command.end(command.start(ready.plan(), "--yes", "--format", "json", "--timeout", "100", first=soon))
    assert ran.code == 4
    (result,) = ran.of("PRE902")
    assert (result["kind"], "still Creating" in result["message"]) == ("open", True)
    assert "aws sagemaker wait endpoint-in-service --endpoint-name churn --region us-east-1" in result["remedy"]
    aws.release_endpoint("churn")
    again = command.run(ready.plan())
    assert again.code == 0, again
    assert "already exists" in again.of("PRE901")[0]["message"]
    assert len(aws.calls.of(CREATE)) == 1


def test_not_waited_for(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.hold_endpoint("churn")
    ran = command.run(ready.plan(), "--no-wait")
    assert ran.code == 0, ran
    assert (ran.kinds("PRE901"), ran.kinds("PRE902")) == (["pass"], ["notApplicable"])


def test_refused_by_a_check(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.client("sagemaker").delete_endpoint_config(EndpointConfigName=ready.config)
    ran = command.run(ready.plan())
    assert ran.code == 1
    assert "fail" in ran.kinds("PRE401")
    assert not ran.of("PRE901")
    assert not aws.calls.of("sagemaker:Create*")


def test_refused_while_something_is_open_unless_allowed(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.deny("servicequotas:*")
    ran = command.run(ready.plan())
    assert ran.code == 3
    assert "open" in ran.kinds("PRE501")
    assert not aws.calls.of(CREATE)
    ran = command.run(ready.plan(), "--allow-open")
    assert ran.code == 0, ran
    assert ran.kinds("PRE902") == ["pass"]


def test_nobody_to_ask(aws: StandIn, ready: Ready, command: Command) -> None:
    ran = command.end(command.start(ready.plan()))
    assert ran.code == 2
    assert "--yes" in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert not len(aws.calls)


@pytest.mark.parametrize(("answer", "code", "made"), [("n\n", 1, 0), ("\n", 1, 0), ("y\n", 0, 1)])
def test_asked(aws: StandIn, ready: Ready, command: Command, answer: str, code: int, made: int) -> None:
    ours, theirs = pty.openpty()
    try:
        process = command.start(ready.plan(), stdin=theirs)
        os.write(ours, answer.encode())
        ran = command.end(process)
    finally:
        os.close(ours)
        os.close(theirs)
    assert ran.code == code, ran
    assert "Create endpoint `churn` in account 111122223333, us-east-1? [y/N]" in ran.err
    assert len(aws.calls.of(CREATE)) == made


def test_denied_at_the_call(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.deny(CREATE, because="with an explicit deny in a service control policy")
    ran = command.run(ready.plan())
    assert ran.code == 4
    (result,) = ran.of("PRE901")
    assert result["kind"] == "fail"
    assert "a service control policy denies sagemaker:CreateEndpoint" in result["message"]
    assert "management account" in result["remedy"]
    assert not ran.of("PRE902")


def test_denied_at_the_call_and_our_own_checks_say_why(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.latency(120, CREATE)
    aws.deny(CREATE)
    process = command.start(ready.plan(), "--yes", "--format", "json")
    until = time.monotonic() + 120
    while not aws.calls.of(CREATE):
        assert time.monotonic() < until
        time.sleep(0.01)
    aws.client("iam").delete_role_policy(RoleName="deployer", PolicyName="deploy")
    aws.mend()  # which ends the wait; this call is denied all the same
    ran = command.end(process)
    assert ran.code == 4
    assert ran.kinds("PRE901") == ["fail"]
    assert "fail" in ran.kinds("PRE110")


def test_over_quota_at_the_call(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.latency(120, CREATE)
    process = command.start(ready.plan(), "--yes", "--format", "json")
    until = time.monotonic() + 120
    while not aws.calls.of(CREATE):
        assert time.monotonic() < until
        time.sleep(0.01)
    aws.quota("ml.m5.xlarge for endpoint usage", 1)
    aws.mend()
    ran = command.end(process)
    assert ran.code == 4
    (result,) = ran.of("PRE901")
    assert "2 more requested, 1 available: 0 of 1 of the quota 'ml.m5.xlarge for endpoint usage'" in result["message"]
    assert "at least 2 of 'ml.m5.xlarge for endpoint usage'" in result["remedy"]
    assert "fail" in ran.kinds("PRE501")


def test_a_configuration_that_is_not_seen_yet(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.stale(creates=2)
    ran = command.run(ready.plan())
    assert ran.code == 0, ran
    assert "trying again" in ran.err
    assert len(aws.calls.of(CREATE)) == 3


def test_a_configuration_that_is_never_seen(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.stale(creates=99)
    ran = command.run(ready.plan())
    assert ran.code == 4
    (result,) = ran.of("PRE901")
    assert "Could not find endpoint configuration" in result["message"]
    assert "tried 4 times" in result["message"]
    assert "run the same command again" in result["remedy"]


def test_throttled(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.throttle(CREATE)
    ran = command.run(ready.plan())
    assert ran.code == 4
    assert "ThrottlingException" in ran.of("PRE901")[0]["message"]
    assert aws.endpoint("churn") is None


def test_it_vanishes(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.endpoint_goes("Creating", "gone")
    ran = command.run(ready.plan())
    assert ran.code == 4
    assert "it was deleted" in ran.of("PRE902")[0]["message"]


def test_progress_that_may_not_be_read(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.hold_endpoint()  # or a busy machine sees it in service before it is denied
    process = command.start(ready.plan(), "--yes", "--format", "json", "--poll", "1")
    until = time.monotonic() + 120
    while aws.endpoint("churn") is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    aws.deny("sagemaker:DescribeEndpoint")
    ran = command.end(process)
    assert ran.code == 3
    assert ran.kinds("PRE902") == ["open"]


def test_rolled_back(aws: StandIn, ready: Ready, command: Command) -> None:
    requests = whole(ready)
    aws.client("sagemaker").create_model(**requests[0][1])
    aws.fail_endpoint("churn-new", "Unable to provision requested ML compute capacity.")
    ran = command.run(ready.plan(*requests), "--rollback")
    assert ran.code == 4
    assert aws.endpoint("churn-new") is None
    sagemaker = aws.client("sagemaker")
    assert [each["EndpointConfigName"] for each in sagemaker.list_endpoint_configs()["EndpointConfigs"]] == [
        ready.config
    ]
    assert {each["ModelName"] for each in sagemaker.list_models()["Models"]} == {ready.model, "churn-new"}
    assert "deleted again" in ran.of("PRE902")[0]["message"]


def test_an_update_is_followed_and_a_second_run_knows_it(aws: StandIn, ready: Ready, command: Command) -> None:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_endpoint(**ready.request)
    sagemaker.describe_endpoint(EndpointName="churn")
    sagemaker.create_endpoint_config(**{**ready.config_request, "EndpointConfigName": "churn-2"})
    plan = ready.plan(("sagemaker:UpdateEndpoint", {"EndpointName": "churn", "EndpointConfigName": "churn-2"}))
    ran = command.run(plan)
    assert ran.code == 0, ran
    assert "Updating" in ran.err
    assert sagemaker.describe_endpoint(EndpointName="churn")["EndpointConfigName"] == "churn-2"
    again = command.run(plan)
    assert again.code == 0, again
    assert len(aws.calls.of("sagemaker:UpdateEndpoint")) == 1


@pytest.mark.parametrize("pattern", ["sts:GetCallerIdentity", "sagemaker:DescribeEndpointConfig"])
def test_interrupted_before_the_call(aws: StandIn, ready: Ready, command: Command, pattern: str) -> None:
    aws.hang(pattern)
    process = command.start(ready.plan(), "--yes", "--format", "json")
    ran = command.interrupt(process, seen(aws, pattern))
    assert ran.code == 130, ran
    assert "No call was made that changes anything" in ran.err
    assert not aws.calls.of(CREATE)
    (result,) = ran.of("PRE901")
    assert json.loads(ran.out)["verdict"] == result["kind"] == "open"
    assert result["message"].startswith("CreateEndpoint was not called")
    assert result["message"].endswith(": the run was interrupted") and result["location"]["path"] == "plan.json"


def test_interrupted_while_asking(aws: StandIn, ready: Ready, command: Command) -> None:
    ours, theirs = pty.openpty()
    try:
        process = command.start(ready.plan(), stdin=theirs)
        ran = command.interrupt(process, seen(aws, "servicequotas:*"), delay=2.0)
    finally:
        os.close(ours)
        os.close(theirs)
    assert ran.code == 130, ran
    assert "No call was made that changes anything" in ran.err
    assert not aws.calls.of(CREATE)


def test_interrupted_during_the_call(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.hold_endpoint("churn")
    aws.latency(1.0, CREATE)
    process = command.start(ready.plan(), "--yes", "--format", "sarif")
    ran = command.interrupt(process, seen(aws, CREATE))
    assert ran.code == 130, ran
    (run,) = json.loads(ran.out)["runs"]
    (last,) = [each["message"]["text"] for each in run["results"] if each["ruleId"] == "PRE902"]
    assert last.startswith("UNKNOWN: endpoint `churn` was Creating when the run was interrupted")
    assert "endpoint `churn` exists, status Creating" in ran.err
    assert "preflight create plan.json" in ran.err
    assert "aws sagemaker delete-endpoint --endpoint-name churn --region us-east-1" in ran.err


def test_interrupted_twice_while_aws_is_silent(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.hang(CREATE)
    process = command.start(ready.plan(), "--yes", "--format", "junit")
    begun = time.monotonic()
    ran = command.interrupt(process, seen(aws, CREATE), times=2)
    assert ran.code == 130, ran
    assert time.monotonic() - begun < 30
    (case,) = [each for each in ElementTree.fromstring(ran.out).iter("testcase") if "PRE901" in str(each.attrib)]
    said = "".join(case.itertext())
    assert "the outcome of CreateEndpoint for endpoint `churn` is unknown: the run was interrupted before" in said
    assert "Look: aws sagemaker describe-endpoint --endpoint-name churn" in said and "delete-endpoint" in said
    assert "endpoint `churn`" in ran.err


def test_interrupted_while_following_and_a_second_run_goes_on(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.hold_endpoint("churn-new")
    plan = ready.plan(*whole(ready, team="ml"))
    process = command.start(plan, "--yes", "--format", "json", "--output", "report.json")
    ran = command.interrupt(process, created(aws, "churn-new"))
    assert ran.code == 130, ran
    report = Ran(130, (command.folder / "report.json").read_text(), "")
    assert (report.kinds("PRE901"), report.kinds("PRE902")) == (["pass"] * 3, ["open"])
    assert "pass" in report.kinds("PRE120")
    assert (ran.out, json.loads(report.out)["verdict"]) == ("", "open")
    assert "it continues with this one" in report.of("PRE902")[0]["remedy"]
    for what in ("model `churn-new` exists", "configuration `churn-new` exists", "endpoint `churn-new` exists, status"):
        assert what in ran.err
    undo = [line.split()[2] for line in ran.err.splitlines() if line.startswith("  aws sagemaker delete-")]
    assert undo == ["delete-endpoint", "delete-endpoint-config", "delete-model"]
    aws.release_endpoint("churn-new")
    again = command.run(plan)
    assert again.code == 0, again
    counts = aws.calls.count()
    assert [counts[f"sagemaker:Create{what}"] for what in ("Model", "EndpointConfig", "Endpoint")] == [1, 1, 1]


def test_a_plan_for_another_account(aws: StandIn, ready: Ready, command: Command) -> None:
    plan = {**ready.plan(), "account": "444455556666"}
    del plan["principal"]
    ran = command.run(plan)
    assert ran.code == 2
    assert "444455556666" in ran.err
    assert not aws.calls.of(CREATE)


def test_a_place_where_no_report_can_be_written(aws: StandIn, ready: Ready, command: Command) -> None:
    ran = command.run(ready.plan(), "--output", "missing/report.json")
    assert ran.code == 2
    assert "missing/report.json" in ran.err
    assert not len(aws.calls)


def test_the_report_in_a_file(aws: StandIn, ready: Ready, command: Command) -> None:
    ran = command.run(ready.plan(), "--output", "report.json", "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert json.loads((command.folder / "report.json").read_text())["verdict"] == "ready"


def test_every_result_and_what_it_cost(aws: StandIn, ready: Ready, command: Command) -> None:
    ran = command.end(command.start(ready.plan(), "--yes", "--verbose", "--color", "always"))
    assert ran.code == 0
    assert "\x1b[32mpass\x1b[0m  PRE121" in ran.out
    assert "n/a " in ran.out
    assert "requests to AWS" in ran.err and "the longest chain" in ran.err
    plain = command.end(command.start(ready.plan(), "--yes", "--color", "never"))
    assert "\x1b" not in plain.out + plain.err


def test_what_was_read_before_the_calls_is_not_shown_again(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.fail_endpoint("churn")
    ran = command.end(command.start(ready.plan(), "--yes", "--rollback"))
    assert ran.code == 4
    assert ran.out.count("pass  PRE401") == 1
    assert ran.out.index("READY: ") < ran.out.index("FAIL  PRE902") < ran.out.index("BLOCKED: 1 failed, 1 passed")
    assert "plan.json:1:" in ran.out[ran.out.index("PRE902") :]
    words = " ".join(ran.out.split())
    assert "did not start; it was deleted again" in words and "Before another try" not in words


def test_a_report_for_a_build_service(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.fail_endpoint("churn")
    ran = command.end(command.start(ready.plan(), "--yes", "--format", "github"))
    assert ran.code == 4
    *annotations, last = ran.out.splitlines()
    assert [line.split("::")[1].rsplit("=", 1)[-1] for line in annotations] == ["PRE902 endpoint-in-service"]
    assert last.startswith("BLOCKED: 1 failed, ")
    ran = command.end(command.start(ready.plan(), "--yes", "--format", "yaml"))
    assert ran.code == 2 and "unknown format 'yaml'" in ran.err


def test_a_closed_standard_output_does_not_hide_what_exists(aws: StandIn, ready: Ready, command: Command) -> None:
    process = command.start(ready.plan(*whole(ready)), "--yes", "--format", "json")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(timeout=120) == 0
    assert "endpoint `churn-new` is created" in err and "is InService" in err and "Traceback" not in err


def test_a_full_disk_does_not_hide_what_exists(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.fail_endpoint("churn-new")
    process = command.start(ready.plan(*whole(ready)), "--yes", to=Path("/dev/full"))
    _, err = process.communicate(timeout=120)
    assert process.returncode == 4 and "Traceback" not in err
    assert "AWS accepted CreateModel: model `churn-new` is created" in err
    assert "aws sagemaker delete-model --model-name churn-new" in err


def test_a_model_that_another_run_uses_by_now_is_left(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.fail_endpoint("churn-new")
    aws.state.courses["churn-new"].hold = True
    first = command.start(ready.plan(*whole(ready)), "--yes", "--format", "json", "--rollback")
    until = time.monotonic() + 30
    while not created(aws, "churn-new")():
        assert time.monotonic() < until
        time.sleep(0.01)
    model, (_, config), _ = whole(ready)
    config = {**config, "EndpointConfigName": "churn-other"}
    endpoint = {"EndpointName": "churn-other", "EndpointConfigName": "churn-other"}
    shared = ready.plan(model, ("sagemaker:CreateEndpointConfig", config), (CREATE, endpoint))
    assert command.run(shared).code == 0
    aws.release_endpoint("churn-new")
    ran = command.end(first)
    assert ran.code == 4, ran
    assert "model `churn-new` is not deleted: endpoint configuration `churn-other` uses it" in ran.err
    assert "may use it:\n  model `churn-new`: endpoint configuration `churn-other` uses it; look: aws" in ran.err
    assert "to delete it:" not in ran.err and "(not deleted again: endpoint" in ran.of("PRE901")[0]["message"]
    assert aws.client("sagemaker").describe_model(ModelName="churn-new")


def test_what_may_exist_is_listed(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.lose_answer(CREATE)
    aws.error("sagemaker:DescribeEndpoint", "ValidationException", 'Could not find endpoint "churn-new".')
    ran = command.run(ready.plan(*whole(ready)), "--rollback")
    assert ran.code == 4
    assert ran.kinds("PRE901") == ["pass", "pass", "open"]
    assert "May exist because of this run:\n  endpoint `churn-new` may exist; look: aws sagemaker describe" in ran.err
    assert not [call for call in aws.calls if call.operation.startswith("Delete")]


def test_an_error_of_the_machine_does_not_hide_what_exists(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.hold_endpoint("churn")
    broken = "import preflight.create.creation as c\ndef follow(*_): raise MemoryError()\nc.follow = follow\n"
    process = command.start(ready.plan(), "--yes", "--format", "json", first=broken)
    ran = command.end(process)
    assert ran.code == 70
    assert ran.of("PRE902")[0]["message"] == "endpoint `churn` was Creating when an error stopped the run"
    assert "Stopped by an error. Calls of this run:\n  endpoint `churn` exists, status Creating" in ran.err
    assert "internal error: MemoryError" in ran.err


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_what_a_build_service_or_a_closed_terminal_stops_is_said(
    aws: StandIn, ready: Ready, command: Command, name: str
) -> None:
    aws.hold_endpoint("churn")
    process = command.start(ready.plan(), "--yes")
    until = time.monotonic() + 120
    while not created(aws)():
        assert time.monotonic() < until
        time.sleep(0.01)
    for each in (name, "SIGINT"):  # some send two at once
        process.send_signal(getattr(signal, each))
    ran = command.end(process)
    assert ran.code == 130, ran
    assert "endpoint `churn` exists, status Creating" in ran.err and "preflight create plan.json" in ran.err


def test_a_run_that_nobody_reads_is_carried_out_all_the_same(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.fail_endpoint("churn-new")
    process = command.start(ready.plan(*whole(ready)), "--yes", "--rollback")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    process.stderr.close()
    assert process.wait(timeout=120) == 4
    assert aws.endpoint("churn-new") is None and aws.calls.of("sagemaker:DeleteModel")


def test_an_interruption_of_the_report_leaves_no_part_of_it(aws: StandIn, ready: Ready, command: Command) -> None:
    aws.hold_endpoint("churn")
    late = "import os\ndef fsync(*_): raise KeyboardInterrupt\nos.fsync = fsync\n"
    process = command.start(ready.plan(), "--yes", "--format", "json", "--output", "report.json", first=late)
    ran = command.interrupt(process, created(aws))
    assert ran.code == 130, ran
    assert "endpoint `churn` exists, status Creating" in ran.err
    assert [each.name for each in command.folder.iterdir()] == ["plan.json"]


def test_an_interruption_of_the_report_does_not_hide_what_exists(aws: StandIn, ready: Ready, command: Command) -> None:
    late = "import preflight.cli.create as c\ndef rendered(*_): raise KeyboardInterrupt\nc.rendered = rendered\n"
    ran = command.end(command.start(ready.plan(), "--yes", "--format", "json", first=late))
    assert ran.code == 130
    assert "AWS accepted CreateEndpoint: endpoint `churn` is created" in ran.err and "is InService" in ran.err
