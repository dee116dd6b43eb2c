"""What changed where boundaries and the organization's policies limit what a principal's own policies allow."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.audit.questions.since import changes
from preflight.audit.scene import scene_of
from preflight.documents.text.document import Document

ACCOUNT = "111122223333"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/b"


def allow(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


def deny(*actions: str) -> dict[str, Any]:
    return {**allow(*actions), "Effect": "Deny"}


def snapshot(own: Any, boundary: Any = None, scp: Any = None) -> dict[str, Any]:
    def document(*statements: Any) -> dict[str, Any]:
        return {"Version": "2012-10-17", "Statement": list(statements)}

    ann: dict[str, Any] = {
        "UserName": "ann",
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/ann",
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": document(*own)}],
        "AttachedManagedPolicies": [],
    }
    policies = []
    if boundary:
        ann["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": BOUNDARY}
        version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": document(*boundary)}
        policies = [{"PolicyName": "b", "Arn": BOUNDARY, "DefaultVersionId": "v1", "PolicyVersionList": [version]}]
    levels = [[{"name": "scp", "policy": document(*scp)}]] if scp else None
    organization = {"service_control_policies": {ACCOUNT: levels}} if levels else None
    iam = {"RoleDetailList": [], "UserDetailList": [ann], "GroupDetailList": [], "Policies": policies}
    return {"version": 1, "account": ACCOUNT, "regions": {}, "iam": iam, "organization": organization}


EC2, EVERYTHING = [allow("ec2:*")], [allow("*")]
CASES = {
    "boundary taken off": (snapshot(EC2, [allow("s3:*")]), snapshot(EC2), {("ec2", True)}),
    "boundary put on": (snapshot(EC2), snapshot(EC2, [allow("s3:*")]), {("ec2", False)}),
    "boundary widened": (snapshot(EC2, [allow("s3:*")]), snapshot(EC2, [allow("s3:*", "ec2:*")]), {("ec2", True)}),
    "widened by what it has no policy for": (
        snapshot(EC2, [allow("s3:*")]), snapshot(EC2, [allow("s3:*", "sqs:*")]), set(),
    ),
    "more of what its boundary leaves out": (
        snapshot(EC2, [allow("s3:*")]), snapshot([allow("ec2:*", "sqs:*")], [allow("s3:*")]), set(),
    ),
    "denied by the organization no more": (
        snapshot(EC2, None, [allow("*"), deny("ec2:*")]), snapshot(EC2, None, EVERYTHING), {("ec2", True)},
    ),
    "left out by the organization": (
        snapshot(EC2, None, EVERYTHING), snapshot(EC2, None, [allow("s3:*")]), {("ec2", False)},
    ),
    "boundary reworded": (
        snapshot(EC2, [allow("s3:*", "ec2:*")]), snapshot(EC2, [allow("s3:*"), allow("ec2:*")]), set(),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_what_limits_counts(old: dict[str, Any], new: dict[str, Any], expected: set[tuple[str, bool]]) -> None:
    found = list(changes(scene_of(Document("old.json", old)), scene_of(Document("new.json", new))))
    assert {(each.what.partition(":")[0], each.gained) for each in found if ":" in each.what} == expected
