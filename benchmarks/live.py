"""A live check against the stand-in for AWS with 100 ms on each call: an endpoint of ten variants, whole process.

Each variant has its own model with its own data. The stand-in serves from this process, the command runs in one of its
own. Wall time is given in latencies, for the process and from its first request to its last answer; beside it what the
command itself counts (`--verbose`), and the same without latency: what is left then is work of the processor.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LATENCY = 0.1
VARIANTS = 10
_COUNTED = re.compile(r"(\d+) requests to AWS.*the longest chain: (\d+) calls")


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds of the process, seconds at AWS, calls, the longest chain."""

    process: float
    at_aws: float
    calls: int
    chain: int


def main() -> None:
    """Print the medians of five runs, with and without latency."""
    from tests.aws.account import populate
    from tests.aws.control import StandIn
    from tests.aws.overlay import World
    from tests.aws.server import serving

    world = World()
    with serving(world) as url, tempfile.TemporaryDirectory() as folder:
        aws = StandIn(url, world)
        aws.reset()
        path = Path(folder) / "plan.json"
        path.write_text(json.dumps(_plan(aws, populate(aws, encrypted=False))), encoding="utf-8")
        bare = _runs(aws, path)
        aws.latency(LATENCY)
        slow = _runs(aws, path)
        aws.mend()
    middle = {name: statistics.median(getattr(run, name) for run in slow) for name in ("process", "at_aws")}
    calls, chain = slow[0].calls, max(run.chain for run in slow)
    spread = ", ".join(f"{run.process / LATENCY:.1f}" for run in slow)
    print(f"whole process                    {middle['process'] / LATENCY:6.1f} latencies of 100 ms  [{spread}]")
    print(f"from first request to last       {middle['at_aws'] / LATENCY:6.1f} latencies")
    print(f"longest chain of calls           {chain:6d}")
    print(f"calls                            {calls:6d}")
    print(f"whole process, without latency   {statistics.median(run.process for run in bare) * 1000:6.0f} ms")


def _runs(aws: Any, plan: Path, count: int = 5) -> list[Run]:
    _run(aws, plan)
    return [_run(aws, plan) for _ in range(count)]


def _run(aws: Any, plan: Path) -> Run:
    aws.calls.clear()
    environment = {"PATH": os.environ["PATH"], **aws.environment()}
    command = [sys.executable, "-m", "preflight", "check", str(plan), "--verbose", "--format", "json"]
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    took = time.monotonic() - start
    counted = _COUNTED.search(done.stderr)
    if done.returncode != 0 or counted is None:
        raise RuntimeError(f"the check ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr}")
    calls = list(aws.calls)
    at_aws = max(call.end for call in calls) - min(call.start for call in calls)
    return Run(took, at_aws, int(counted[1]), int(counted[2]))


def _plan(aws: Any, ready: Any) -> dict[str, Any]:
    sagemaker, s3 = aws.client("sagemaker"), aws.client("s3")
    (usual,) = ready.config_request["ProductionVariants"]
    variants = []
    for number in range(VARIANTS):
        key = f"churn/{number}/model.tar.gz"
        s3.put_object(Bucket=ready.bucket, Key=key, Body=b"model")
        container = {**ready.model_request["PrimaryContainer"], "ModelDataUrl": f"s3://{ready.bucket}/{key}"}
        sagemaker.create_model(**{**ready.model_request, "ModelName": f"churn-{number}", "PrimaryContainer": container})
        variants.append(
            {**usual, "VariantName": f"v{number}", "ModelName": f"churn-{number}", "InitialInstanceCount": 1}
        )
    aws.quota("ml.m5.xlarge for endpoint usage", 2 * VARIANTS)
    sagemaker.create_endpoint_config(EndpointConfigName="churn-ten", ProductionVariants=variants)
    plan: dict[str, Any] = ready.plan(
        ("sagemaker:CreateEndpoint", {**ready.request, "EndpointConfigName": "churn-ten"})
    )
    return plan


if __name__ == "__main__":
    main()
