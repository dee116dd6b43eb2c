"""Roles for identity providers that many share: whose tokens they take.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
"""

from __future__ import annotations

from typing import Any

import pytest

from preflight.iam.decide import decide
from preflight.iam.decision import Outcome
from preflight.iam.policy import parse_policy
from preflight.iam.proof import Proof, not_public, policy_type
from preflight.simulate.cases import Case, read_case

GITHUB = "token.actions.githubusercontent.com"
COGNITO = "cognito-identity.amazonaws.com"
AUDIENCE = {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}
FAILS, HOLDS, UNKNOWN = "fails", "holds", "unknown"


def trust(host: str, condition: Any, **more: Any) -> dict[str, Any]:
    named = host if host in ("*", "accounts.google.com", "graph.facebook.com", COGNITO) else _arn(host)
    return {
        "Effect": "Allow",
        "Principal": {"Federated": named},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
        **more,
    }


def _arn(host: str) -> str:
    return f"arn:aws:iam::111122223333:oidc-provider/{host}"


def proved(*statements: dict[str, Any]) -> Proof:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    proof = not_public(parse_policy(document, "trust", policy_type("trust")), "trust")
    for each in proof.counterexamples:
        case = read_case(each.case(document, "trust"), 1, "case", str)
        assert isinstance(case, Case)
        assert decide(case.request, case.policies).outcome is Outcome.ALLOWED
    return proof


@pytest.mark.parametrize(
    ("operator", "claim", "value", "verdict"),
    [
        ("StringLike", "sub", "*", FAILS),
        ("StringLike", "sub", "repo:*", FAILS),
        ("StringLike", "sub", "repo:acme*", FAILS),
        ("StringLike", "sub", "repo:*/app:*", FAILS),
        ("StringLike", "sub", "repo:*:environment:prod", FAILS),
        ("StringLike", "sub", ["repo:acme/app:*", "repo:*:pull_request"], FAILS),
        ("StringLike", "sub", "repository_owner:acme*", FAILS),
        ("StringEquals", "sub", "workflow:deploy", FAILS),
        ("StringNotEquals", "sub", "repo:acme/app:pull_request", FAILS),
        ("StringLikeIfExists", "sub", "repo:acme/*", FAILS),
        ("Null", "sub", "false", FAILS),
        ("StringLike", "repository_owner_id", "12*", FAILS),
        ("StringEquals", "actor", "ann", FAILS),
        ("StringEquals", "aud", "sts.amazonaws.com", FAILS),
        ("StringLike", "sub", "repo:acme/*", HOLDS),
        ("StringLike", "sub", ["repo:acme/app:*", "repo:acme/web:*"], HOLDS),
        ("StringEquals", "sub", "repo:acme/app:ref:refs/heads/main", HOLDS),
        ("StringEqualsIgnoreCase", "sub", "repo:Acme/app:ref:refs/heads/main", HOLDS),
        ("StringEquals", "repository_owner_id", "12", HOLDS),
        ("StringLike", "job_workflow_ref", "acme/workflows/.github/workflows/*", HOLDS),
    ],
)
def test_workflows_of_github(operator: str, claim: str, value: Any, verdict: str) -> None:
    proof = proved(trust(GITHUB, {operator: {f"{GITHUB}:{claim}": value}}))

    assert proof.verdict.value == verdict


def test_the_counterexample_shows_whose_the_token_is() -> None:
    (one,) = proved(trust(GITHUB, AUDIENCE)).counterexamples

    assert one.asked.request.action == "sts:AssumeRoleWithWebIdentity"
    assert one.asked.request.principal == _arn(GITHUB)
    assert one.asked.request.context.values[f"{GITHUB}:sub"] == "repo:another-owner/app:ref:refs/heads/main"


def test_a_deny_for_all_others() -> None:
    others = {"StringNotLike": {f"{GITHUB}:sub": "repo:acme/*"}}

    assert proved(trust(GITHUB, AUDIENCE), trust(GITHUB, others, Effect="Deny")).verdict.value == HOLDS
    assert (
        proved(trust(GITHUB, AUDIENCE), trust(GITHUB, others, Effect="Deny", Action="sts:TagSession")).verdict.value
        == FAILS
    )


@pytest.mark.parametrize(
    ("host", "operator", "claim", "value", "verdict"),
    [
        ("gitlab.com", "StringEquals", "aud", "https://gitlab.com", FAILS),
        ("gitlab.com", "StringLike", "sub", "project_path:acme*", FAILS),
        ("gitlab.com", "StringLike", "sub", "project_path:acme/*", HOLDS),
        ("app.terraform.io", "StringLike", "sub", "organization:acme*", FAILS),
        ("app.terraform.io", "StringLike", "sub", "organization:acme:project:*", HOLDS),
        ("oidc.vercel.com", "StringEquals", "aud", "https://vercel.com/acme", HOLDS),
        ("oidc.vercel.com", "StringEquals", "environment", "production", FAILS),
        ("oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE", "Null", "sub", "false", HOLDS),
        ("accounts.google.com", "StringEquals", "email", "ann@example.com", FAILS),
        ("accounts.google.com", "StringEquals", "aud", "66677788899900pro0", UNKNOWN),
        ("accounts.google.com", "StringEquals", "sub", "108745", HOLDS),
        ("graph.facebook.com", "StringEquals", "app_id", "1234", UNKNOWN),
        ("graph.facebook.com", "StringEquals", "id", "1234", HOLDS),
        (COGNITO, "StringEquals", "aud", "us-east-1:12345678", UNKNOWN),
        (COGNITO, "ForAnyValue:StringLike", "amr", "authenticated", FAILS),
        (COGNITO, "StringEquals", "sub", "us-east-1:12345678", HOLDS),
        ("*", "Bool", "aws:SecureTransport", "true", FAILS),
    ],
)
def test_other_providers(host: str, operator: str, claim: str, value: str, verdict: str) -> None:
    key = claim if ":" in claim else f"{host}:{claim}"

    assert proved(trust(host, {operator: {key: value}})).verdict.value == verdict


def test_guests_of_an_identity_pool_are_everyone() -> None:
    pool = {"StringEquals": {f"{COGNITO}:aud": "us-east-1:12345678"}}
    guests = {"ForAnyValue:StringLike": {f"{COGNITO}:amr": "unauthenticated"}}

    assert proved(trust(COGNITO, {**pool, **guests})).verdict.value == FAILS


def test_a_token_has_no_claims_of_other_providers() -> None:
    both = trust(GITHUB, {"StringLike": {f"{GITHUB}:sub": "repo:acme/*"}})
    both["Principal"] = {"Federated": [_arn(GITHUB), _arn("gitlab.com")]}

    assert proved(both).verdict.value == HOLDS
    assert (
        proved({**both, "Condition": {"StringLikeIfExists": {f"{GITHUB}:sub": "repo:acme/*"}}}).verdict.value == FAILS
    )


def test_a_role_that_no_token_assumes() -> None:
    assert proved(trust(GITHUB, AUDIENCE, Action="sts:AssumeRole")).verdict.value == HOLDS
