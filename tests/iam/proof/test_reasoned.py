"""Claims about policies of every type, whose answers follow from AWS's documentation by reasoning alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from preflight.api.proofs import no_new_access, not_granted, not_public
from preflight.iam.decide import decide
from preflight.iam.decision import Outcome
from preflight.iam.proof import Proof
from preflight.simulate.cases import Case, read_case

LINES = (Path(__file__).parent / "cases" / "reasoned.jsonl").read_text(encoding="utf-8").splitlines()


def proved(case: dict[str, Any]) -> Proof:
    assume, type_ = case.get("assume"), case["type"]
    if case["claim"] == "no-new-access":
        return no_new_access(case["old"], case["new"], type_, assume=assume, today=case.get("today", False))
    if case["claim"] == "not-public":
        return not_public(case["policy"], type_, assume=assume)
    actions, resources, principals = (case.get(each, ()) for each in ("actions", "resources", "principals"))
    return not_granted(case["policy"], actions, resources, principals, type_, assume=assume)


def outcome(case: dict[str, Any]) -> Outcome:
    read = read_case(json.loads(json.dumps(case)), 1, "case", str)
    assert isinstance(read, Case)
    return decide(read.request, read.policies).outcome


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in map(json.loads, LINES)])
def test_claim(case: dict[str, Any]) -> None:
    proof = proved(case)

    assert proof.verdict.value in case["expect"]
    for each in proof.counterexamples:
        assert outcome(each.case(case.get("new") or case["policy"], "new")) is Outcome.ALLOWED
        if "old" in case and not each.by_account:
            assert outcome(each.case(case["old"], "old")) is each.old
