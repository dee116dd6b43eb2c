"""Style rules: cases that their examples do not show, and silence where nothing is said twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.lint.linting import findings, found_policy, one_rule, results

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


_INNER = {"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}}
_OUTER = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
_PLAIN = {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ([statement("Allow", ["s3:GetObject", "sqs:Send*"]), statement("Allow", "s3:*"), statement("Allow", "sqs:*")],
         {"Statement[0] is already covered by Statement[1] and Statement[2]"}),
        ([statement("Allow", "s3:GetObject", Condition=_INNER), statement("Allow", "s3:GetObject", Condition=_OUTER)],
         {"Statement[0] is already covered by Statement[1]"}),
        ([statement("Allow", ["s3:GetObject", "s3:Put*"]), statement("Deny", "s3:Get*"), statement("Deny", "s3:Put*")],
         {"Statement[0] grants nothing: Statement[1] and Statement[2] deny everything that it allows"}),
        ([statement("Allow", "s3:GetObject"), {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}],
         {"Statement[0] grants nothing: Statement[1] denies everything that it allows"}),
        ([statement("Allow", "s3:GetObject", Condition=_PLAIN), statement("Deny", "*", Condition=_PLAIN)],
         {"Statement[0] grants nothing: Statement[1] denies everything that it allows"}),
        ([statement("Allow", "s3:GetObject"), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}], set()),
        ([statement("Allow", "s3:GetObject"), statement("Deny", "s3:GetObject", Condition=_PLAIN)], set()),
        ([statement("Allow", "s3:GetObject", Condition=_OUTER), statement("Allow", "s3:GetObject", Condition=_INNER)],
         {"Statement[1] is already covered by Statement[0]"}),
    ],
)  # fmt: skip
def test_what_several_statements_say_is_proved(statements: list[dict[str, Any]], found: set[str]) -> None:
    policy = {"Version": "2012-10-17", "Statement": statements}
    assert {each.message for each in results(policy, select="IAM30")} == found


def _passing(operator: str, *services: str, key: str = "iam:PassedToService") -> dict[str, Any]:
    return statement("Allow", "iam:PassRole", Condition={operator: {key: list(services)}})


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ([_passing("StringEquals", "a"), _passing("StringEquals", "b")], set()),
        ([_passing("StringEquals", "a"), _passing("StringLike", "?", key="iam:passedtoservice")],
         {"Statement[0] is already covered by Statement[1]"}),
        ([_passing("StringEquals", "A"), _passing("StringEqualsIgnoreCase", "a")],
         {"Statement[0] is already covered by Statement[1]"}),
        ([_passing("StringEquals", "a"), _passing("StringEqualsIfExists", "b")], set()),
        ([_passing("Null", "true"), _passing("StringEqualsIfExists", "a"), _passing("StringEqualsIfExists", "b")],
         {"Statement[0] is already covered by Statement[1]"}),
        ([_passing("StringEquals", "b"), _passing("StringNotEquals", "a")],
         {"Statement[0] is already covered by Statement[1]"}),
    ],
)  # fmt: skip
def test_statements_about_different_values_of_a_key(statements: list[dict[str, Any]], found: set[str]) -> None:
    policy = {"Version": "2012-10-17", "Statement": statements}
    assert {each.message for each in results(policy, select="IAM302")} == found


def test_that_statements_pass_roles_to_different_services_needs_no_proof(tmp_path: Path) -> None:
    statements = [_passing("StringEquals", "ec2.amazonaws.com"), _passing("StringLike", "lambda.*")]
    (tmp_path / "p.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    script = (
        "import sys; from preflight.api import lint\n"
        f"lint({str(tmp_path)!r})\n"
        "assert 'preflight.iam.proof' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_many_statements_are_compared_in_bounded_time() -> None:
    """With 40 statements each is proved against a few; with more, the lists alone decide."""
    for many in (40, 200):
        tags = [{"StringLike": {"aws:PrincipalTag/team": f"x*{number}"}} for number in range(many)]
        policy = {
            "Version": "2012-10-17",
            "Statement": [statement("Allow", "s3:Get*", Condition=each) for each in tags],
        }
        start = time.process_time()
        list(results(policy, select="IAM302"))
        assert time.process_time() - start < 10
