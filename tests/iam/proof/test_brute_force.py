"""Proofs against the engine: what holds is gone through request by request, what fails is put to the engine."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from preflight.iam.decide import decide
from preflight.iam.decision import Outcome
from preflight.iam.policy import Policy, parse_policy
from preflight.iam.proof import DocumentType, ProofVerdict, no_new_access
from preflight.iam.request import Policies, Request
from tests.iam.proof.small_world import changed, policy, requests

EVERYTHING = parse_policy(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, "everything"
)
DENIED = (Outcome.IMPLICIT_DENY, Outcome.EXPLICIT_DENY)


def decided(request: Request, one: Policy, type_: DocumentType) -> Outcome:
    beside_one = (one,) if any(each.allows for each in one.statements) else (EVERYTHING, one)
    by_type = {
        "identity": Policies((one,)),
        "boundary": Policies((EVERYTHING,), boundaries=(one,)),
        "scp": Policies((EVERYTHING,), service_control=(beside_one,)),
        "resource": Policies((EVERYTHING,), resource=one),
    }
    return decide(request, by_type[type_], nearest=False).outcome


def check(seed: int, type_: DocumentType, most: int) -> ProofVerdict:
    choice, naming = random.Random(seed), type_ == "resource"
    before = policy(choice, naming=naming)
    after = changed(choice, before, naming=naming) if choice.random() < 0.8 else policy(choice, naming=naming)
    old, new = parse_policy(before, "old"), parse_policy(after, "new")

    proof = no_new_access(old, new, type_)

    if proof.verdict is not ProofVerdict.FAILS:
        for request in requests(choice, json.dumps([before, after]), most, naming=naming):
            news = decided(request, new, type_) is Outcome.ALLOWED and decided(request, old, type_) in DENIED
            assert proof.verdict is ProofVerdict.UNKNOWN or not news, (seed, before, after, request)
    for each in proof.counterexamples:
        if not each.by_account:
            assert_confirmed(each.case(before, "old"), each.old)
            assert_confirmed(each.case(after, "new"), Outcome.ALLOWED)
    return proof.verdict


def assert_confirmed(case: dict[str, Any], outcome: Outcome | None) -> None:
    from preflight.simulate.cases import Case, read_case

    read = read_case(json.loads(json.dumps(case)), 1, "case", str)
    assert isinstance(read, Case)
    assert decide(read.request, read.policies).outcome is outcome


@pytest.mark.parametrize("type_", ["identity", "resource"])
def test_nothing_that_holds_is_contradicted(type_: DocumentType) -> None:
    verdicts = [check(seed, type_, 600) for seed in range(60)]

    assert verdicts.count(ProofVerdict.UNKNOWN) < 6
    assert {ProofVerdict.HOLDS, ProofVerdict.FAILS} <= set(verdicts)


@pytest.mark.nightly
@pytest.mark.parametrize("type_", ["boundary", "scp"])
def test_nothing_that_holds_is_contradicted_where_a_policy_limits(type_: DocumentType) -> None:
    verdicts = [check(seed, type_, 1000) for seed in range(6000, 7000)]

    assert verdicts.count(ProofVerdict.UNKNOWN) < len(verdicts) / 20


@pytest.mark.nightly
@pytest.mark.parametrize("type_", ["identity", "resource"])
def test_nothing_that_holds_is_contradicted_in_thousands_of_pairs(type_: DocumentType) -> None:
    verdicts = [check(seed, type_, 4000) for seed in range(1000, 6000)]

    assert verdicts.count(ProofVerdict.UNKNOWN) < len(verdicts) / 20
