"""Runs the real command line against the stand-in, over HTTP, and reads what it printed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.aws.control import StandIn

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The JSON report."""
        report: dict[str, Any] = json.loads(self.out)
        return report

    def of(self, rule: str) -> list[dict[str, Any]]:
        """Return the results of one rule."""
        return [result for result in self.report["results"] if result["rule"] == rule]

    def kinds(self, rule: str) -> list[str]:
        """Return the kinds of a rule's results, each once."""
        return sorted({result["kind"] for result in self.of(rule)})

    def said(self, rule: str, kind: str) -> str:
        """Return what the results of a rule and a kind say, with what to do about it."""
        found = [each for each in self.of(rule) if each["kind"] == kind]
        return "\n".join(f"{each['message']}\n{each.get('remedy', '')}" for each in found)


def check(aws: StandIn, plan: Mapping[str, Any], *options: str, **settings: str) -> Outcome:
    """Run `preflight check` in this process on a plan given on stdin; JSON unless the options say otherwise.

    `settings` are further environment variables of the AWS SDK.
    """
    arguments = ["check", "-", *(() if "--format" in options else ("--format", "json")), *options]
    environment = {**aws.environment(str(plan["region"])), **settings}
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        _as_command(arguments, environment, json.dumps(plan)),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        from preflight.cli.app import main

        try:
            main()
        except SystemExit as exit_:
            code = int(exit_.code or 0)
    return Outcome(code, out.getvalue(), err.getvalue())


def command(aws: StandIn, *arguments: str, stdin: str = "") -> Outcome:
    """Run `python -m preflight` in a process of its own."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **aws.environment()}
    done = subprocess.run(
        [sys.executable, "-m", "preflight", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        cwd=ROOT,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@contextlib.contextmanager
def _as_command(arguments: list[str], environment: Mapping[str, str], stdin: str) -> Iterator[None]:
    class Stdin(io.TextIOWrapper):
        def isatty(self) -> bool:
            return False

    text = Stdin(io.BytesIO(stdin.encode()), encoding="utf-8")
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    ours.pop("GITHUB_ACTIONS", None)
    with (
        patch.object(sys, "argv", ["preflight", *arguments]),
        patch.object(sys, "stdin", text),
        patch.dict(os.environ, {**ours, **environment}, clear=True),
    ):
        yield
