"""Proofs against SMT solvers: what one of them decides, the proofs do not decide otherwise."""

from __future__ import annotations

import importlib
import json
import random
import re
from collections import Counter

import pytest

from preflight.iam.policy import parse_policy
from preflight.iam.proof import Counterexample, ProofVerdict, no_new_access, policy_type
from tests.iam.proof.small_world import changed, policy
from tests.iam.proof.smt import LEFT_OUT, SPOKEN_OF, Formulas


def compare(solver: str, seeds: range, milliseconds: int) -> Counter[tuple[str, str]]:
    module = importlib.import_module(solver)
    answers: Counter[tuple[str, str]] = Counter()
    of = policy_type("identity")
    for seed in seeds:
        choice = random.Random(seed)
        old = policy(choice)
        new = changed(choice, old)
        if any(word in json.dumps([old, new]) for word in LEFT_OUT):
            continue
        told = Formulas(module).new_access(old, new, milliseconds)
        proof = no_new_access(parse_policy(old, "old", of), parse_policy(new, "new", of), "identity")
        answers[proof.verdict.value, told] += 1
        assert (proof.verdict, told) != (ProofVerdict.HOLDS, "sat"), (seed, old, new)
        if told == "unsat":
            assert not any(spoken_of(each) for each in proof.counterexamples), (seed, old, new)
    return answers


def spoken_of(each: Counterexample) -> bool:
    """Whether the formulas speak of a request like this one."""
    request = each.asked.request
    return all(
        re.fullmatch(pattern, text) for pattern, text in zip(SPOKEN_OF, (request.action, request.resource), strict=True)
    )


@pytest.mark.nightly
@pytest.mark.parametrize("solver", ["z3", "cvc5.pythonic"])
def test_solvers_agree(solver: str) -> None:
    pytest.importorskip(solver.partition(".")[0])

    answers = compare(solver, range(2000), 2000)

    assert answers["holds", "unsat"] > 50 and answers["fails", "sat"] > 100
