"""Every block of every page is run, held to what reads it, or left out for a reason that is given here."""

from __future__ import annotations

import gzip
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from preflight.documents.config import find_config
from tests.aws.control import StandIn
from tests.pages.blocks import ROOT, Block, blocks
from tests.pages.workplace import account, environment, folder, git, listed, programs

BLOCKS = blocks()
SHELL = [each for each in BLOCKS if each.language == "sh"]

# Commands that don't run here, and why. Nothing else is left out.
LEFT_OUT = {
    r"pip install": "installs packages: make dist-check does so with every Python at hand",
    r"^python3 -m venv": "makes an environment: make dist-check does so",
    r"^make demo": "the set-up: make dist-check does it from the wheel and the sdist",
    r"^make test": "runs these tests",
    r"^python tools/request_schemas.py": "tests/test_pages.py follows this page in a copy of the project",
    r"^preflight (check|policy) request.json": "tests/test_pages.py follows this page in a copy of the project",
    r"--decode$": "the stand-in for AWS has no DecodeAuthorizationMessage: tests/why/test_command.py",
}
# What commands exit with in the folder and the account of workplace.py, where that is not 0.
CODES = {
    "preflight check create-endpoint.json --profile staging": 1,  # nothing is there in eu-west-1
    "preflight policy plan.yaml > policy.json": 3,
    "preflight policy plan.yaml --snapshot snapshot.json --attach role": 3,
    "preflight policy plan.yaml --snapshot snapshot.json --diff": 1,
    "preflight audit --organization": 3,
    "preflight audit --accounts": 2,  # two of the four accounts of the page cannot be entered here
    "preflight audit --snapshot snapshots/": 1,
    "preflight audit --snapshot account.json --can": 3,
    "preflight audit --snapshot account.json --who-can": 0,
    "preflight audit --snapshot account.json ": 1,
    "preflight audit --snapshot account.json\n": 1,
    "preflight prove no-new-access old.json": 1,
    "preflight check template.yaml": 1,  # the account has no role `pipeline`, and the deployer may not deploy it
    "preflight check plan.yaml --snapshot snapshot.json": 1,  # the facts are of another account
    "preflight check cdk.out": 1,
    "preflight check plan.json": 1,
    'preflight why "User:': 3,  # the message names no type of policy
}
# Blocks that are not for a shell, and the test that reads, runs or compares them.
HELD = {
    ("README.md", "console"): "tests/test_pages.py::test_the_readme_shows_what_comes_out",
    ("README.md", "python"): "tests/test_pages.py::test_the_readmes_python_runs",
    ("README.md", "yaml"): "tests/test_ci_page.py::test_the_hooks_of_the_page_are_ours",
    ("CONTRIBUTING.md", "yaml"): "tests/test_pages.py::test_rules_are_added_by_doing_what_the_page_says",
    ("CONTRIBUTING.md", "python"): "tests/test_pages.py::test_rules_are_added_by_doing_what_the_page_says",
    ("docs/agents.md", "json"): "tests/pages/test_blocks.py::test_an_agents_settings_start_the_server",
    ("docs/ci.md", "yaml"): "tests/test_ci_page.py::test_the_workflows_give_the_action_inputs_that_it_has",
    ("docs/ci.md", "groovy"): "tests/test_ci_page.py::test_every_command_of_the_page_runs_in_order",
    (
        "docs/custom-rules.md",
        "yaml",
    ): "tests/lint/runner/test_match.py::test_the_page_shows_the_example_and_its_python_works",
    ("docs/custom-rules.md", "python"): "tests/pages/test_blocks.py::test_python_of_pages_runs",
    ("docs/custom-rules.md", "toml"): "tests/pages/test_blocks.py::test_settings_of_pages_are_read",
    ("docs/evaluation.md", "python"): "tests/pages/test_blocks.py::test_python_of_pages_runs",
    ("docs/operations.md", "yaml"): "tests/test_pages.py::test_an_operation_is_added_by_doing_what_the_page_says",
    ("docs/operations.md", "json"): "tests/test_pages.py::test_an_operation_is_added_by_doing_what_the_page_says",
    (
        "docs/organizations.md",
        "json",
    ): "tests/audit/many/test_organization.py::test_the_page_names_every_call_that_is_made",
    ("docs/organizations.md", "yaml"): "tests/pages/test_blocks.py::test_commands_of_pages_run",
    ("docs/permissions.md", "json"): "tests/test_pages.py::test_a_live_check_asks_for_nothing_else",
    ("docs/proofs.md", "python"): "tests/pages/test_blocks.py::test_python_of_pages_runs",
    ("docs/python.md", "python"): "tests/api/test_public.py::test_the_pages_examples_run",
    ("docs/reports.md", "python"): "tests/pages/test_blocks.py::test_python_of_pages_runs",
    **{
        (page, "toml"): "tests/pages/test_blocks.py::test_settings_of_pages_are_read"
        for page in ("README.md", "docs/audit.md", "docs/ci.md")
    },
    **{
        (f"examples/{name}/README.md", "console"): "tests/test_examples.py::test_what_an_example_shows_comes_out"
        for name in ("cdk", "cloudformation", "stack", "terraform")
    },
}
# Blocks of other programs' languages, which nothing here runs.
OTHERS = {
    ("docs/editors.md", "json"): "settings of Visual Studio Code",
    ("docs/editors.md", "lua"): "settings of Neovim, tried by hand",
    ("docs/editors.md", "toml"): "settings of Helix, tried by hand",
    ("docs/editors.md", "elisp"): "settings of Emacs, tried by hand",
    ("docs/evaluation.md", "mermaid"): "a drawing",
    ("docs/reports.md", "yaml"): "steps of CI, whose commands the page shows for a shell as well",
}


def test_no_block_is_left_out_without_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    for block in BLOCKS:
        if block.language == "sh":
            continue
        held, other = HELD.get((block.page, block.language)), OTHERS.get((block.page, block.language))
        assert (held is None) != (other is None), f"{block.page}:{block.line}: nothing runs this {block.language}"
        if held is not None:
            path, name = held.split("::")
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), f"{block.page}:{block.line}: {held}"
    assert {*HELD, *OTHERS} <= {(each.page, each.language) for each in BLOCKS}
    left = [
        f"{block.page}:{block.line}: {command}: {reason}"
        for block in SHELL
        for command in block.commands()
        for pattern, reason in LEFT_OUT.items()
        if re.search(pattern, command)
    ]
    with capsys.disabled():
        sys.stdout.write("".join(f"\nnot run: {line}" for line in left) if "-v" in sys.argv else "")
    assert len(left) < 20


def wanted(command: str) -> int:
    return next((code for begins, code in CODES.items() if f"{command}\n".startswith(begins)), 0)


def in_one_region(command: str) -> str:
    """Return a command that reads every Region with the one in which something is: the others cost a minute."""
    if re.match(r"preflight (snapshot |audit .*--into)", command) and "--region" not in command:
        return re.sub(r"(\s*(?:#.*)?)$", r" --region us-east-1\1", command, count=1)
    return command


def run(command: str, at: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Run a command as a user does who answers y; return its exit code and what it printed."""
    asks = " create " in command
    terminal, end = pty.openpty()
    os.write(terminal, b"y\n")
    try:
        done = subprocess.run(
            ["bash", "-c", command], cwd=at, env=environment, stdin=end if asks else subprocess.DEVNULL,
            capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
    finally:
        os.close(terminal)
        os.close(end)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("page", dict.fromkeys(each.page for each in SHELL))
def test_commands_of_pages_run(page: str, aws: StandIn, tmp_path: Path) -> None:
    if shutil.which("jq") is None and any(block.page == page and "jq " in block.text for block in SHELL):
        pytest.skip("jq is not on this machine")
    ready = account(aws)
    folder(tmp_path, ready)
    programs(tmp_path / "bin")
    own = environment(tmp_path, aws)
    git(tmp_path, own)
    (shown,) = (each.text for each in BLOCKS if (each.page, each.language) == ("docs/organizations.md", "yaml"))
    (tmp_path / "accounts.yaml").write_text(listed(aws, shown))
    for block in SHELL:
        if block.page != page:
            continue
        # A block that keeps an exit code in a variable is one script.
        for command in [block.text] if "$code" in block.text or "${code" in block.text else block.commands():
            if any(re.search(pattern, command) for pattern in LEFT_OUT):
                continue
            code, printed = run(in_one_region(command).replace(".venv/bin/", ""), tmp_path, own)
            assert "Traceback" not in printed and code == wanted(command), (
                f"{block.page}:{block.line}: {command}: {code}\n{printed}"
            )


def test_settings_of_pages_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read = 0
    for block in BLOCKS:
        if block.language == "toml" and HELD.get((block.page, "toml")):
            name = "pyproject.toml" if "entry-points" in block.text else "preflight.toml"
            (tmp_path / name).write_text(block.text)
            find_config()
            (tmp_path / name).unlink()
            read += 1
    assert read == 4


def test_an_agents_settings_start_the_server(tmp_path: Path) -> None:
    (block,) = (each for each in BLOCKS if (each.page, each.language) == ("docs/agents.md", "json"))
    server = json.loads(block.text)["mcpServers"]["preflight"]
    (tmp_path / "account.json.gz").write_bytes(gzip.compress((ROOT / "examples" / "snapshot.json").read_bytes()))
    arguments = [each.replace("/path/to/project", str(tmp_path)) for each in server["args"]]
    done = subprocess.run(
        [sys.executable, "-m", server["command"], *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


# What the scripts of these pages take as given.
GIVEN = {
    "docs/evaluation.md": """
principal = "arn:aws:iam::111122223333:role/deployer"
endpoint_arn = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/a"
document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}}
""",
    "docs/proofs.md": """
old = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
new = policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
bucket_policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::b/*"}}
""",
    "docs/reports.md": """
from preflight import api
report, text = api.check("examples/plan.yaml", snapshot="examples/snapshot.json").report, ""
""",
    "docs/custom-rules.md": "",
}
ENDS = {
    "docs/evaluation.md": 'assert decision.outcome == "allowed", decision',
    "docs/proofs.md": 'assert proof.verdict == "fails" and proof.counterexamples',
    "docs/custom-rules.md": "assert callable(sids_named)",
}


@pytest.mark.parametrize(
    "block",
    [each for each in BLOCKS if each.language == "python" and each.page in GIVEN and "no-test" not in each.rest],
    ids=lambda block: f"{block.page}:{block.line}",
)
def test_python_of_pages_runs(block: Block) -> None:
    script = f"{GIVEN[block.page]}\n{block.text}\n{ENDS.get(block.page, '')}"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "block",
    [each for each in BLOCKS if each.language == "python" and "no-test" in each.rest],
    ids=lambda block: f"{block.page}:{block.line}",
)
def test_python_of_pages_that_calls_aws_runs_against_the_stand_in(block: Block, aws: StandIn, tmp_path: Path) -> None:
    folder(tmp_path, account(aws))
    own = environment(tmp_path, aws)
    done = subprocess.run(
        [sys.executable, "-c", block.text],
        cwd=tmp_path,
        env=own,
        input="y\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
