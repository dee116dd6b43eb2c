"""The hooks of `.pre-commit-hooks.yaml`, run by pre-commit itself: installed from a repository as its users do it.

Nothing is fetched: what the hooks need is found in the environment that the tests run in.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from preflight.documents.policies.files import _SUFFIXES, HCL

ROOT = Path(__file__).parent.parent
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
PARTS = ("preflight", "rules", "schemas", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
GOOD = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
}
BAD = json.loads(json.dumps(GOOD).replace("GetObject", "GetObjct"))
_NOT_INHERITED = ("GIT_", "PRE_COMMIT", "PIP_", "PYTHON", "GITHUB_")
SETTINGS = f"""
repos:
  - repo: REPO
    rev: v0.1.0
    hooks:
      - id: preflight-lint
        args: [--strict, --fail-on, warning]
      - id: preflight-check
        args: [--snapshot, {ROOT}/examples/snapshot.json, --principal, "arn:aws:iam::111122223333:role/deployer", --]
"""


def git(where: Path, *arguments: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(where), *who, *arguments], check=True, capture_output=True)


def commit(where: Path) -> None:
    where.mkdir(exist_ok=True)
    git(where, "init", "-q", "-b", "main")
    git(where, "add", "-A")
    git(where, "commit", "-q", "-m", "x", "--allow-empty")


class Sample:
    """A repository with the hooks in its configuration."""

    def __init__(self, path: Path, home: Path) -> None:
        self.path = path
        self._env = {
            **{name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)},
            "PRE_COMMIT_HOME": str(home),
            # pip finds what is needed, also to build, where the tests run, and looks nowhere else.
            "PYTHONPATH": str(Path(yaml.__file__).parent.parent),
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
        }  # fmt: skip

    def run(self, *files: str) -> subprocess.CompletedProcess[str]:
        """Run the hooks on some files, or on all that git knows."""
        git(self.path, "add", "-A")
        which = ["--files", *files] if files else ["--all-files"]
        command = [sys.executable, "-m", "pre_commit", "run", "--color=never", *which]
        return subprocess.run(command, cwd=self.path, env=self._env, capture_output=True, text=True)


def test_every_file_that_may_hold_a_policy_is_linted() -> None:
    files = re.compile(next(hook["files"] for hook in HOOKS if hook["id"] == "preflight-lint"))
    assert all(files.search(f"a/b{suffix}") for suffix in (*_SUFFIXES, *HCL))
    assert all(files.search(f"A/B{suffix.upper()}") for suffix in _SUFFIXES)
    assert not any(files.search(name) for name in ("a.tfvars", "a.py", "json", "a.tf.bak"))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    base = tmp_path_factory.mktemp("pre-commit")
    hooks = base / "hooks"
    hooks.mkdir()
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, hooks / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, hooks / part)
    commit(hooks)
    git(hooks, "tag", "v0.1.0")
    repository = base / "repository"
    repository.mkdir()
    (repository / ".pre-commit-config.yaml").write_text(SETTINGS.replace("REPO", str(hooks)))
    (repository / "tsconfig.json").write_text('{// a comment\n"a": 1}')
    (repository / "values.yaml").write_text("a: !vault x\n---\nb: 2\n")
    (repository / "list.json").write_text("[]")
    commit(repository)
    yield Sample(repository, base / "home")


def write(sample: Sample, **files: Any) -> None:
    for name in ("policy", "plan"):
        (sample.path / f"{name}.json").unlink(missing_ok=True)
    for name, value in files.items():
        (sample.path / f"{name}.json").write_text(json.dumps(value, indent=2))


def test_commits_are_let_through_and_stopped(sample: Sample) -> None:
    plan = json.loads((ROOT / "examples" / "create-endpoint.json").read_text())
    write(sample, policy=GOOD, plan=plan)
    passed = sample.run()
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert passed.stdout.count("Passed") == 2
    write(sample, policy=BAD)
    stopped = sample.run()
    assert stopped.returncode == 1 and "policy.json:6:17" in stopped.stdout, stopped.stdout
    assert "IAM101" in stopped.stdout and "write s3:GetObject" in stopped.stdout
    assert "exit code: 1" in stopped.stdout and "(no files to check)Skipped" in stopped.stdout
    write(sample, plan={**plan, "EndpointConfigName": "gone"})
    blocked = sample.run()
    assert blocked.returncode == 1 and "PRE401" in blocked.stdout, blocked.stdout


def test_what_is_no_policy_is_passed_by(sample: Sample) -> None:
    write(sample)
    done = sample.run("tsconfig.json", "values.yaml", "list.json")
    assert done.returncode == 0 and done.stdout.count("Passed") == 1, done.stdout


def test_the_hooks_name_commands_and_options_that_there_are() -> None:
    assert {each["id"] for each in HOOKS} == {"preflight-lint", "preflight-check"}
    for hook in HOOKS:
        assert (
            subprocess.run([sys.executable, "-m", *hook["entry"].split(), "--help"], capture_output=True).returncode
            == 0
        )
