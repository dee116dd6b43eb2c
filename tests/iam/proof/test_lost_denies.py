"""A Deny that the new policy lacks: what it denied is not granted by the policy, but may be by others."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.iam.decide import decide
from preflight.iam.decision import Outcome
from preflight.iam.policy import parse_policy
from preflight.iam.proof import DocumentType, Proof, ProofVerdict, no_new_access, not_granted, policy_type
from preflight.simulate.cases import Case, read_case

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
GUARD = {"Sid": "Guard", "Effect": "Deny", "Action": "iam:*", "Resource": "*"}


def document(type_: DocumentType, *statements: dict[str, Any]) -> dict[str, Any]:
    named = {"Principal": "*"} if type_ in ("resource", "rcp", "trust", "vpc-endpoint") else {}
    return {"Version": "2012-10-17", "Statement": [{**named, **each} for each in statements]}


def proved(type_: DocumentType, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Proof:
    before, after = document(type_, *old), document(type_, *new)
    of = policy_type(type_)
    proof = no_new_access(parse_policy(before, "old", of), parse_policy(after, "new", of), type_)
    for each in proof.counterexamples:
        for document_, expected in ((after, Outcome.ALLOWED), (before, each.old)):
            case = read_case(each.case(document_, "p"), 1, "case", str)
            assert isinstance(case, Case)
            assert decide(case.request, case.policies).outcome is expected
    return proof


@pytest.mark.parametrize("type_", ["identity", "resource", "boundary", "session"])
def test_a_deny_that_is_lost_is_told(type_: DocumentType) -> None:
    proof = proved(type_, [READ, GUARD], [READ])

    assert proof.verdict is ProofVerdict.HOLDS
    assert [each.sid for each in proof.lifted] == ["Guard"]


@pytest.mark.parametrize(
    "new",
    [
        [READ, GUARD],
        [READ, {**GUARD, "Action": "*"}],
        [READ, {**GUARD, "Action": ["iam:*"], "Resource": ["*"]}],
        [READ, {**GUARD, "Action": "iam:?*"}],
        [READ, {**GUARD, "Condition": {"Null": {"aws:PrincipalArn": "false"}}}],
    ],
)
def test_what_is_denied_still_is_not_lost(new: list[dict[str, Any]]) -> None:
    assert proved("identity", [READ, GUARD], new).lifted == ()


def test_a_deny_that_is_narrower_is_lost_in_part() -> None:
    assert proved("identity", [READ, GUARD], [READ, {**GUARD, "Action": "iam:Create*"}]).lifted


@pytest.mark.parametrize("type_", ["trust", "vpc-endpoint"])
def test_where_the_policy_itself_has_to_allow_nothing_is_lost(type_: DocumentType) -> None:
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole"} | ({"Resource": "*"} if type_ != "trust" else {})
    deny = {"Effect": "Deny", "Action": "sts:TagSession"} | ({"Resource": "*"} if type_ != "trust" else {})

    assert proved(type_, [allow, deny], [allow]).lifted == ()


def test_a_service_control_policy_that_only_denies_stands_beside_one_that_allows_everything() -> None:
    assert proved("scp", [GUARD], [GUARD]).verdict is ProofVerdict.HOLDS
    assert proved("scp", [GUARD], [{**GUARD, "Action": ["iam:*", "s3:*"]}]).verdict is ProofVerdict.HOLDS
    narrower = proved("scp", [GUARD], [{**GUARD, "Action": "iam:Create*"}])
    assert narrower.verdict is ProofVerdict.FAILS
    assert narrower.counterexamples[0].old is Outcome.EXPLICIT_DENY

    policy = parse_policy(document("scp", GUARD), "p", policy_type("scp"))
    assert not_granted(policy, "scp", ["iam:CreateUser"]).verdict is ProofVerdict.HOLDS
    assert not_granted(policy, "scp", ["s3:GetObject"]).verdict is ProofVerdict.FAILS
