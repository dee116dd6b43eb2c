"""Style rules: cases that their examples do not show, and silence where nothing is said twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lint.linting import findings, found_policy, one_rule

STAR = {"AWS": "*"}
ME = {"AWS": "arn:aws:iam::111122223333:root"}


def statement(effect: str = "Allow", action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def hits(rule: str, *statements: dict[str, Any], version: str = "2012-10-17", type_: Any = "identity") -> list[str]:
    policy = {"Version": version, "Statement": list(statements)}
    return [each.finding.pointer for each in one_rule(rule).findings(found_policy(policy, type_))]


@pytest.mark.parametrize(
    ("rule", "statements", "found"),
    [
        # Of two patterns that mean the same, the first stays.
        ("IAM300", [statement(action=["s3:**", "s3:*"])], ["/Statement/0/Action/1"]),
        ("IAM300", [statement(action=["s3:Get?*", "s3:Get*?"])], ["/Statement/0/Action/1"]),
        ("IAM300", [statement(action=["s3:Get?bject", "s3:GetObjects"])], []),
        ("IAM300", [statement(action=["s3:*", "*"])], ["/Statement/0/Action/0"]),
        ("IAM301", [statement(resource=["*", "arn:aws:s3:::${aws:username}/*"])], ["/Statement/0/Resource/1"]),
        ("IAM301", [statement(resource=["arn:aws:s3:::${aws:username}*", "arn:aws:s3:::${aws:username}x"])], []),
        # Another principal, or none but this one.
        ("IAM302", [statement(Principal=STAR), statement(Principal=ME)], []),
        ("IAM302", [statement(Principal=ME), statement(NotPrincipal=ME)], []),
        ("IAM302", [statement("Deny", Principal=ME), statement("Deny", Principal=ME)], ["/Statement/1"]),
        ("IAM302", [statement(), statement(action="s3:PutObject")], []),
        ("IAM305", [statement(), statement("Deny", action="*")], ["/Statement/0"]),
        ("IAM305", [statement(), statement("Deny", resource="arn:aws:s3:::b/*")], []),
        ("IAM305", [statement(Principal=ME), statement("Deny", Principal=STAR)], ["/Statement/0"]),
        ("IAM305", [statement(Principal=STAR), statement("Deny", Principal=ME)], []),
        # A Deny of all but some.
        ("IAM305", [statement(), {"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*"}], []),
    ],
)
def test_what_says_nothing_new(rule: str, statements: list[dict[str, Any]], found: list[str]) -> None:
    type_ = "resource" if any("Principal" in each or "NotPrincipal" in each for each in statements) else "identity"
    assert hits(rule, *statements, type_=type_) == found


@pytest.mark.parametrize("rule", ["IAM310", "IAM311", "IAM312"])
def test_rules_of_taste_run_when_they_are_named(rule: str) -> None:
    policy = {"Version": "2012-10-17", "Statement": statement(action=["s3:putobject", "s3:GetObject"], resource=["*"])}
    assert rule not in {each.head.id for each in findings(policy)}
    assert rule in {each.head.id for each in findings(policy, select=rule)}
