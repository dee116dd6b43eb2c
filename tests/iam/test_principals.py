"""Principals: their kinds, what is refused, and how Principal and NotPrincipal mean them."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.iam.policy import parse_policy
from preflight.iam.principals import PrincipalError, PrincipalMatch, PrincipalType, caller, grant

A = "111122223333"
USER, ROLE = f"arn:aws:iam::{A}:user/path/u", f"arn:aws:iam::{A}:role/path/r"
SESSION, OTHER = f"arn:aws:sts::{A}:assumed-role/r/s", f"arn:aws:sts::{A}:assumed-role/r/t"
FEDERATED, ROOT = f"arn:aws:sts::{A}:federated-user/f", f"arn:aws:iam::{A}:root"
SERVICE = "sagemaker.amazonaws.com"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (USER, PrincipalType.USER),
        (ROLE, PrincipalType.ROLE),
        (SESSION, PrincipalType.SESSION),
        (FEDERATED, PrincipalType.FEDERATED_USER),
        (ROOT, PrincipalType.ROOT),
        (SERVICE, PrincipalType.SERVICE),
        ("*", PrincipalType.ANONYMOUS),
        ("accounts.google.com", PrincipalType.PROVIDER),
        (f"arn:aws:iam::{A}:saml-provider/x", PrincipalType.PROVIDER),
    ],
)
def test_kinds(text: str, kind: PrincipalType) -> None:
    assert caller(text).kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "bob",
        "",
        "arn:aws:iam::1:user/u",
        f"arn:aws:iam::{A}:group/g",
        f"arn:aws:iam::{A}:role/",
        "arn:aws:iam",
        ROLE + "*",
        f"arn:aws:sts::{A}:assumed-role/a/b/c",
        f"arn:aws:sts::{A}:federated-user/a/b",
        f"arn:aws:iam:us-east-1:{A}:role/r",
        f"arn:azure:iam::{A}:role/r",
    ],
)
def test_impossible_principals_are_refused(text: str) -> None:
    with pytest.raises(PrincipalError):
        caller(text)


def test_service_linked_roles() -> None:
    assert caller(f"arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX").service_linked
    assert caller(f"arn:aws:sts::{A}:assumed-role/AWSServiceRoleForX/s").service_linked
    assert not caller(ROLE).service_linked


def how(principal: Any, who: str, *, element: str = "Principal", bounded: bool = False) -> PrincipalMatch:
    body = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", element: principal}
    (statement,) = parse_policy({"Statement": body}, "p").statements
    return grant(statement.principals, caller(who), bounded=bounded)


@pytest.mark.parametrize(
    ("principal", "who", "expected"),
    [
        ("*", SESSION, PrincipalMatch.DIRECT),
        ({"AWS": "*"}, "*", PrincipalMatch.DIRECT),
        ({"AWS": A}, USER, PrincipalMatch.ACCOUNT),
        ({"AWS": ROOT}, SESSION, PrincipalMatch.ACCOUNT),
        ({"AWS": ROOT}, ROOT, PrincipalMatch.DIRECT),
        ({"AWS": "arn:aws-cn:iam::111122223333:root"}, USER, PrincipalMatch.NONE),
        ({"AWS": USER}, USER, PrincipalMatch.DIRECT),
        ({"AWS": ROLE}, ROLE, PrincipalMatch.ROLE),
        ({"AWS": ROLE}, SESSION, PrincipalMatch.ROLE),
        ({"AWS": SESSION}, SESSION, PrincipalMatch.DIRECT),
        ({"AWS": SESSION}, OTHER, PrincipalMatch.NONE),
        ({"AWS": f"arn:aws:iam::{A}:role/*"}, ROLE, PrincipalMatch.NONE),
        ({"AWS": FEDERATED}, FEDERATED, PrincipalMatch.DIRECT),
        ({"AWS": A}, SERVICE, PrincipalMatch.NONE),
        ({"Service": [SERVICE]}, SERVICE, PrincipalMatch.DIRECT),
        ({"Service": "ec2.amazonaws.com"}, SERVICE, PrincipalMatch.NONE),
        ({"Federated": "accounts.google.com"}, "accounts.google.com", PrincipalMatch.DIRECT),
        ({"CanonicalUser": "79a5"}, USER, PrincipalMatch.UNSURE),
        ({"CanonicalUser": "79a5"}, SERVICE, PrincipalMatch.NONE),
    ],
)
def test_principal(principal: Any, who: str, expected: PrincipalMatch) -> None:
    assert how(principal, who) is expected


@pytest.mark.parametrize(
    ("principal", "who", "spared"),
    [
        ({"AWS": [USER, ROOT]}, USER, True),
        ({"AWS": [USER, ROOT]}, f"arn:aws:iam::{A}:user/other", False),
        ({"AWS": [ROOT]}, USER, True),
        ({"AWS": [ROLE, ROOT]}, SESSION, True),
        ({"AWS": [ROLE, ROOT]}, ROLE, True),
        ({"AWS": [SESSION, ROLE, ROOT]}, SESSION, True),
        ({"AWS": [SESSION, ROLE, ROOT]}, OTHER, False),
        ({"AWS": USER}, "*", False),
        ({"Service": SERVICE}, SERVICE, True),
    ],
)
def test_not_principal(principal: Any, who: str, spared: bool) -> None:
    assert how(principal, who, element="NotPrincipal") is (PrincipalMatch.NONE if spared else PrincipalMatch.DIRECT)


def test_a_boundary_is_never_spared_by_not_principal() -> None:
    assert how({"AWS": [USER, ROOT]}, USER, element="NotPrincipal", bounded=True) is PrincipalMatch.DIRECT
