"""`not_granted` to some principals: who is asked for is looked at, whether or not the policy mentions them."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.iam.decide import decide
from preflight.iam.decision import Outcome
from preflight.iam.policy import parse_policy
from preflight.iam.principals import PrincipalError, caller
from preflight.iam.proof import ProofVerdict, not_granted
from preflight.iam.proof.sought import is_sought
from preflight.simulate.cases import Case, read_case

OWN = "111122223333"
ROLE = f"arn:aws:iam::{OWN}:role/team/app"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/app/ci"


def document(**changed: Any) -> dict[str, Any]:
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", **changed}
    return {"Version": "2012-10-17", "Statement": [allow, deny] if changed else [allow]}


def where(operator: str, key: str, value: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


@pytest.mark.parametrize(
    "pattern",
    [
        OWN,
        "1111*",
        ROLE,
        SESSION,
        "lambda.amazonaws.com",
        "lambda.*",
        f"arn:aws:iam::{OWN}:*",
        f"arn:aws:iam::{OWN}:role/team-*",
        "arn:aws:iam::*:user/al?ce",
        "arn:aws:iam::1*:role/x",
        "arn:aws*:iam::*:role/x",
        f"arn:aws:sts::{OWN}:*",
        "arn:aws:sts::*:assumed-role/*",
        "arn:aws:sts::*:assumed-role/r?/ci-*",
        "*:federated-user/*",
        "*/admin",
        "*",
    ],
)
def test_what_is_granted_to_everyone_is_granted_to_each(pattern: str) -> None:
    policy = document()

    proof = not_granted(parse_policy(policy, "p"), "resource", ["s3:GetObject"], principals=[pattern])

    assert proof.verdict is ProofVerdict.FAILS
    for each in proof.counterexamples:
        assert is_sought([pattern], caller(each.asked.request.principal))
        case = read_case(each.case(policy, "p"), 1, "case", str)
        assert isinstance(case, Case)
        assert decide(case.request, case.policies).outcome is Outcome.ALLOWED


def test_nothing_is_granted_in_another_partition() -> None:
    policy = parse_policy(document(), "p")

    proof = not_granted(policy, "resource", ["s3:GetObject"], principals=["arn:aws-cn:iam::*:role/x"])

    assert proof.verdict is ProofVerdict.HOLDS


@pytest.mark.parametrize(
    ("pattern", "deny", "verdict"),
    [
        (OWN, {"Principal": {"AWS": OWN}}, ProofVerdict.HOLDS),
        (OWN, {"Principal": {"AWS": ROLE}}, ProofVerdict.FAILS),
        (ROLE, {"Principal": {"AWS": ROLE}}, ProofVerdict.HOLDS),
        (SESSION, {"Principal": {"AWS": SESSION}}, ProofVerdict.HOLDS),
        (SESSION, {"Principal": {"AWS": f"{SESSION}2"}}, ProofVerdict.FAILS),
        (f"arn:aws:sts::{OWN}:assumed-role/app/*", {"Principal": {"AWS": ROLE}}, ProofVerdict.HOLDS),
        (f"arn:aws:sts::{OWN}:assumed-role/ap?/ci", {"Principal": {"AWS": ROLE}}, ProofVerdict.FAILS),
        (f"arn:aws:sts::{OWN}:assumed-role/app/*", {"Principal": {"AWS": SESSION}}, ProofVerdict.FAILS),
        (
            f"arn:aws:sts::{OWN}:assumed-role/app-*/*",
            where("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/app-?*"),
            ProofVerdict.FAILS,
        ),
        (
            f"arn:aws:iam::{OWN}:role/team/*",
            where("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{OWN}:role/*"),
            ProofVerdict.HOLDS,
        ),
        ("arn:aws:iam::*:role/*", where("StringEquals", "aws:PrincipalAccount", OWN), ProofVerdict.FAILS),
        ("arn:aws:iam::1111*:role/*", where("StringLike", "aws:PrincipalAccount", "111*"), ProofVerdict.HOLDS),
        ("lambda.amazonaws.com", where("Bool", "aws:PrincipalIsAWSService", "true"), ProofVerdict.HOLDS),
        ("*assumed-role*", {"Principal": {"AWS": OWN}}, ProofVerdict.FAILS),
    ],
)
def test_what_is_denied_to_them(pattern: str, deny: dict[str, Any], verdict: ProofVerdict) -> None:
    policy = parse_policy(document(**deny), "p")

    assert not_granted(policy, "resource", ["s3:GetObject"], principals=[pattern]).verdict is verdict


def test_sessions_of_roles_that_a_pattern_leaves_open() -> None:
    policy = parse_policy(document(Principal={"AWS": "*"}), "p")

    assert not_granted(policy, "resource", principals=["*role/a*b/c"]).verdict in (
        ProofVerdict.UNKNOWN,
        ProofVerdict.HOLDS,
    )
    narrow = parse_policy(document(**where("StringLike", "aws:userid", "*")), "p")
    assert (
        not_granted(narrow, "resource", principals=["arn:aws:sts::*:assumed-role/a/b*"]).verdict
        is not ProofVerdict.HOLDS
    )


@pytest.mark.parametrize("pattern", ["bob", "AROAEXAMPLE", "arn:aws:s3:::b*", "arn:aws:iam::123:role/*"])
def test_what_no_principal_matches_is_an_error(pattern: str) -> None:
    with pytest.raises(PrincipalError):
        not_granted(parse_policy(document(), "p"), "resource", principals=[pattern])
