"""What the pages say is so: what they show is what comes out, and what they tell to do works when it is done."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from preflight.data_files import folder
from tests.aws.account import populate
from tests.aws.control import StandIn
from tests.scenarios.running import check

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```console\n\$ (.*?[^\\])\n(.*?)\n```", README, re.DOTALL)
KEPT = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "COLUMNS"))}


def preflight(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "preflight", *arguments]
    return subprocess.run(command, cwd=cwd, env=KEPT, capture_output=True, text=True, timeout=180, check=False)


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=lambda text: text.split("\n")[0][:50])
def test_the_readme_shows_what_comes_out(command: str, shown: str) -> None:
    program, *arguments = shlex.split(command.replace("\\\n", " "))
    assert program == "preflight"
    out = preflight(*arguments).stdout.removesuffix("\n")
    pattern = r"\n(?:.*\n)*".join(re.escape(part.strip("\n")) for part in f"\n{shown}\n".split("\n[...]\n"))
    assert re.fullmatch(pattern, out), f"run make docs: {out}"


def test_the_readme_begins_with_three_commands_that_each_do_something() -> None:
    assert [command.split()[1] for command, _ in SHOWN][:3] == ["lint", "check", "simulate"]
    before = README.partition("```console")[0].split("\n\n")
    assert before[0] == "# preflight" and before[1].count(". ") == 0, "one sentence on what it is, then the commands"


def test_the_readmes_python_runs() -> None:
    (script,) = re.findall(r"```python\n(.*?)\n```", README, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=KEPT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("ready {'pass': ")


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
    ],
)
def test_links_within_the_repository_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert ((ROOT / page).parent / target).exists(), target


def test_the_examples_are_of_their_schemas() -> None:
    from preflight.account.snapshots.snapshot import Snapshot
    from preflight.documents.plans.requests import read_plan

    Snapshot.load(ROOT / "examples" / "snapshot.json")
    requests = [path for path in (ROOT / "examples").glob("*.*") if path.name != "snapshot.json"]
    assert len(requests) >= 3
    for path in requests:
        assert read_plan([str(path)]).requests


def follow_contributing(copy: Path) -> list[str]:
    """Write the files of CONTRIBUTING.md's examples into a copy of the project; return their rules' ids."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^( *)```\w+ file=(\S+)\n(.*?)\n\1```", page, re.DOTALL | re.MULTILINE)
    for indent, name, body in blocks:
        assert not (ROOT / name).exists(), f"{name} is taken: the page needs another example"
        (copy / name).write_text("\n".join(line.removeprefix(indent) for line in body.splitlines()) + "\n")
    return [Path(name).stem for _, name, _ in blocks if name.startswith("rules/")]


def run_in(copy: Path, *arguments: str, seconds: int = 60) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    environment = {**KEPT, "PYTHONPATH": str(copy)}
    return subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, timeout=seconds, check=False
    )


def test_rules_are_added_by_doing_what_the_page_says(tmp_path: Path) -> None:
    for name in ("preflight", "rules", "schemas", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    assert follow_contributing(tmp_path) == ["PRE601", "IAM601"]
    assert run_in(tmp_path, "tools/rule_index.py").returncode == 0
    assert preflight("explain", "PRE601", cwd=tmp_path).stdout.startswith("PRE601 tag-keys-not-reserved (error, names)")
    declared = yaml.safe_load((tmp_path / "rules" / "readiness" / "PRE601.yaml").read_text())
    for kind, code in (("pass", 0), ("fail", 1)):
        for example in declared["examples"][kind]:
            for part in ("plan", "snapshot"):
                (tmp_path / f"{part}.json").write_text(json.dumps(example[part]))
            ran = preflight("check", "plan.json", "--snapshot", "snapshot.json", "--select", "PRE601", cwd=tmp_path)
            assert ran.returncode == code, ran
    declared = yaml.safe_load((tmp_path / "rules" / "lint" / "IAM601.yaml").read_text())
    for kind, code in (("pass", 0), ("fail", 1)):
        (tmp_path / "policy.json").write_text(json.dumps(declared["examples"][kind][0]["policy"]))
        ran = preflight("lint", "policy.json", "--select", "IAM601", "--fail-on", "note", cwd=tmp_path)
        assert ran.returncode == code, ran


@pytest.mark.slow
def test_after_the_pages_steps_the_tests_of_rules_pages_and_examples_pass(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    left_out = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "build", "dist")
    shutil.copytree(ROOT, copy, ignore=left_out, symlinks=True)
    follow_contributing(copy)
    # The page of precision takes a minute, and the rule on the page adds no error to it.
    for line in re.findall(r"^\t\$\(BIN\)/python (.*)$", made("docs"), re.MULTILINE):
        if line != "tools/precision.py":
            ran = run_in(copy, *line.split(), seconds=300)
            assert ran.returncode == 0, f"{line}: {ran.stderr}"
    ran = run_in(
        copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow and not nightly", "tests/test_rules.py",
        "tests/test_pages.py", "tests/test_examples.py", "tests/test_language.py", "tests/engine",
        "tests/lint/rules/test_examples.py", "tests/lint/rules/test_rules_page.py",
        "tests/scenarios/test_rules.py::test_every_rule_is_seen_to_pass_to_fail_and_to_stay_open",
        "--deselect", "tests/test_pages.py::test_rules_are_added_by_doing_what_the_page_says", seconds=600,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-4000:]


def made(target: str) -> str:
    """Return the commands of one of the Makefile's targets."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return text.partition(f"\n{target}:")[2].partition("\n\n")[0]


def test_an_operation_is_added_by_doing_what_the_page_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for name in ("preflight", "rules", "schemas", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    blocks = re.findall(r"^```\w+ file=(\S+)\n(.*?)\n```", page, re.DOTALL | re.MULTILINE)
    assert [name for name, _ in blocks][1:] == ["request.json", "snapshot.json"]
    for name, body in blocks:
        (tmp_path / name).write_text(body + "\n", encoding="utf-8")
    first, *others = re.findall(r"^```sh\n(.*?)\n```", page, re.DOTALL | re.MULTILINE)
    environment = {**KEPT, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, *shlex.split(first)[1:]]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    told = [line for block in others for line in block.replace("\\\n", " ").splitlines()]
    assert len(told) == 2
    for line in told:
        ran = preflight(*shlex.split(line)[1:], cwd=tmp_path)
        assert ran.returncode == 0, ran
    assert "sagemaker:DeleteModelPackage" in ran.stdout
    from jsonschema import Draft202012Validator

    schema = json.loads((ROOT / "schemas" / "operation.schema.json").read_text(encoding="utf-8"))
    declared = yaml.safe_load((tmp_path / blocks[0][0]).read_text(encoding="utf-8"))
    assert not list(Draft202012Validator(schema).iter_errors(declared))


def permissions() -> set[str]:
    text = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    (policy,) = re.findall(r"```json\n(.*?)\n```", text, re.DOTALL)
    statements: list[dict[str, Any]] = json.loads(policy)["Statement"]
    return {action for each in statements for action in each["Action"]}


def test_the_page_has_every_permission_that_is_declared() -> None:
    declared = {
        permission
        for path in (folder("rules") / "resources").rglob("*.yaml")
        for permission in re.findall(r"permission: *([\w-]+:\w+)", path.read_text(encoding="utf-8"))
    }
    assert len(declared) > 20
    assert declared <= permissions(), "run make docs"


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_live_check_asks_for_nothing_else(aws: StandIn, encrypted: bool) -> None:
    ready = populate(aws, encrypted=encrypted)
    check(aws, ready.plan())
    # What S3 authorizes these by: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html and HeadBucket.
    by = {"s3:HeadObject": "s3:GetObject", "s3:HeadBucket": "s3:ListBucket"}
    asked = {by.get(call.action, call.action) for call in aws.calls}
    assert len(asked) > 15
    assert {action for action in asked if not action.startswith("sts:")} <= permissions()
