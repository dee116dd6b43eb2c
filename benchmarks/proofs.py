"""Proofs: AWS's managed policies against one changed statement, and the whole process against a lint of one file."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

from benchmarks.timing import in_turn
from preflight.iam.policy import parse_policy
from preflight.iam.proof import no_new_access, policy_type

SMALL = "AmazonS3ReadOnlyAccess"


def main() -> None:
    """Print the figures."""
    seconds: list[float] = []
    verdicts: Counter[str] = Counter()
    of = policy_type("identity")
    for number, (name, managed) in enumerate(sorted(json.loads(aws_managed_policies_data).items())):
        for kind, changed in changes(managed["Document"], number):
            pair = parse_policy(managed["Document"], name, of), parse_policy(changed, "changed", of)
            for way, (old, new) in (("narrowed", pair), ("widened", pair[::-1])):
                begun = time.perf_counter()
                proof = no_new_access(old, new, "identity")
                seconds.append(time.perf_counter() - begun)
                verdicts[f"{kind}, {way}: {proof.verdict}"] += 1
    seconds.sort()
    print(f"{len(seconds)} proofs of managed policies with one change")
    print(f"median {statistics.median(seconds) * 1000:8.2f} ms")
    print(f"p99    {seconds[len(seconds) * 99 // 100] * 1000:8.2f} ms")
    print(f"worst  {seconds[-1] * 1000:8.2f} ms")
    for each, count in sorted(verdicts.items()):
        print(f"{count:6} {each}")
    _process()


def changes(document: Any, number: int) -> Iterator[tuple[str, Any]]:
    """Yield changes of one statement that take access away, or none: `number` says which statement and action."""
    body = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    place = number % len(body)
    one = body[place]

    def changed(*statements: Any) -> Any:
        return {**document, "Statement": [*deepcopy(body[:place]), *statements, *deepcopy(body[place + 1 :])]}

    if one["Effect"] == "Allow" and "Bool" not in one.get("Condition", {}):
        yield (
            "condition added",
            changed({**one, "Condition": {**one.get("Condition", {}), "Bool": {"aws:SecureTransport": "true"}}}),
        )
    if one["Effect"] == "Allow" and len(body) > 1:
        yield "statement dropped", changed()
    actions = one.get("Action")
    if isinstance(actions, list) and len(actions) > 1:
        half = 1 + number % (len(actions) - 1)
        first = {name: value for name, value in one.items() if name != "Sid"}
        yield "statement split", changed({**one, "Action": actions[:half]}, {**first, "Action": actions[half:]})
        if one["Effect"] == "Allow":
            yield "action dropped", changed({**one, "Action": actions[1:]})


def _process() -> None:
    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder, "old.json"), Path(folder, "new.json")
        document = json.loads(aws_managed_policies_data)[SMALL]["Document"]
        old.write_text(json.dumps(document, indent=4))
        document["Statement"][0]["Action"] = document["Statement"][0]["Action"][:1]
        new.write_text(json.dumps(document, indent=4))
        preflight = [sys.executable, "-m", "preflight"]
        lint, prove = in_turn(
            {
                "preflight lint, one file": [*preflight, "lint", str(old), "--exit-zero"],
                "preflight prove no-new-access, one pair": [*preflight, "prove", "no-new-access", str(old), str(new)],
            },
            runs=15,
        )
        print(lint.row())
        print(prove.row(lint))
