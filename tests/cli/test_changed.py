"""`--changed-only REF` and `--summary FILE` of lint and check, in a repository of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

from preflight.api.changed import changed_of
from preflight.errors import UsageError
from preflight.prove.git import changes

ROOT = Path(__file__).parents[2]
BAD = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}]}'
GOOD = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}'


class Ran(NamedTuple):
    exit_code: int
    stdout: str
    stderr: str


def run(*arguments: str) -> Ran:
    done = subprocess.run([sys.executable, "-m", "preflight", *arguments], capture_output=True, text=True, check=False)
    return Ran(done.returncode, done.stdout, done.stderr)


def git(*arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    git("init")
    (tmp_path / "policies").mkdir()
    for name in ("same", "edited", "deleted", "old"):
        (tmp_path / "policies" / f"{name}.json").write_text(BAD)
    (tmp_path / ".gitignore").write_text("ignored.json\n")
    git("add", "-A")
    git("commit", "-m", "first")
    git("checkout", "-b", "work")
    return tmp_path


def change(repository: Path) -> None:
    policies = repository / "policies"
    (policies / "edited.json").write_text(BAD + "\n")
    (policies / "deleted.json").unlink()
    git("mv", "policies/old.json", "policies/renamed.json")
    git("commit", "-a", "-m", "second")
    (policies / "untracked é.json").write_text(GOOD)
    (policies / "ignored.json").write_text(BAD)
    git("checkout", "-q", "main")
    (repository / "elsewhere.json").write_text(BAD)
    git("add", "elsewhere.json")
    git("commit", "-m", "main goes on")
    git("checkout", "-q", "work")


def test_what_changed_is_found(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert changed_of(["policies"], "main") == []
    change(repository)
    wanted = ["policies/edited.json", "policies/renamed.json", "policies/untracked é.json"]
    assert sorted(changed_of(["policies"], "main")) == wanted
    assert changed_of(["policies/same.json", "policies/edited.json", "-"], "main") == ["-", "policies/edited.json"]
    assert changed_of(["policies/deleted.json"], "main") == []
    assert changed_of(["policies"], "main", whole=True) == ["policies"]
    monkeypatch.chdir(repository / "policies")
    assert sorted(changed_of(["."], "main")) == [name.removeprefix("policies/") for name in wanted]
    assert changed_of(["../policies/edited.json"], "HEAD~1") == ["../policies/edited.json"]


def test_a_lint_looks_at_nothing_else(repository: Path) -> None:
    nothing = run("lint", "policies", "--changed-only", "main", "--summary", "gate.json")
    assert nothing.exit_code == 0
    assert nothing.stderr.count("\n") == 1
    assert "has changed since main" in nothing.stderr
    assert json.loads((repository / "gate.json").read_text())["verdict"] == "clean"
    (repository / "gate.json").unlink()
    change(repository)
    found = run("lint", ".", "--changed-only", "main", "--format", "json", "--summary", "gate.json")
    assert found.exit_code == 1
    paths = {each["location"]["path"] for each in json.loads(found.stdout)["results"] if each["rule"] == "IAM100"}
    assert paths <= {"policies/edited.json", "policies/renamed.json"}
    assert {each["location"]["path"] for each in json.loads(found.stdout)["results"]} >= {"policies/edited.json"}
    summary = json.loads((repository / "gate.json").read_text())
    jsonschema.validate(summary, json.loads((ROOT / "schemas/summary.schema.json").read_text()))
    assert (summary["verdict"], summary["exitCode"]) == ("findings", 1)
    assert summary["failed"] == sorted({each["rule"] for each in json.loads(found.stdout)["results"]})
    assert sum(summary["levels"].values()) == summary["counts"]["fail"]


def test_a_check_of_what_changed(repository: Path) -> None:
    facts = ["--snapshot", str(ROOT / "examples/snapshot.json"), "--changed-only", "main", "--summary", "gate.json"]
    principal = ["--principal", "arn:aws:iam::111122223333:role/deployer"]
    request = repository / "create-endpoint.json"
    request.write_text((ROOT / "examples/create-endpoint-blocked.json").read_text())
    blocked = run("check", "create-endpoint.json", *facts, *principal)
    summary = json.loads((repository / "gate.json").read_text())
    jsonschema.validate(summary, json.loads((ROOT / "schemas/summary.schema.json").read_text()))
    assert (blocked.exit_code, summary["verdict"], summary["exitCode"]) == (1, "blocked", 1)
    assert "PRE302" in summary["failed"]
    git("add", "create-endpoint.json")
    git("commit", "-m", "the request")
    unchanged = run("check", "create-endpoint.json", *facts[:2], "--changed-only", "HEAD")
    assert unchanged.exit_code == 0
    assert "has changed since" in unchanged.stderr


@pytest.mark.parametrize(
    ("ref", "path", "told"),
    [
        ("no-such", "policies", "no commit 'no-such'"),
        ("--all", "policies", "no commit"),
        ("main", "nowhere.json", "nor was"),
    ],
)
def test_what_git_does_not_know(repository: Path, ref: str, path: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        changed_of([path], ref)


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="not in a git repository"):
        changed_of([str(tmp_path)], "main")


def test_git_runs_nothing_of_the_repository(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    marker = tmp_path_factory.mktemp("outside") / "sprung"
    trap = repository / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {marker}\n")
    trap.chmod(0o755)
    for name in (
        *("core.fsmonitor", "diff.external", "core.pager", "diff.trap.command", "diff.trap.textconv"),
        *("filter.trap.clean", "filter.trap.smudge", "filter.trap=x.clean", "filter.other.process"),
    ):
        git("config", name, str(trap))
    git("config", "filter.trap.required", "true")
    git("config", "core.hooksPath", str(repository))
    for hook in ("post-index-change", "fsmonitor-watchman"):
        (repository / hook).write_bytes(trap.read_bytes())
        (repository / hook).chmod(0o755)
    (repository / ".gitattributes").write_text("e*.json diff=trap filter=trap\ns*.json filter=other\n")
    os.utime(repository / "policies" / "same.json", (1, 1))
    (repository / "policies" / "edited.json").write_text(GOOD)

    assert "policies/edited.json" in changed_of(["policies"], "main")
    assert not marker.exists()


def test_git_is_not_waited_for_without_end(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "policies" / "edited.json").write_text(GOOD)
    os.mkfifo(repository / "pipe")
    git("config", "diff.orderFile", str(repository / "pipe"))
    monkeypatch.setattr("preflight.git._LONGEST", 0.5)
    with pytest.raises(UsageError, match=r"git didn't answer within 0.5 seconds"):
        changed_of(["policies"], "main")


def test_every_call_of_git_is_guarded(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those guards too that nothing needs as git is called today."""
    calls: list[tuple[list[str], dict[str, str]]] = []
    run_git = subprocess.run

    def watched(command: list[str], **options: Any) -> Any:
        calls.append((command, options["env"]))
        return run_git(command, **options)

    change(repository)
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    monkeypatch.setattr("preflight.git.subprocess.run", watched)
    assert changed_of(["policies"], "main") and changes(["policies"], "main")
    asked = [command for command, _ in calls]
    settings = {"core.fsmonitor=false", "core.hooksPath=/dev/null", "safe.bareRepository=explicit", "core.pager=cat"}
    assert all(command[0] == "git" and settings <= set(command) for command in asked)
    guards = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "", "GIT_PAGER": "cat", "GIT_TERMINAL_PROMPT": "0"}
    assert all(guards.items() <= env.items() and "GIT_EXTERNAL_DIFF" not in env for _, env in calls)
    diffs = [command for command in asked if "diff" in command]
    flags = {"--no-ext-diff", "--no-textconv", "--ignore-submodules"}
    assert len(diffs) >= 2 and all(flags <= set(command) for command in diffs)


def test_a_bare_repository_that_was_committed_is_none(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    marker = tmp_path_factory.mktemp("outside") / "sprung"
    bare = repository / "policies" / "bare"
    git("init", "--bare", str(bare))
    (bare / "config").write_text(
        f"[core]\nrepositoryformatversion = 0\nbare = false\nworktree = .\nfsmonitor = touch {marker};\n"
    )
    (bare / "policy.json").write_text(GOOD)
    assert "policies/bare/policy.json" in changed_of(["policies"], "main")
    ran = run("lint", "--changed-only", "main", str(bare))
    assert (ran.exit_code, marker.exists()) == (2, False) and "not in a git repository" in ran.stderr
