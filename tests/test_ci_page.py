"""What `docs/ci.md` tells to do, and what `action.yml` does, works when it is done."""

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

from preflight.documents.config import find_config
from preflight.engine.rule import rule_ids
from preflight.report.formats import FORMATS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)\n```", PAGE, re.DOTALL)
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
INSTALL, RUN = (step for step in ACTION["runs"]["steps"] if "run" in step)
BASH = shutil.which("bash")
BAD = {"Version": "2012-10-17", "Statement": [{"Effect": "Alow", "Action": "s3:GetObject", "Resource": "*"}]}


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def loaded(text: str) -> Any:
    # With which `on` stays the name that it is.
    return yaml.load(text, yaml.BaseLoader)


def test_the_hooks_of_the_page_are_ours() -> None:
    (config,) = (loaded(text) for text in blocks("yaml") if "repos:" in text)
    ours = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert {hook["id"] for repo in config["repos"] for hook in repo["hooks"]} == ours


def test_the_hook_for_stacks_checks_a_stack() -> None:
    (config,) = (loaded(text) for text in blocks("yaml") if "repos:" in text)
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
    (stacks,) = (hook for hook in hooks if re.match(hook.get("files", "^$"), "stacks/orders.yaml"))
    arguments = [each.replace("facts/snapshot", "examples/snapshot") for each in stacks["args"]]
    command = [sys.executable, "-m", "preflight", "check", *arguments, "examples/stack/orders.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "10 of 10 resources checked" in done.stdout, done.stderr


def test_the_workflows_give_the_action_inputs_that_it_has() -> None:
    workflows = [loaded(text) for text in blocks("yaml") if "jobs:" in text]
    used = [
        step
        for each in workflows
        for step in each["jobs"]["preflight"]["steps"]
        if "preflight@" in step.get("uses", "")
    ]
    assert len(used) == 4
    for step in used:
        assert set(step["with"]) <= set(ACTION["inputs"])
        assert step["with"].get("format", "github") in FORMATS
    assert {row.split("`")[1] for row in PAGE.splitlines() if row.startswith("| `")} == set(ACTION["inputs"])


COMMANDS = [shlex.split(found) for found in re.findall(r"(?:- |bin/|^)(preflight lint [^'\n]*)", PAGE, re.MULTILINE)]


def test_every_command_of_the_page_runs_in_order(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "p.json").write_text(json.dumps(BAD))
    assert len(COMMANDS) == 4
    codes = [
        subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, capture_output=True).returncode
        for command in COMMANDS
    ]
    assert codes == [1, 1, 0, 0]
    assert {"gl-code-quality-report.json", "preflight.xml"} <= {each.name for each in tmp_path.iterdir()}


def test_the_settings_of_the_page_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "preflight.toml").write_text(*blocks("toml"))
    config = find_config()
    assert set(config.ignore) <= set(rule_ids())
    assert (config.fail_on, config.settings_for("org/a.json").type) == ("warning", "scp")
    assert [(each.rule, each.statement) for each in config.suppressions] == [("IAM200", "Emergency")]


@pytest.mark.skipif(BASH is None, reason="the action runs in bash")
@pytest.mark.parametrize(
    ("given", "code", "shows"),
    [
        ({"PATHS": "policies"}, 1, "::error file=policies/p $(id).json,line=1"),
        ({"PATHS": "policies", "ARGUMENTS": "--exit-zero\n"}, 0, "::error"),
        ({"PATHS": "policies", "FORMAT": "sarif", "OUTPUT": "out.sarif"}, 1, ""),
        ({"PATHS": "policies", "ARGUMENTS": "--ignore=IAM011\n--fail-on=error"}, 0, ""),
        ({"PATHS": "--help"}, 2, ""),
        ({"PATHS": "gone.json\n$(touch made)\n"}, 2, ""),
        ({"COMMAND": "create", "PATHS": "p"}, 2, ""),
    ],
)
def test_the_action_runs(tmp_path: Path, given: dict[str, str], code: int, shows: str) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "p $(id).json").write_text(json.dumps(BAD))
    there = tmp_path / "temp" / "preflight" / "bin" / "preflight"
    there.parent.mkdir(parents=True)
    there.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m preflight "$@"\n')
    there.chmod(0o755)
    defaults = {name: ACTION["inputs"][name.lower()]["default"] for name in RUN["env"]}
    assert {name: f"${{{{ inputs.{name.lower()} }}}}" for name in defaults} == RUN["env"]
    env = {
        **os.environ,
        **defaults,
        **given,
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_OUTPUT": str(tmp_path / "o"),
    }
    done = subprocess.run([str(BASH), "-e", "-c", RUN["run"]], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.returncode, shows in done.stdout) == (code, True), done.stdout + done.stderr
    assert not (tmp_path / "made").exists()
    if given.get("COMMAND") != "create":
        assert (tmp_path / "o").read_text() == f"exit-code={code}\n"
    assert (tmp_path / "out.sarif").exists() == ("OUTPUT" in given)


@pytest.mark.skipif(BASH is None, reason="the action runs in bash")
def test_the_action_finds_programs_where_windows_has_them(tmp_path: Path) -> None:
    there = tmp_path / "preflight" / "Scripts" / "preflight"
    there.parent.mkdir(parents=True)
    there.write_text("#!/bin/sh\necho ran\n")
    there.chmod(0o755)
    defaults = {name: ACTION["inputs"][name.lower()]["default"] for name in RUN["env"]}
    env = {**os.environ, **defaults, "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "o")}
    done = subprocess.run([str(BASH), "-e", "-c", RUN["run"]], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "ran\n")


def test_the_action_uses_others_by_hash() -> None:
    used = [each["uses"] for each in ACTION["runs"]["steps"] if "uses" in each]
    assert used and all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each) for each in used)


def test_no_input_is_part_of_a_script() -> None:
    assert "${{" not in RUN["run"] and "${{" not in INSTALL["run"]
