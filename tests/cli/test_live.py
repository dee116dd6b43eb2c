"""`preflight check` on a live account: what it asks, what it says of that, and what it shows meanwhile."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.aws.account import Ready, populate
from tests.aws.control import StandIn
from tests.scenarios.running import Outcome, command

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def ready(aws: StandIn) -> Ready:
    return populate(aws, encrypted=False)


@pytest.fixture
def check(aws: StandIn, ready: Ready, tmp_path: Path) -> Any:
    def go(*options: str, document: dict[str, Any] | None = None) -> Outcome:
        path = tmp_path / "plan.json"
        path.write_text(json.dumps(document or ready.plan()))
        return command(aws, "check", str(path), *options)

    return go


def test_verbose_says_what_was_asked_and_how_long_the_longest_chain_was(aws: StandIn, check: Any) -> None:
    outcome = check("--verbose", "--format", "json")
    assert outcome.code == 0 and outcome.report["verdict"] == "ready"
    said = re.fullmatch(
        r"(\d+) requests to AWS \((.*)\); the longest chain: (\d+) calls one after another, [\d.]+ s\n", outcome.err
    )
    assert said, outcome.err
    assert int(said[1]) == len(aws.calls) == sum(int(each.rpartition(" ")[2]) for each in said[2].split(", "))
    assert int(said[3]) <= 6


def test_who_calls_is_found_out_while_the_rest_is_read(aws: StandIn, ready: Ready, check: Any) -> None:
    outcome = check("--verbose", "--format", "json", "--region", "us-east-1", document=ready.request)
    assert outcome.report["plan"]["principal"] == ready.principal
    chain = re.search(r"chain: (\d+) calls", outcome.err)
    assert chain and int(chain[1]) <= 6
    described = [call for call in aws.calls if call.operation == "DescribeEndpointConfig"]
    assert len(described) == 1, "no read is repeated"


def test_stale_reads_are_made_again_and_counted(aws: StandIn, check: Any) -> None:
    aws.stale(reads=2)
    outcome = check("--format", "json", "--config-retry-delay", "0.01")
    assert outcome.kinds("PRE401") == ["pass"] and "after 3 reads" in outcome.said("PRE401", "pass")
    aws.stale(reads=2)
    outcome = check("--format", "json", "--config-retries", "1", "--config-retry-delay", "0.01")
    assert outcome.kinds("PRE401") == ["fail"] and "after 2 reads" in outcome.said("PRE401", "fail")


def test_the_same_results_in_the_same_order_every_time(check: Any) -> None:
    first, second = check("--format", "json"), check("--format", "json")
    assert first.report == second.report
    rules = [each["rule"] for each in first.report["results"]]
    assert rules == sorted(rules)


def test_credentials_of_another_account_than_the_plans(aws: StandIn, ready: Ready, check: Any) -> None:
    other = {**ready.plan(), "account": "444455556666", "principal": "arn:aws:iam::444455556666:role/deployer"}
    outcome = check(document=other)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.count("\n") == 1
    assert "111122223333" in outcome.err and "444455556666" in outcome.err


def test_an_endpoint_url_that_is_none(check: Any) -> None:
    outcome = check("--endpoint-url", "localhost")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)


def test_progress_is_for_terminals_and_leaves_nothing(aws: StandIn, ready: Ready, tmp_path: Path) -> None:
    aws.latency(0.2)
    shown = _on_a_terminal(aws, ready, tmp_path)
    assert "asking AWS" in shown or "checked " in shown
    # The bar is drawn on a line that is erased at the end, and the cursor is shown again.
    assert shown.rstrip().endswith("\x1b[2K") and "\x1b[?25h" in shown
    assert _on_a_terminal(aws, ready, tmp_path, "--quiet") == ""


def _on_a_terminal(aws: StandIn, ready: Ready, folder: Path, *options: str) -> str:
    """Run a check whose stderr is a terminal; return what that showed."""
    (folder / "plan.json").write_text(json.dumps(ready.plan()))
    ours, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm", **aws.environment()}
    process = subprocess.Popen(
        [sys.executable, "-m", "preflight", "check", "plan.json", *options],
        stdout=subprocess.DEVNULL, stderr=theirs, stdin=subprocess.DEVNULL, cwd=folder, env=environment,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert process.wait(60) == 0
    return shown.decode()


@pytest.mark.slow
def test_an_interruption_ends_at_once(aws: StandIn, ready: Ready, tmp_path: Path) -> None:
    aws.latency(120)
    (tmp_path / "plan.json").write_text(json.dumps(ready.plan()))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **aws.environment()}
    process = subprocess.Popen(
        [sys.executable, "-m", "preflight", "check", "plan.json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment,
    )  # fmt: skip
    until = time.monotonic() + 60
    while not aws.calls:
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == "preflight: interrupted; a check only reads, so nothing has changed\n"
