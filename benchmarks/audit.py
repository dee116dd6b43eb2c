"""Audits of generated accounts of 1,000, 10,000 and 50,000 roles: seconds and memory, one core, in whole processes."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import costs

SIZES = (1_000, 10_000, 50_000)


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
    format_ = "jsonl" if options else "json"  # which also has all access
    arguments = ["audit", "--snapshot", str(path), "--format", format_, "--output", str(report), *options]
    return costs([sys.executable, "-m", "preflight", *arguments])
