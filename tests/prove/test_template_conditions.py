"""A claim about a template holds only if it does however the conditions of the template turn out."""

import json
from pathlib import Path
from typing import Any

import pytest

from preflight.iam.proof import ProofVerdict
from preflight.prove.claim import Claim, Question
from preflight.prove.prove import prove

ADMIN = {"Effect": "Allow", "Action": "*", "Resource": "*"}
NO_VALUE = {"Ref": "AWS::NoValue"}


def choice(condition: str, first: Any, second: Any = NO_VALUE) -> dict[str, Any]:
    return {"Fn::If": [condition, first, second]}


def verdict(
    tmp_path: Path, claim: Claim, statements: list[Any], type_: str = "AWS::IAM::ManagedPolicy"
) -> ProofVerdict:
    policy = {"Version": "2012-10-17", "Statement": statements}
    file = tmp_path / "template.json"
    file.write_text(json.dumps({"Resources": {"R": {"Type": type_, "Properties": {"PolicyDocument": policy}}}}))
    answer = prove(Question(claim), [str(file)])
    assert answer.policies <= 2
    return answer.verdict


DENY = {"Effect": "Deny", "Action": "*", "Resource": "*"}
BOTH = {"Effect": "Allow", "Action": choice("A", "*", "s3:GetObject"), "Resource": choice("B", "arn:aws:s3:::b/k", "*")}
SAME = {"Effect": "Allow", "Action": choice("A", "*", "s3:GetObject"), "Resource": choice("A", "arn:aws:s3:::b/k", "*")}
MANY = [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": choice(name, "arn:aws:s3:::b/k", "*")} for name in "ABCDE"
]


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ([ADMIN, choice("A", DENY)], ProofVerdict.FAILS),  # the Deny may be left out
        ([ADMIN, DENY], ProofVerdict.HOLDS),
        ([BOTH], ProofVerdict.UNKNOWN),  # if A is true and B false, where both can be
        ([SAME], ProofVerdict.HOLDS),
        (MANY, ProofVerdict.UNKNOWN),
        (MANY[:2], ProofVerdict.HOLDS),
    ],
)
def test_not_administrator(tmp_path: Path, statements: list[Any], found: ProofVerdict) -> None:
    assert verdict(tmp_path, Claim.NOT_ADMINISTRATOR, statements) is found


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (choice("A", {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}), ProofVerdict.FAILS),
        ({"StringEquals": choice("A", {"aws:PrincipalOrgID": "o-1234567890"})}, ProofVerdict.FAILS),
        ({"StringEquals": {"aws:PrincipalOrgID": choice("A", NO_VALUE, "o-1234567890")}}, ProofVerdict.FAILS),
        ({"StringEquals": {"aws:PrincipalOrgID": choice("A", "o-1", "o-2")}}, ProofVerdict.HOLDS),
    ],
)
def test_not_public(tmp_path: Path, condition: Any, found: ProofVerdict) -> None:
    public = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::b/*",
        "Condition": condition,
    }
    assert verdict(tmp_path, Claim.NOT_PUBLIC, [public], "AWS::S3::BucketPolicy") is found


def test_a_lambda_permission(tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    properties = {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "*",
                  "PrincipalOrgID": choice("A", "o-1234567890")}  # fmt: skip
    file.write_text(json.dumps({"Resources": {"R": {"Type": "AWS::Lambda::Permission", "Properties": properties}}}))
    assert prove(Question(Claim.NOT_PUBLIC), [str(tmp_path)]).verdict is ProofVerdict.FAILS


UNSEEN = {"R": {"Type": "AWS::SSO::PermissionSet", "Properties": {"InlinePolicy": {"Ref": "P"}}}}


@pytest.mark.parametrize("text", ["", json.dumps({"Resources": UNSEEN})])
def test_what_a_directory_holds_and_is_not_known_is_not_passed_by(tmp_path: Path, text: str) -> None:
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    (tmp_path / "a.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [read]}))
    (tmp_path / "b.json").write_text(text)
    answer = prove(Question(Claim.NOT_ADMINISTRATOR), [str(tmp_path)])
    assert answer.verdict is ProofVerdict.UNKNOWN
    assert [each.path for each in answer.skipped] == [str(tmp_path / "b.json")]
