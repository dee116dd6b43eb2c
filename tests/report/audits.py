"""Documents of audits (`schemas/audit.schema.json`) to make pages of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from preflight.audit.check import audit
from preflight.documents.text.document import Document
from preflight.report.audit import plain
from tests.audit.generated import ACCOUNT, account

REGION = "us-east-1"
RULES = ("ACC110", "ACC112", "ACC120", "ACC130", "IAM237")
LEVELS = ("error", "warning", "note")


@cache
def real() -> dict[str, Any]:
    """A generated account through the real audit."""
    return plain(audit(Document("account.json", account(100, endpoints=20))))


def role(name: str, of: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{of}:role/{name}"


def result(number: int, **changed: Any) -> dict[str, Any]:
    place = {"path": "account.json", "pointer": f"/iam/RoleDetailList/{number}", "line": number + 1, "column": 3}
    return {
        "rule": RULES[number % len(RULES)],
        "name": "some-rule",
        "kind": "open" if number % 9 == 8 else "fail",
        "level": LEVELS[number % 3],
        "message": f"finding {number} is about `team-{number}`",
        "subject": role(f"team-{number}"),
        "location": place,
        "evidence": [{"policy": f"policy-{number % 7}", "statement": "Statement[0]"}],
        "remedy": f"narrow statement {number % 5}",
        "aliases": [],
    } | changed


def grant(principal: str, action: str, reach: str = "all", **changed: Any) -> dict[str, Any]:
    return {
        "principal": principal,
        "action": action,
        "region": REGION,
        "reach": reach,
        "by": [{"policy": "policy-1", "statement": "Statement[0]"}],
        "example": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/x",
        "depends_on": ["aws:PrincipalTag/team is growth"] if reach == "open" else [],
    } | changed


def step(source: str, target: str, kind: str = "assume-role") -> dict[str, Any]:
    return {"source": source, "target": target, "kind": kind, "how": f"assumes {target.rpartition('/')[2]}"}


def quota(name: str, limit: float, used: int, most: int | None) -> dict[str, Any]:
    return {"region": REGION, "name": name, "limit": limit, "used": used, "most": most, "unit": "Instances"}


def made(
    results: Sequence[dict[str, Any]] = (),
    *,
    access: Sequence[dict[str, Any]] = (),
    administrators: Sequence[str] = (),
    steps: Sequence[dict[str, Any]] = (),
    quotas: Sequence[dict[str, Any]] = (),
    of: str = ACCOUNT,
    regions: Sequence[str] = (REGION, "eu-west-1"),
) -> dict[str, Any]:
    """A document with what is given, and nothing else."""
    counts = Counter(each["kind"] for each in results)
    return {
        "version": 1,
        "tool": {"name": "preflight", "version": "0.1.0"},
        "verdict": "findings" if results else "clean",
        "plan": {"account": of},
        "results": list(results),
        "counts": {kind: counts[kind] for kind in ("pass", "fail", "open", "notApplicable")},
        "account": of,
        "regions": list(regions),
        "access": list(access),
        "escalation": {"administrators": list(administrators), "steps": list(steps)},
        "quotas": list(quotas),
    }


def climbing() -> dict[str, Any]:
    """An account in which 40 roles become administrator through `hub`, and one of those is assumed by `far`."""
    hub, admin = role("hub"), role("admin")
    steps = [step(role(f"team-{number}"), hub) for number in range(40)]
    steps += [step(hub, admin, "passed-role"), step(role("far"), role("team-7"))]
    results = [result(number, rule="ACC110") for number in range(40)]
    access = [
        grant(role("team-1"), "sagemaker:CreateEndpoint"),
        grant(role("team-1"), "sagemaker:InvokeEndpoint", "some"),
    ]
    access += [
        grant(role("reader"), "sagemaker:DescribeEndpoint"),
        grant(role("perhaps"), "sagemaker:DeleteEndpoint", "open"),
    ]
    quotas = [quota("ml.g5.xlarge for endpoint usage", 8, 8, 8), quota("ml.m5.xlarge for endpoint usage", 20, 10, 15)]
    quotas += [quota("ml.t2.medium for endpoint usage", 20, 0, 0), quota("ml.c5.large for endpoint usage", 10, 2, None)]
    return made(results, access=access, administrators=[admin], steps=steps, quotas=quotas)


def row(account_id: str, status: str = "done", **changed: Any) -> dict[str, Any]:
    counts = {"error": 0, "warning": 0, "note": 0, "open": 0} if status == "done" else {}
    return {
        "account": account_id,
        "name": "",
        "status": status,
        "reason": "",
        "href": f"accounts/{account_id}.html" if status == "done" else "",
        "counts": counts,
    } | changed
