"""Audits of generated accounts of 1,000, 10,000 and 50,000 roles: seconds and memory, one core, in whole processes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (1_000, 10_000, 50_000)
_RUN = """
import resource, sys, time
from preflight.cli.app import run
begun = time.perf_counter()
code = run(["audit", "--snapshot", sys.argv[1], "--format", "json", "--output", sys.argv[2], *sys.argv[3:]])
took = time.perf_counter() - begun
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, code)
"""


def main() -> None:
    """Print, for each size, what the audit takes as a whole, of its parts, and its peak memory."""
    from tests.audit.generated import account

    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            path = Path(folder) / f"{size}.json"
            path.write_text(json.dumps(account(size)), encoding="utf-8")
            report = Path(folder) / "report.json"
            whole = _measured(path, report)
            access = _measured(path, report, "--select", "ACC101,ACC102,ACC103,ACC104")
            escalation = _measured(path, report, "--select", "ACC110")
            lint = _measured(path, report, "--select", "IAM")
            print(
                f"{size:7,} roles, {path.stat().st_size / 1e6:5.1f} MB: {whole[0]:6.1f} s, {whole[1]:5.0f} MB"
                f"  (access {access[0]:.1f} s, escalation {escalation[0]:.1f} s, lint {lint[0]:.1f} s)"
            )


def _measured(path: Path, report: Path, *options: str) -> tuple[float, float]:
    begun = time.perf_counter()
    command = [sys.executable, "-c", _RUN, str(path), str(report), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    _, memory, _ = done.stdout.split()
    return time.perf_counter() - begun, float(memory)
