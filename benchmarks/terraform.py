"""`preflight check` and `lint` of a Terraform plan of 20 MB, whole process: time and memory.

cfn-lint reads no Terraform; beside it stands what it takes for the 500 resources of `benchmarks/templates.py`, which is
far less. It is taken from the path, or from the variable CFN_LINT; without it only our own figures are given.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.templates import EXAMPLES, fleet
from benchmarks.timing import costs, in_turn

PLAN = Path(__file__).parent.parent / "tests" / "documents" / "terraform" / "plans" / "new.json"
MEGABYTES = 20
STACKS = 40


def main() -> None:
    """Print the medians of three runs, their ratios, and how much memory each takes."""
    with tempfile.TemporaryDirectory() as folder:
        plan, template = Path(folder) / "plan.json", Path(folder) / "Fleet.template.json"
        plan.write_text(json.dumps(large(MEGABYTES << 20), indent=1), encoding="utf-8")
        template.write_text(json.dumps(fleet(), indent=1), encoding="utf-8")
        changes = len(json.loads(plan.read_bytes())["resource_changes"])
        print(f"{changes} resources, {plan.stat().st_size / (1 << 20):.1f} MiB; cfn-lint: {len(fleet()['Resources'])}")
        check = [sys.executable, "-m", "preflight", "check", str(plan), "--quiet"]
        check += ["--snapshot", str(EXAMPLES / "snapshot.json")]
        check += ["--principal", "arn:aws:iam::111122223333:role/deployer"]
        commands = {
            "preflight check": check,
            "preflight lint": [sys.executable, "-m", "preflight", "lint", str(plan)],
        }
        peer = os.environ.get("CFN_LINT") or shutil.which("cfn-lint")
        if peer is not None:
            commands["cfn-lint"] = [peer, str(template)]
        found = in_turn(commands, runs=3)
        baseline = found[-1] if peer is not None else None
        for each, command in zip(found, commands.values(), strict=True):
            print(f"{each.row(baseline)}  {costs(command)[1]:.0f} MB")


def large(size: int) -> dict[str, Any]:
    """Return a plan of about that many bytes: some endpoints that are new, each with what it needs, in modules of their
    own, among resources that stay as they are.
    """
    one = json.loads(PLAN.read_bytes())
    changes: list[dict[str, Any]] = []
    calls: dict[str, Any] = {}
    for at in range(STACKS):
        module = f"fleet{at}"
        text = json.dumps(one["resource_changes"])
        for name in ("churn-v3", "churn-execution"):
            text = text.replace(f'"{name}', f'"{name}-{at}')
        for change in json.loads(text):
            address = f"module.{module}.{change['address']}"
            changes.append({**change, "address": address, "module_address": f"module.{module}"})
        calls[module] = {"source": "./fleet", "expressions": {}, "module": one["configuration"]["root_module"]}
    stays = {"id": "vol-1", "arn": "arn:aws:ec2:us-east-1:111122223333:volume/vol-1", "size": 100, "encrypted": True}
    stays |= {"tags": {f"tag-{at}": "a value of a tag" for at in range(40)}, "type": "gp3", "iops": 3000}
    still = {"mode": "managed", "type": "aws_ebs_volume", "name": "data", "provider_name": "registry/aws"}
    entry = {**still, "change": {"actions": ["no-op"], "before": stays, "after": stays, "after_unknown": {}}}
    count = size // (4 * len(json.dumps(stays, indent=1)))
    changes += [{"address": f"aws_ebs_volume.data[{at}]", "index": at, **entry} for at in range(count)]
    values = [
        {**{name: each[name] for name in ("address", "mode", "type", "name")}, "values": each["change"]["after"]}
        for each in changes
    ]
    root = {"resources": [{"address": "aws_ebs_volume.data", **still, "expressions": {}}], "module_calls": calls}
    return {
        **one,
        "planned_values": {"root_module": {"resources": values}},
        "resource_changes": changes,
        "configuration": {**one["configuration"], "root_module": root},
    }


if __name__ == "__main__":
    main()
