"""Every type of policy: what is lifted is shown by a request that `preflight simulate` decides so; the rest holds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.proofs import changes
from preflight.iam.decide import decide
from preflight.iam.decision import Outcome
from preflight.iam.policy import parse_policy
from preflight.iam.proof import Assumptions, DocumentType, ProofVerdict, no_new_access, policy_type
from preflight.simulate.cases import Case, read_case

OWN, OTHER = "111122223333", "arn:aws:iam::444455556666:role/other"
ALLOW = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
GUARD = {"Effect": "Deny", "Action": "sqs:Delete*", "Resource": "*"}
TRUST = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "sts:AssumeRole"}
OUTSIDE = {"StringNotEquals": {"sts:ExternalId": "x7"}}


def document(*statements: dict[str, Any], principal: bool = False) -> dict[str, Any]:
    named = {"Principal": "*"} if principal else {}
    return {"Version": "2012-10-17", "Statement": [{**named, **each} for each in statements]}


@pytest.mark.parametrize("type_", ["identity", "boundary", "session", "scp", "rcp", "resource", "vpc-endpoint"])
def test_a_deny_that_is_dropped(type_: DocumentType) -> None:
    naming = type_ in ("resource", "rcp", "vpc-endpoint")
    old, new = document(ALLOW, GUARD, principal=naming), document(ALLOW, principal=naming)

    proof = proved(old, new, type_)

    assert proof.verdict is ProofVerdict.FAILS
    (one,) = proof.counterexamples
    assert one.asked.request.action.startswith("sqs:")
    assert decided(one.case(new, "new")) is Outcome.ALLOWED
    assert decided(one.case(old, "old")) is one.old is Outcome.EXPLICIT_DENY
    assert proved(new, old, type_).verdict is ProofVerdict.HOLDS
    assert proved(old, old, type_).verdict is ProofVerdict.HOLDS


def test_trust() -> None:
    guarded = {**TRUST, "Condition": {"StringEquals": {"sts:ExternalId": "x7"}}}
    old, new = document(guarded), document(TRUST)

    proof = proved(old, new, "trust")

    (one,) = proof.counterexamples
    assert one.asked.request.principal == OTHER
    assert decided(one.case(new, "new")) is Outcome.ALLOWED
    assert decided(one.case(old, "old")) is Outcome.IMPLICIT_DENY
    denied = document(TRUST, {**TRUST, "Effect": "Deny", "Principal": "*", "Condition": OUTSIDE})
    assert proved(guarded_only := document(guarded), denied, "trust").verdict is ProofVerdict.HOLDS
    assert proved(denied, guarded_only, "trust").verdict is ProofVerdict.HOLDS


def test_a_service_control_policy_in_two_spellings() -> None:
    region = {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}
    one = document({"Effect": "Allow", "Action": "*", "Resource": "*"}, {**GUARD, "Action": "*", "Condition": region})
    two = document(
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {**GUARD, "NotAction": ["iam:*"], "Condition": region} | {},
        {**GUARD, "Action": "iam:*", "Condition": region},
    )
    two["Statement"][1].pop("Action")

    assert proved(one, two, "scp").verdict is ProofVerdict.HOLDS
    assert proved(two, one, "scp").verdict is ProofVerdict.HOLDS


@pytest.mark.nightly
def test_managed_policies_and_changes_of_them() -> None:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    unknown = total = 0
    for number, (_, managed) in enumerate(sorted(json.loads(aws_managed_policies_data).items())):
        for kind, changed in changes(managed["Document"], number):
            total += 2
            narrowed = proved(managed["Document"], changed, "identity").verdict
            assert narrowed is not ProofVerdict.FAILS, (number, kind)
            widened = proved(changed, managed["Document"], "identity")
            assert kind != "statement split" or widened.verdict is not ProofVerdict.FAILS, (number, kind)
            unknown += (narrowed is ProofVerdict.UNKNOWN) + (widened.verdict is ProofVerdict.UNKNOWN)
            for each in widened.counterexamples:
                assert decided(each.case(managed["Document"], "new")) is Outcome.ALLOWED
    assert unknown < total / 200


def proved(old: Any, new: Any, type_: DocumentType) -> Any:
    of = policy_type(type_)
    return no_new_access(parse_policy(old, "old", of), parse_policy(new, "new", of), type_, Assumptions())


def decided(case: dict[str, Any]) -> Outcome:
    read = read_case(json.loads(json.dumps(case)), 1, "case", str)
    assert isinstance(read, Case), read
    return decide(read.request, read.policies).outcome
