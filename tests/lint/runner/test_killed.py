"""A lint of many files whose process is killed leaves none of its workers behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil


def test_no_worker_is_left_behind(tmp_path: Path) -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    for number in range(700):
        policy = {"Version": "2012-10-17", "Statement": [{**statement, "Sid": f"S{number}"}] * 20}
        (tmp_path / f"{number}.json").write_text(json.dumps(policy))
    command = [sys.executable, "-m", "preflight", "lint", "--no-cache", "--jobs", "2", "."]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    parent = psutil.Process(process.pid)
    until = time.monotonic() + 120
    while len(parent.children(recursive=True)) < 2:
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.01)
    workers = parent.children(recursive=True)
    os.kill(process.pid, 9)
    process.wait()
    _, alive = psutil.wait_procs(workers, timeout=60)
    for each in alive:
        each.kill()
    assert not alive
