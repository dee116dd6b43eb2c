"""Pairs of policies and single ones, each with what is so by AWS's documentation; the sources stand in the cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from preflight.iam.decide import decide
from preflight.iam.decision import Outcome
from preflight.iam.policy import Policy, parse_policy
from preflight.iam.proof import (
    Assumptions,
    KnownNames,
    Proof,
    ProofVerdict,
    no_new_access,
    not_administrator,
    not_granted,
    not_public,
)
from preflight.simulate.cases import Case, read_case

FOLDER = Path(__file__).parent / "cases"
KNOWN = KnownNames(
    lambda: ("s3", "iam"),
    lambda service: {"s3": ("GetObject", "ListBucket"), "iam": ("PassRole",)}.get(service, ()),
    lambda service, name: {
        "GetObject": ("arn:${Partition}:s3:::${BucketName}/${ObjectName}",),
        "ListBucket": ("arn:${Partition}:s3:::${BucketName}",),
        "PassRole": ("arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}",),
    }[name],
)


def cases(name: str) -> list[Any]:
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [pytest.param(case, id=case["id"]) for case in map(json.loads, lines)]


@pytest.mark.parametrize("case", cases("pairs"))
@pytest.mark.parametrize("given", [Assumptions(), Assumptions(KNOWN)], ids=["bare", "known"])
def test_pair(case: dict[str, Any], given: Assumptions) -> None:
    old, new = parse_policy(case["old"], "old"), parse_policy(case["new"], "new")

    proof = no_new_access(old, new, case["type"], given)

    assert proof.verdict is (ProofVerdict.FAILS if case["new_access"] else ProofVerdict.HOLDS)
    for each in proof.counterexamples:
        assert each.new is Outcome.ALLOWED
        assert each.old in (Outcome.IMPLICIT_DENY, Outcome.EXPLICIT_DENY)
    confirmed(proof, case["new"], case["old"])


@pytest.mark.parametrize("case", cases("grants"))
def test_grant(case: dict[str, Any]) -> None:
    policy = parse_policy(case["policy"], "policy")

    proof = proved(policy, case)

    assert proof.verdict is (ProofVerdict.FAILS if case["expect"] else ProofVerdict.HOLDS)
    confirmed(proof, case["policy"])


def proved(policy: Policy, case: dict[str, Any]) -> Proof:
    if case["kind"] == "public":
        return not_public(policy, case["type"])
    if case["kind"] == "administrator":
        return not_administrator(policy, case["type"])
    return not_granted(policy, case["type"], case["actions"], case["resources"])


def confirmed(proof: Proof, new: Any, old: Any = None) -> None:
    """Put every counterexample into `preflight simulate`."""
    for each in proof.counterexamples:
        assert decided(each.case(new, "new")) is Outcome.ALLOWED
        if old is not None:
            assert decided(each.case(old, "old")) is each.old


def decided(case: dict[str, Any]) -> Outcome:
    read = read_case(json.loads(json.dumps(case)), 1, "case", str)
    assert isinstance(read, Case)
    return decide(read.request, read.policies).outcome
