"""What a case says is needed fails where it is denied to an administrator; what is not needed does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from preflight.account.overlays.policy_overrides import Overrides
from preflight.account.snapshots.snapshot import Snapshot
from preflight.documents.plans.plan import Plan
from preflight.documents.plans.requests import plan_of
from preflight.documents.text.document import Document
from preflight.engine.result import Kind
from preflight.readiness.check import check

WHO = "arn:aws:iam::111122223333:role/deployer"
SNAPSHOT = {
    "version": 1,
    "account": "111122223333",
    "organization": None,
    "regions": {"us-east-1": {"RegionOptStatus": "ENABLED_BY_DEFAULT"}},
    "iam": {
        "UserDetailList": [],
        "GroupDetailList": [],
        "Policies": [],
        "RoleDetailList": [
            {
                "RoleName": "deployer",
                "Arn": WHO,
                "RolePolicyList": [],
                "AttachedManagedPolicies": [],
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
            }
        ],
    },
}


def document(name: str, value: Any) -> Document:
    return Document(name, value, json.dumps(value))


def plan_for(case: dict[str, Any]) -> Plan:
    kind = case.get("type", "")
    if kind.startswith("aws_"):
        given = case.get("properties", {})
        place = {"address": f"{kind}.it", "mode": "managed", "type": kind, "name": "it"}
        change = {"actions": ["create"], "before": None, "after": given, "after_unknown": {}}
        said = {name: {"constant_value": value} for name, value in given.items()}
        value = {
            "format_version": "1.2",
            "resource_changes": [{**place, "change": change}],
            "configuration": {"root_module": {"resources": [{**place, "expressions": said}]}},
        }
        return plan_of([document("plan.json", value)])
    if kind:
        value = {"Resources": {"It": {"Type": kind, "Properties": case.get("properties", {})}}}
        return plan_of([document("template.json", value)])
    return plan_of([document("request.json", case.get("parameters", {}))], case["call"])


def cases() -> Iterator[Any]:
    for at, line in enumerate((Path(__file__).parent / "needs.jsonl").read_text(encoding="utf-8").splitlines()):
        case = json.loads(line)
        yield pytest.param(case, id=f"{at}-{case.get('type') or case['call']}")


def denied(action: str) -> Overrides:
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": action, "Resource": "*"},
    ]
    return Overrides(identity=(document("all but one", {"Version": "2012-10-17", "Statement": statements}),))


@pytest.mark.parametrize("case", list(cases()))
def test_what_is_needed_fails_where_it_is_denied_and_what_is_not_does_not(case: dict[str, Any]) -> None:

    plan = replace(plan_for(case), region="us-east-1", principal=WHO)
    facts = Snapshot.load(document("snapshot.json", SNAPSHOT))
    needed = [each.partition(" on ")[0] for each in case["needed"]]
    wrong = []
    for action in [*needed, *case["not_needed"]]:
        results = check(plan, facts, select=["PRE110", "PRE122"], overrides=denied(action)).results
        failed = any(each.kind is Kind.FAIL and action.lower() in each.message.lower() for each in results)
        if failed != (action in needed):
            wrong.append(action)
    assert wrong == []
