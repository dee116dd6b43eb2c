"""Whatever is read, given or answered: never a defect (exit 70), never without end. A few in each run, many at night.

Another range of documents: `FUZZ_FROM=50000 FUZZ_COUNT=2000 pytest tests/fuzz -m nightly`. A document that fails is
kept in the temporary folder that pytest names.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from preflight.errors import PreflightError
from preflight.mcp.inputs import Roots
from preflight.mcp.tools import Facts, Tools
from preflight.server.diagnostics import diagnostics, looked_at
from preflight.server.fixes import all_edits
from tests.aws.account import Ready, populate
from tests.aws.answers import Answer
from tests.aws.control import StandIn
from tests.fuzz.bounds import SECONDS, at_most, ended
from tests.fuzz.modelled import asked_once
from tests.fuzz.mutating import Mutator
from tests.fuzz.spoiling import spoil

ROOT = Path(__file__).parents[2]
FEW, MANY = 25, 1000
FROM = int(os.environ.get("FUZZ_FROM", "0"))
SNAPSHOT = ROOT / "examples" / "snapshot.json"
REQUEST = str(ROOT / "examples" / "create-endpoint.json")
DEPLOYER = "arn:aws:iam::111122223333:role/deployer"
OFFLINE = ("--snapshot", str(SNAPSHOT), "--principal", DEPLOYER, "--region", "us-east-1")
TEMPLATE = str(ROOT / "examples" / "cloudformation" / "endpoint.yaml")
CASES = str(ROOT / "examples" / "policies" / "cases.yaml")
ASSEMBLY = ROOT / "examples" / "cdk" / "cdk.out"
SEEDS: dict[str, Any] = json.loads((Path(__file__).parent / "seeds.json").read_text())
SEEDS["assembly"] = json.loads((ASSEMBLY / "manifest.json").read_text())
RULE = yaml.safe_load(next((ROOT / "rules" / "lint").rglob("*.yaml")).read_text())

ACCOUNT = json.loads(SNAPSHOT.read_text())
# What reads it, its seed and the file that it stands in.
READERS: dict[str, tuple[Any, str, tuple[str, ...]]] = {
    "lint a policy": (SEEDS["policy"], "x.json", ("lint", "--no-cache", "x.json", "--format", "json")),
    "lint a policy as text": (SEEDS["policy"], "x.json", ("lint", "--no-cache", "x.json")),
    "lint and fix": (SEEDS["policy"], "x.json", ("lint", "--no-cache", "x.json", "--diff")),
    "lint a trust policy": (SEEDS["policy"], "x.yaml", ("lint", "--no-cache", "x.yaml", "--type", "trust")),
    "lint a template": (SEEDS["template"], "x.json", ("lint", "--no-cache", "x.json", "--format", "junit")),
    "lint SAM": (SEEDS["sam"], "x.yaml", ("lint", "--no-cache", "x.yaml")),
    "lint serverless": (SEEDS["serverless"], "serverless.yml", ("lint", "--no-cache", "serverless.yml")),
    "lint Terraform": (SEEDS["terraform"], "x.json", ("lint", "--no-cache", "x.json")),
    "lint a snapshot": (ACCOUNT, "x.json", ("lint", "--no-cache", "x.json")),
    "own rules": (RULE, "x.yaml", ("lint", "--no-cache", "--rules", ".", str(ROOT / "examples" / "snapshot.json"))),
    "a baseline": (SEEDS["baseline"], "x.json", ("lint", "--no-cache", str(SNAPSHOT), "--baseline", "x.json")),
    "check a plan": (SEEDS["plan"], "x.json", ("check", "x.json", *OFFLINE)),
    "check a template": (SEEDS["template"], "x.json", ("check", "x.json", *OFFLINE, "--format", "json")),
    "check SAM": (SEEDS["sam"], "x.json", ("check", "x.json", *OFFLINE)),
    "check Terraform": (SEEDS["terraform"], "x.json", ("check", "x.json", *OFFLINE)),
    "check on a snapshot": (ACCOUNT, "x.json", ("check", REQUEST, "--snapshot", "x.json", *OFFLINE[2:])),
    "policy for a template": (SEEDS["template"], "x.json", ("policy", "x.json", *OFFLINE)),
    "audit a snapshot": (ACCOUNT, "x.json", ("audit", "--snapshot", "x.json", "--format", "json")),
    "simulate": (SEEDS["case"], "x.json", ("simulate", "x.json", "--format", "jsonl")),
    "simulate as text": (SEEDS["case"], "x.yaml", ("simulate", "x.yaml")),
    "prove": (SEEDS["policy"], "x.json", ("prove", "not-public", "x.json", "--type", "resource")),
    "prove another": (SEEDS["policy"], "x.json", ("prove", "no-new-access", str(ROOT / "examples"), "x.json")),
    "why": (SEEDS["trail"], "x.json", ("why", "x.json")),
    "why of a log": (SEEDS["messages"], "x.log", ("why", "x.log", "--format", "json", "--snapshot", str(SNAPSHOT))),
    "lint Terraform's files": (SEEDS["hcl"], "x.tf", ("lint", "--no-cache", "x.tf")),
    "check Terraform's files": (SEEDS["hcl"], "x.tf", ("check", "x.tf", *OFFLINE)),
    "lint an assembly": (SEEDS["assembly"], "cdk.out/manifest.json", ("lint", "--no-cache", "cdk.out")),
    "check an assembly": (SEEDS["assembly"], "cdk.out/manifest.json", ("check", "cdk.out", *OFFLINE)),
    "lint a compressed snapshot": (ACCOUNT, "x.json.gz", ("lint", "--no-cache", "x.json.gz")),
    "lint authorization details": (SEEDS["details"], "x.json", ("lint", "--no-cache", "x.json")),
    "a snapshot of answers": (SEEDS["details"], "x.json", ("snapshot", "--output", "s.json", "--from-files", "x.json")),
    "parameters": (SEEDS["parameters"], "x.json", ("check", TEMPLATE, *OFFLINE, "--parameters", "x.json")),
    "a deployed template": (SEEDS["template"], "x.json", ("check", TEMPLATE, *OFFLINE, "--deployed", "x.json")),
    "a policy in place": (SEEDS["policy"], "x.json", ("check", REQUEST, *OFFLINE, "--identity-policy", "x.json")),
    "a boundary in place": (SEEDS["policy"], "x.json", ("check", REQUEST, *OFFLINE, "--boundary", "x.json")),
    "an SCP in place": (SEEDS["policy"], "x.json", ("check", REQUEST, *OFFLINE, "--scp", "x.json")),
    "a session policy": (SEEDS["policy"], "x.json", ("check", REQUEST, *OFFLINE, "--session-policy", "x.json")),
    "a role to compare": (ACCOUNT, "x.json", ("policy", REQUEST, "--diff", DEPLOYER, "--snapshot", "x.json")),
    "lines of cases": ([SEEDS["case"]] * 3, "x.jsonl", ("simulate", "x.jsonl", "--format", "jsonl")),
    "compressed lines": ([SEEDS["case"]] * 3, "x.jsonl.gz", ("simulate", "x.jsonl.gz", "--format", "junit")),
    "cases on a snapshot": (ACCOUNT, "x.json", ("simulate", CASES, "--snapshot", "x.json", "--coverage")),
    "settings": (SEEDS["settings"], "preflight.toml", ("lint", "--no-cache", str(SNAPSHOT))),
    "settings of an audit": (SEEDS["settings"], "preflight.toml", ("audit", "--snapshot", str(SNAPSHOT))),
    "accounts": (SEEDS["accounts"], "x.json", ("audit", "--accounts", "x.json", "--into", "into")),
    "an audit since": (ACCOUNT, "x.json", ("audit", "--snapshot", str(SNAPSHOT), "--since", "x.json")),
    "who can": (ACCOUNT, "x.json", ("audit", "--snapshot", "x.json", "--who-can", "s3:GetObject")),
    "an audit's page": (ACCOUNT, "x.json", ("audit", "--snapshot", "x.json", "--format", "html", "--output", "x.html")),
    "prove of a principal": (SEEDS["policy"], "x.json", ("prove", "not-granted", "x.json", "--action", "iam:*")),
    "prove of an administrator": (SEEDS["details"], "x.json", ("prove", "not-administrator", "x.json")),
}  # fmt: skip
OPTIONS = (
    *("--format", "--select", "--ignore", "--type", "--region", "--account", "--principal", "--context", "--operation"),
    *("--parameters", "--session-tag", "--sts-active", "--allow-unchecked", "--assume", "--action", "--jobs"),
    *("--snapshot", "--identity-policy", "--scp", "--baseline", "--rules", "--fail-on", "--deployed", "--"),
    *("--config-retries", "--config-retry-delay", "--timeout", "--changed-only", "--summary", "--output", "--color"),
    *("--who-can", "--on", "--can", "--since", "--accounts", "--into", "--include", "--exclude", "--threads"),
    *("--table", "--resource", "--against", "--stack-name", "--stack-tag", "--service-role", "--source-identity"),
    *("--boundary", "--session-policy", "--plan", "--from-files", "--attach", "--for", "--diff", "--endpoint-url"),
    *("--profile", "--write-baseline", "--poll", "--scheduler", "--role-name", "--external-id", "--examples"),
)  # fmt: skip
COMMANDS = (
    "lint",
    "check",
    "policy",
    "simulate",
    "prove",
    "why",
    "audit",
    "explain",
    "rules",
    "snapshot",
    "create",
    "x",
    "",
)


TOML = b"""
[lint]
select = ["IAM"]
exclude = ["a/**"]
[[suppress]]
rule = "IAM101"
path = "x"
reason = "r"
[check]
sts-active = ["us-east-1"]
"""


def numbers(count: int) -> range:
    return range(FROM, FROM + int(os.environ.get("FUZZ_COUNT", count)))


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [*os.environ]:
        if name.startswith(("AWS_", "GITHUB_", "PRE_COMMIT")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent/config")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}")))


def read(number: int, folder: Path) -> None:
    names = list(READERS)
    name = names[number % len(names)]
    seed, file, arguments = READERS[name]
    if file.startswith("cdk.out/"):
        shutil.copytree(ASSEMBLY, folder / "cdk.out", dirs_exist_ok=True)
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_bytes(Mutator(number).file(seed, file))
    ended(arguments, f"{name}, number {number}")
    (folder / file).unlink()
    # What a command has made is not to be in the way of the next.
    for left in (*folder.glob("s.json*"), folder / "x.html"):
        left.unlink(missing_ok=True)
    shutil.rmtree(folder / "into", ignore_errors=True)


def resumed(number: int, folder: Path) -> None:
    """Go on with an audit of many of which a file has been changed since."""
    command = ("audit", "--snapshot", "snapshots", "--into", "into", "--format", "json")
    if not (folder / "into").exists():
        (folder / "snapshots").mkdir()
        (folder / "snapshots" / "x.json").write_text(json.dumps(ACCOUNT))
        ended(command, "an audit of many")
    shutil.copytree(folder / "into", folder / "before")
    mutator = Mutator(number)
    changed = mutator.random.choice(sorted(each for each in (folder / "into").rglob("*") if each.is_file()))
    if changed.name == "manifest.jsonl":
        seed = [json.loads(line) for line in changed.read_text().splitlines()]
        changed.write_bytes(mutator.file(seed, changed.name))
    else:
        changed.write_bytes(mutator.bytes(changed.read_bytes()))
    ended(command, f"an audit of many, number {number}")
    shutil.rmtree(folder / "into")
    (folder / "before").rename(folder / "into")


def edited(number: int, folder: Path) -> None:
    """Look at a text as an editor does, and have an agent ask of it."""
    mutator = Mutator(number)
    names = ("policy", "template", "plan", "terraform", "hcl", "serverless")
    name = names[number % len(names)]
    path = folder / ("x.tf" if name == "hcl" else f"x.{mutator.random.choice(('json', 'yaml'))}")
    text = mutator.file(SEEDS[name], path.name).decode("utf-8", "replace")
    with at_most(SECONDS):
        looked = looked_at(text, str(path), region="us-east-1")
        list(diagnostics(looked, {}))
        all_edits(text, str(path))
        asked = Tools(Roots([str(folder)]), Facts(str(SNAPSHOT)))
        for tool in (
            lambda: asked.lint_policy(text),
            lambda: asked.check_request(text, principal=DEPLOYER),
            lambda: asked.why_denied(text),
            lambda: asked.prove("not-public", policy=text),
            lambda: asked.decide(DEPLOYER, "s3:GetObject", "*", identity_policies=[text]),
        ):
            with suppress(PreflightError):
                tool()


def given(number: int, folder: Path) -> None:
    mutator = Mutator(number)
    (folder / "x.json").write_text(json.dumps(SEEDS["policy"]))
    arguments = [mutator.random.choice(COMMANDS), mutator.random.choice(("x.json", "-", mutator.word()[:300]))]
    for _ in range(mutator.random.randrange(4)):
        arguments += [mutator.random.choice(OPTIONS), mutator.word()[:300]]
    # The system lets no argument hold a NUL, and gives bytes that are no text as surrogates.
    ended(tuple(each.replace("\0", "") for each in arguments), f"options, number {number}")


def configured(number: int, folder: Path) -> None:
    mutator = Mutator(number)
    (folder / "preflight.toml").write_bytes(mutator.bytes(mutator.bytes(TOML)))
    (folder / "x.json").write_text(json.dumps(SEEDS["policy"]))
    ended(("lint", "--no-cache", "x.json"), f"settings, number {number}")


@pytest.mark.parametrize(
    ("kind", "count"), [(read, len(READERS)), (given, FEW), (configured, FEW), (edited, FEW // 2), (resumed, 3)]
)
def test_a_few(kind: Callable[[int, Path], None], count: int, tmp_path: Path) -> None:
    for number in numbers(count):
        kind(number, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("kind", "count"), [(read, 3 * MANY), (given, MANY // 6), (configured, MANY // 6), (edited, MANY // 6)]
)
def test_many(kind: Callable[[int, Path], None], count: int, tmp_path: Path) -> None:
    for number in numbers(count):
        kind(number, tmp_path)


@pytest.fixture
def ready(aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> Ready:
    made = populate(aws, encrypted=False)
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    asked_once(monkeypatch)
    return made


def spoiled(number: int) -> Callable[[Answer], Answer]:
    """Return what spoils half of the answers."""
    mutator, how = Mutator(number), spoil(number)
    return lambda answer: answer if mutator.random.random() < 0.5 else how(answer)


def answered(aws: StandIn, ready: Ready, numbers: range, folder: Path) -> None:
    (folder / "plan.json").write_text(json.dumps(ready.plan()))
    commands = (
        ("check", "plan.json", "--format", "json", "--config-retries", "0"),
        ("check", "plan.json", "--config-retries", "0"),
        ("policy", "plan.json", "--for", "preflight"),
        ("snapshot", "--output", "s.json", "--region", "us-east-1", "--plan", "plan.json"),
        ("audit", "--region", "us-east-1", "--format", "json"),
    )
    for number in numbers:
        aws.spoil("*", spoiled(number))
        ended(commands[number % len(commands)], f"answers, number {number}")
        aws.mend()
        for left in folder.glob("s.json*"):
            left.unlink()


def test_a_few_answers(aws: StandIn, ready: Ready, tmp_path: Path) -> None:
    answered(aws, ready, numbers(5), tmp_path)


@pytest.mark.nightly
def test_many_answers(aws: StandIn, ready: Ready, tmp_path: Path) -> None:
    answered(aws, ready, numbers(3 * MANY // 10), tmp_path)
