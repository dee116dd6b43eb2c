"""Decisions per second, one core, against the engine that moto ships, and `preflight simulate` on 100,000 lines.

The principal is a role with AmazonSageMakerFullAccess, a permissions boundary and an SCP; the request is
`sagemaker:CreateEndpoint` on endpoints of random names. The peer decides on AmazonSageMakerFullAccess alone, since it
knows neither boundaries nor SCPs.
"""

from __future__ import annotations

import copy
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.timing import costs
from preflight.iam.decide import decide
from preflight.iam.policy import parse_policy
from preflight.iam.request import Policies, Request

ROLE = "arn:aws:iam::111122223333:role/deployer"
ACTION = "sagemaker:CreateEndpoint"
BOUNDARY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["sagemaker:*", "s3:*", "ecr:*", "iam:PassRole"], "Resource": "*"}],
}
SCP = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["organizations:LeaveOrganization", "account:CloseAccount"], "Resource": "*"},
    ],
}


def full_access() -> dict[str, Any]:
    """Return AWS's managed policy as moto ships it."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    document: dict[str, Any] = json.loads(aws_managed_policies_data)["AmazonSageMakerFullAccess"]["Document"]
    return document


def rate(work: Callable[[int], object], *, seconds: float = 2.0, runs: int = 5) -> float:
    """Return the median number of calls per second of `work(i)` over several runs."""
    rates = []
    for _ in range(runs):
        done, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds / runs:
            for _ in range(50):
                work(done)
                done += 1
        rates.append(done / elapsed)
    return sorted(rates)[runs // 2]


def main() -> None:
    """Print decisions per second, compiled and not, and cases per second of the command."""
    document = full_access()
    name = random.Random(7).getrandbits
    arns = [f"arn:aws:sagemaker:us-east-1:111122223333:endpoint/e-{name(40):010x}" for _ in range(4096)]

    peer = moto_rate(document, arns)
    compiled = Policies(
        identity=(parse_policy(document, "AmazonSageMakerFullAccess"),),
        boundaries=(parse_policy(BOUNDARY, "boundary"),),
        service_control=((parse_policy(SCP, "scp"),),),
    )
    ours = rate(lambda i: decide(Request(ROLE, ACTION, arns[i & 4095]), compiled))

    text = json.dumps(document)

    def uncompiled(i: int) -> object:
        fresh = [copy.copy(each) for each in (document, BOUNDARY, SCP)]
        for each in fresh:
            each["Id"] = f"request-{i}-{time.perf_counter_ns()}"
        identity, boundary, scp = (parse_policy(each, "p") for each in fresh)
        policies = Policies(identity=(identity,), boundaries=(boundary,), service_control=((scp,),))
        return decide(Request(ROLE, ACTION, arns[i & 4095]), policies)

    def unseen(i: int) -> dict[str, Any]:
        policy: dict[str, Any] = json.loads(text)
        for number, statement in enumerate(policy["Statement"]):
            statement["Sid"] = f"s{number}x{i}x{time.perf_counter_ns()}"
        return policy

    def with_new_statements(i: int) -> object:
        identity, boundary, scp = (parse_policy(each, "p") for each in (unseen(i), BOUNDARY, SCP))
        policies = Policies(identity=(identity,), boundaries=(boundary,), service_control=((scp,),))
        return decide(Request(ROLE, ACTION, arns[i & 4095]), policies)

    print(f"moto, one policy                {peer:12,.0f} decisions/s")
    print(f"preflight, compiled policies    {ours:12,.0f} decisions/s  {ours / peer:6.1f} x moto")
    fresh = rate(uncompiled)
    print(f"preflight, statements seen      {fresh:12,.0f} decisions/s  {fresh / peer:6.1f} x moto")
    made = rate(unseen)
    anew = 1 / (1 / rate(with_new_statements) - 1 / made)
    print(f"preflight, statements new       {anew:12,.0f} decisions/s  {anew / peer:6.1f} x moto")
    read = rate(lambda _: json.loads(text))
    print(f"json.loads of that policy       {read:12,.0f} times/s")
    star = stars()
    print(f"1,000 stars, 10,000 characters  {star * 1000:12.1f} ms for parse and decision")
    simulate(document, arns)


def stars() -> float:
    """Return the seconds that a pattern of 1,000 stars takes on an ARN of 10,000 characters that it just misses."""
    arn = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/" + "a" * 9_950
    statement = {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:sagemaker:*:endpoint/" + "a*" * 1_000 + "b"}
    start = time.perf_counter()
    policy = parse_policy({"Version": "2012-10-17", "Statement": [statement]}, "stars")
    decide(Request(ROLE, ACTION, arn), Policies(identity=(policy,)))
    return time.perf_counter() - start


def moto_rate(document: dict[str, Any], arns: list[str]) -> float:
    """Return the peer's rate on the identity policy alone, parsed once."""
    from moto.iam.access_control import IAMPolicy

    policy = IAMPolicy({"policy_document": json.dumps(document)})
    return rate(lambda i: policy.is_action_permitted(ACTION, arns[i & 4095]))


def simulate(document: dict[str, Any], arns: list[str], lines: int = 100_000) -> None:
    """Print the rate and peak memory of `preflight simulate` on JSONL, of small cases and of long ones."""
    for what, identity, count in (
        ("small", BOUNDARY, lines // 10),
        ("small", BOUNDARY, lines),
        ("long", document, lines // 10),
        ("long", document, lines),
    ):
        case = {
            "principal": ROLE,
            "action": ACTION,
            "identity_policies": [{"name": "identity", "policy": identity}],
            "permissions_boundaries": [{"name": "boundary", "policy": BOUNDARY}],
            "service_control_policies": [[{"name": "scp", "policy": SCP}]],
        }
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "cases.jsonl"
            with path.open("w", encoding="utf-8") as file:
                for i in range(count):
                    file.write(json.dumps({"id": str(i), "resource": arns[i & 4095], **case}) + "\n")
            size = path.stat().st_size / count / 1000
            elapsed, peak = costs([sys.executable, "-m", "preflight", "simulate", str(path), "--format", "jsonl"])
            told = f"{count / elapsed:12,.0f} cases/s, peak {peak:.0f} MB"
            print(f"simulate, {what:5} {count:7,} lines of {size:4.1f} KB {told}")
