"""Audits of many accounts: seconds and memory for 10, 100 and 1,000, of 100 roles each, and what one live account asks.

The accounts are snapshots in a folder, so the figures are of deciding. What reading adds is calls: how many an account
takes is counted on the stand-in for AWS, with 100 ms to each answer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

SIZES = (10, 100, 1_000)
ROLES, ENDPOINTS = 100, 5
LATENCY = 0.1


def main() -> None:
    """Print the cost of each number of accounts, and of one account that is read from AWS."""
    for size in SIZES:
        _folder(size)
    _live()


def _folder(size: int) -> None:
    from tests.audit.generated import ACCOUNT, account

    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps(account(ROLES, endpoints=ENDPOINTS))
        snapshots = Path(folder, "snapshots")
        snapshots.mkdir()
        for number in range(size):
            name = f"{number:012d}"
            (snapshots / f"{name}.json").write_text(text.replace(ACCOUNT, name), encoding="utf-8")
        options = ["--snapshot", str(snapshots), "--into", str(Path(folder, "out")), "--quiet"]
        seconds, megabytes = measured(options)
        again, _ = measured(options)
        quarters = [max(megabytes[part * len(megabytes) // 4 :][: len(megabytes) // 4 + 1]) for part in range(4)]
        written = sum(each.stat().st_size for each in Path(folder, "out").rglob("*") if each.is_file())
        print(
            f"{size:6,} accounts of {ROLES} roles ({len(text) / 1e3:.0f} kB each): {seconds:7.1f} s, "
            f"{seconds / size * 1000:6.1f} ms each, "
            f"at most {' '.join(f'{each:.0f}' for each in quarters)} MB in its four quarters, "
            f"{written / size / 1e3:.0f} kB written each; run again {again:.2f} s"
        )


def measured(options: list[str], env: dict[str, str] | None = None) -> tuple[float, list[float]]:
    """Return the seconds of an audit, and the megabytes that all its processes hold, looked at every 50 ms.

    What processes share is counted for each.
    """
    import psutil

    begun = time.perf_counter()
    command = [sys.executable, "-m", "preflight", "audit", *options]
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, env=env)
    held = [0.0]
    while process.poll() is None:
        with suppress(psutil.Error):
            held.append(sum(each.memory_info().rss for each in (process, *process.children(recursive=True))) / 1e6)
        time.sleep(0.05)
    if process.returncode not in (0, 1, 3):
        raise SystemExit(f"the audit ended with {process.returncode}")
    return time.perf_counter() - begun, held


def _live() -> None:
    from tests.audit.many.organized import READER, organize
    from tests.aws.control import StandIn
    from tests.aws.overlay import World
    from tests.aws.server import serving

    world = World()
    with serving(world) as url, tempfile.TemporaryDirectory() as folder:
        aws = StandIn(url, world)
        aws.reset()
        org = organize(aws)
        for number in range(9):
            org.member(f"member-{number}")
        aws.latency(LATENCY)
        aws.calls.clear()
        env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        env |= aws.environment()
        regions = ["us-east-1", "eu-west-1"]
        options = ["--organization", "--into", folder, "--role-name", READER, "--quiet"]
        for region in regions:
            options += ["--region", region]
        seconds, _ = measured(options, env)
        calls = Counter(call.action for call in aws.calls)
        once = sum(count for action, count in calls.items() if action.startswith("organizations:"))
        each = (sum(calls.values()) - once) / 10
        print(
            f"    10 live accounts, {len(regions)} regions, {LATENCY * 1000:.0f} ms a call: {seconds:.1f} s; "
            f"{once} calls once for the organization, {each:.1f} calls an account"
        )
        for action, count in calls.most_common():
            print(f"           {count:4} {action}")
