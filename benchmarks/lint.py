"""`preflight lint`: one small policy, every AWS managed policy, both against parliament; and what reading takes.

parliament 1.6.4 is put into a virtual environment of its own, or found where PARLIAMENT_PYTHON says: the path of a
Python that has it. Where it cannot be had, only our own figures are printed.
"""

from __future__ import annotations

import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from moto.iam.aws_managed_policies import aws_managed_policies_data

from benchmarks.timing import Timing, in_turn
from preflight.data_files import yaml_loader
from preflight.documents.text.load import load_text
from preflight.documents.text.positions import places

PARLIAMENT = "parliament==1.6.4"
SMALL = "AmazonS3ReadOnlyAccess"
FROM_PYTHON = """
import pathlib, sys, time
from parliament import analyze_policy_string
texts = [path.read_text() for path in sorted(pathlib.Path(sys.argv[1]).iterdir())]
begun, broken = time.perf_counter(), 0
for text in texts:
    try:
        analyze_policy_string(text)
    except Exception:
        broken += 1
print(time.perf_counter() - begun, broken)
"""


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        policies = Path(folder, "policies")
        policies.mkdir()
        for name, managed in json.loads(aws_managed_policies_data).items():
            (policies / f"{name}.json").write_text(json.dumps(managed["Document"], indent=4))
        parliament = _parliament(Path(folder, "venv"))
        _one(policies / f"{SMALL}.json", parliament)
        _all(policies, parliament)
        _reading([path.read_text() for path in sorted(policies.iterdir())])


def _one(policy: Path, parliament: str | None) -> None:
    ours = f"preflight lint {SMALL}.json"
    commands = {"python -c pass": [sys.executable, "-c", "pass"], ours: _lint(policy)}
    if parliament is not None:
        # It takes a terminal on stdin for nothing to read, and anything else for the policy.
        run = f"{shlex.quote(parliament)} -c 'from parliament.cli import main; main()' < {shlex.quote(str(policy))}"
        commands["parliament"] = ["sh", "-c", run]
    bare, mine, *theirs = in_turn(commands, runs=11)
    print(bare.row())
    for timing in theirs:
        print(timing.row(bare))
    print(mine.row(theirs[0] if theirs else bare))


def _all(policies: Path, parliament: str | None) -> None:
    count = len(list(policies.iterdir()))
    command = [*_lint(policies), "--exit-zero"]
    new = f"preflight lint, {count} managed policies, all new"
    whole, again = in_turn({new: [*command, "--no-cache"], "the same, none changed since": command})
    for timing in (whole, again):
        print(timing.row(), f" {count / timing.median:6.0f} policies/s, whole process")
    if parliament is None:
        return
    runs = [_seconds(parliament, policies) for _ in range(3)]
    theirs = Timing("parliament, its import not counted", tuple(seconds for seconds, _ in runs))
    print(theirs.row(), f" {count / theirs.median:6.0f} policies/s; breaks on {runs[0][1]}")
    print(f"{'':<44} {theirs.median / whole.median:8.1f} times its rate, {theirs.median / again.median:.1f} again")


def _seconds(parliament: str, policies: Path) -> tuple[float, int]:
    done = subprocess.run([parliament, "-c", FROM_PYTHON, str(policies)], capture_output=True, text=True, check=True)
    seconds, broken = done.stdout.split()
    return float(seconds), int(broken)


def _lint(path: Path) -> list[str]:
    return [str(Path(sys.executable).parent / "preflight"), "lint", str(path)]


def _reading(texts: list[str]) -> None:
    """Print how fast texts are read: parsed, parsed with what we look for, and each value's place found."""
    import yaml

    size = sum(map(len, texts)) / 1_000_000
    some = texts[::20]
    loader = yaml_loader()
    measured: tuple[tuple[str, list[str], Callable[[str], object]], ...] = (
        ("json.loads", texts, json.loads),
        ("read as a document, repeated names found", texts, lambda text: load_text(text, "p.json")),
        ("every place of a JSON text", texts, lambda text: places(text, "json", {}, {})),
        ("one place, in the middle", texts, lambda text: load_text(text, "p.json").position("/Statement/0/Resource")),
        ("yaml.load, libyaml", some, lambda text: yaml.load(text, loader)),
        ("yaml.load, pure Python", some[::4], lambda text: yaml.load(text, yaml.SafeLoader)),
    )
    print(f"reading {len(texts)} texts of {size:.1f} MB:")
    for name, these, read in measured:
        rate = sum(map(len, these)) / 1_000_000 / _best(these, read)
        print(f"{name:<44} {rate:8.1f} MB/s")


def _best(texts: list[str], read: Callable[[str], object]) -> float:
    found = []
    for _ in range(3):
        begun = time.perf_counter()
        for text in texts:
            read(text)
        found.append(time.perf_counter() - begun)
    return statistics.median(found)


def _parliament(venv: Path) -> str | None:
    """Return a Python that has parliament, None where it cannot be had."""
    if given := os.environ.get("PARLIAMENT_PYTHON"):
        return given
    python = venv / "bin" / "python"
    try:
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, capture_output=True)
        # It imports pkg_resources, which newer versions of setuptools do not have.
        install = [python, "-m", "pip", "install", "--quiet", PARLIAMENT, "setuptools<81"]
        subprocess.run(install, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        print(f"{PARLIAMENT} cannot be installed here: no comparison")
        return None
    return str(python)


if __name__ == "__main__":
    main()
