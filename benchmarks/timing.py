"""Timing whole processes in turn, so that a machine whose speed drifts is unfair to nobody."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall seconds of the counted runs of one command."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The figure to quote, in seconds."""
        return statistics.median(self.seconds)

    def row(self, baseline: Timing | None = None) -> str:
        """One line: median, spread and, against a baseline, the ratio of the medians."""
        low, high = min(self.seconds) * 1000, max(self.seconds) * 1000
        text = f"{self.name:<44} {self.median * 1000:8.1f} ms  [{low:.1f}-{high:.1f}]"
        return text if baseline is None else f"{text}  {self.median / baseline.median:6.2f} x {baseline.name}"


def in_turn(
    commands: Mapping[str, Sequence[str]], *, runs: int = 5, env: Mapping[str, str] | None = None
) -> list[Timing]:
    """Run every command once unmeasured, then `runs` times in turn; return one timing per command, in order.

    Raises `RuntimeError` when a command exits with another status than in its first run, or with 2 (bad usage).
    """
    expected = {name: _once(command, env)[1] for name, command in commands.items()}
    if bad := [name for name, status in expected.items() if status == 2]:
        raise RuntimeError(f"not measurable: {', '.join(bad)} ended with exit code 2")
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            elapsed, status = _once(command, env)
            if status != expected[name]:
                raise RuntimeError(f"{name} ended with exit code {status}, before with {expected[name]}")
            seconds[name].append(elapsed)
    return [Timing(name, tuple(values)) for name, values in seconds.items()]


def _once(command: Sequence[str], env: Mapping[str, str] | None) -> tuple[float, int]:
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, check=False)
    return time.perf_counter() - start, done.returncode


def costs(command: Sequence[str]) -> tuple[float, float]:
    """Return the seconds that a command takes and its peak memory in MB. Raises `RuntimeError` where it could not run.

    A process counts what its parent had when it was started as its own peak, so a small one stands between.
    """
    small = (
        "import resource, subprocess, sys, time; start = time.perf_counter();"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL);"
        "print(done.returncode, time.perf_counter() - start,"
        " resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    ran = subprocess.run([sys.executable, "-c", small, *command], capture_output=True, text=True, check=True)
    code, seconds, peak = ran.stdout.split()
    if code not in ("0", "1", "3"):
        raise RuntimeError(f"not measurable: {' '.join(command)} ended with exit code {code}")
    return float(seconds), float(peak)
