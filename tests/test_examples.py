"""The worked examples: what their pages show is what comes out, and their templates are good ones."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "examples").glob("*/README.md"))
SHOWN = [
    pytest.param(command, shown, id=f"{page.parent.name}-{number}")
    for page in PAGES
    for number, (command, shown) in enumerate(
        re.findall(r"```console\n\$ (.*?[^\\])\n(.*?)\n```", page.read_text(encoding="utf-8"), re.DOTALL)
    )
]
KEPT = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "COLUMNS"))}


def preflight(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "preflight", *arguments]
    return subprocess.run(command, cwd=ROOT, env=KEPT, capture_output=True, text=True, timeout=180, check=False)


@pytest.mark.parametrize(("command", "shown"), SHOWN)
def test_what_an_example_shows_comes_out(command: str, shown: str) -> None:
    program, *arguments = shlex.split(command.replace("\\\n", " "))
    assert program == "preflight"
    done = preflight(*arguments)
    pattern = r"\n(?:.*\n)*".join(re.escape(part.strip("\n")) for part in f"\n{shown}\n".split("\n[...]\n"))
    assert re.fullmatch(pattern, done.stdout.removesuffix("\n")), f"run make docs: {done.stdout}{done.stderr}"
    assert done.returncode == {"READY": 0, "BLOCKED": 1, "UNKNOWN": 3}[shown.splitlines()[-1].partition(":")[0]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_the_policies_of_an_example_are_clean(page: Path) -> None:
    done = preflight("lint", str(page.parent.relative_to(ROOT)))
    assert done.returncode == 0, done.stdout


def test_there_are_examples() -> None:
    assert {"cloudformation", "cdk", "terraform"} <= {page.parent.name for page in PAGES} and len(SHOWN) >= 3
