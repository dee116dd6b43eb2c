"""Checking against a snapshot never loads the AWS libraries, and loads only the kinds that are asked for."""

import subprocess
import sys

USES = """
import sys
from preflight.account.facts import Ask
from preflight.declared.resource_kinds import load_kind
from preflight.account.overlays.policy_overrides import Overrides, with_overrides
from preflight.account.principals import policies_of
from preflight.account.snapshots.snapshot import Snapshot
iam = {"RoleDetailList": [{"RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r"}], "Policies": []}
facts = with_overrides(Snapshot({"version": 1, "account": "111122223333", "iam": iam}, "facts.json"), None, Overrides())
print(policies_of(facts, "arn:aws:iam::111122223333:role/r"))
loaded = {name.partition(".")[0] for name in sys.modules}
heavy = {"boto3", "botocore", "policyuniverse", "jsonschema", "rich", "typer"} & loaded
assert not heavy, heavy
assert load_kind.cache_info().currsize == 2, load_kind.cache_info()
"""


def test_the_snapshot_path_is_light() -> None:
    done = subprocess.run([sys.executable, "-c", USES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
