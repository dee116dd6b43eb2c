"""Each finding of an audit has a place that one can open: in the file of facts, or a page of AWS's console."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from preflight.audit.check import audit
from preflight.documents.text.document import Document
from preflight.documents.text.load import load
from preflight.engine.result import Kind, Result
from preflight.json_pointer import parts
from preflight.report.formats import rendered
from tests.audit.generated import ACCOUNT, REGION

ARN = f"arn:aws:iam::{ACCOUNT}"
OPEN = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Sid": "Own", "Effect": "Allow", "Action": "iam:CreatePolicyVersion", "Resource": f"{ARN}:policy/managed"},
    ],
}
PUBLIC = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Principal": "*"}}
FACTS: dict[str, Any] = {
    "version": 1,
    "partition": "aws",
    "account": ACCOUNT,
    "regions": {
        REGION: {
            "queues": [
                {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/other", "Policy": None},
                {"QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/open", "Policy": json.dumps(PUBLIC)},
            ]
        }
    },
    "iam": {
        "RoleDetailList": [
            {"RoleName": "a", "Arn": f"{ARN}:role/a", "AssumeRolePolicyDocument": {"Statement": [OPEN]}},
            {"RoleName": "b", "Arn": f"{ARN}:role/b", "AssumeRolePolicyDocument": {"Statement": [OPEN]}},
        ],
        "UserDetailList": [
            {
                "UserName": "u",
                "Arn": f"{ARN}:user/u",
                "UserPolicyList": [
                    {"PolicyName": "x", "PolicyDocument": POLICY | {"Statement": POLICY["Statement"][:1]}}
                ],
                "AttachedManagedPolicies": [{"PolicyName": "managed", "PolicyArn": f"{ARN}:policy/managed"}],
            }
        ],
        "GroupDetailList": [],
        "Policies": [
            {
                "PolicyName": "managed",
                "Arn": f"{ARN}:policy/managed",
                "DefaultVersionId": "v2",
                "PolicyVersionList": [
                    {"VersionId": "v1", "IsDefaultVersion": False, "Document": PUBLIC},
                    {"VersionId": "v2", "IsDefaultVersion": True, "Document": POLICY},
                ],
            }
        ],
    },
}


def found_in(document: Document, *rules: str) -> list[Result]:
    results = audit(document, select=rules).report.results
    return [each for each in results if each.kind in (Kind.FAIL, Kind.OPEN)]


def at(pointer: str) -> Any:
    value: Any = FACTS
    for part in parts(pointer):
        value = value[int(part) if isinstance(value, list) else part]
    return value


@pytest.mark.parametrize(
    ("rule", "subject", "pointer"),
    [
        ("ACC112", f"{ARN}:role/b", "/iam/RoleDetailList/1/AssumeRolePolicyDocument/Statement/0"),
        ("ACC110", f"{ARN}:user/u", "/iam/Policies/0/PolicyVersionList/1/Document/Statement/1"),
        ("ACC113", f"arn:aws:sqs:{REGION}:{ACCOUNT}:open", f"/regions/{REGION}/queues/1/Policy"),
        ("ACC167", f"{ARN}:user/u", "/iam/UserDetailList/0/UserPolicyList/0/PolicyDocument"),
    ],
)
def test_a_finding_is_at_its_statement(rule: str, subject: str, pointer: str, tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(FACTS, indent=1))
    (result,) = (each for each in found_in(load(str(path)), rule) if each.subject == subject)
    assert result.location is not None
    assert (result.location.path, result.location.pointer) == (str(path), pointer)
    written = path.read_text().splitlines()[(result.location.line or 0) - 1][(result.location.column or 0) - 1 :]
    begun = json.dumps(at(pointer))
    assert written.startswith(begun if isinstance(at(pointer), str) else begun[0])


def test_a_compressed_file_has_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "facts.json.gz"
    path.write_bytes(gzip.compress(json.dumps(FACTS).encode()))
    for each in found_in(load(str(path)), "ACC112", "IAM231"):
        assert each.location is not None
        assert (each.location.path, each.location.line) == (str(path), None)
        assert each.location.pointer.startswith("/iam/RoleDetailList/")


def test_an_alert_is_the_same_one_in_another_snapshot(tmp_path: Path) -> None:
    alerts = []
    for name in ("monday.json", "tuesday.json"):
        (tmp_path / name).write_text(json.dumps(FACTS))
        report = audit(load(str(tmp_path / name)), select=["ACC112", "ACC113", "IAM231"]).report
        (run,) = json.loads(rendered(report, "sarif"))["runs"]
        alerts.append([each["partialFingerprints"]["primaryLocationLineHash"] for each in run["results"]])
    assert alerts[0] == alerts[1] != []


def test_what_was_read_from_aws_has_a_page_of_the_console() -> None:
    report = audit(Document("the live account", FACTS), select=["ACC112"]).report
    for each in report.results:
        if each.kind is Kind.FAIL:
            assert each.location is not None
            assert each.location.path == f"https://console.aws.amazon.com/go/view?arn={each.subject}"
    (run,) = json.loads(rendered(report, "sarif"))["runs"]
    assert run["automationDetails"]["id"] == "preflight-audit/"
    for each in run["results"]:
        (location,) = each["locations"]
        subject = each["properties"]["subject"]
        # Code scanning refuses the scheme of a web page.
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert uri == subject.replace(":", "%3A")
        assert location["logicalLocations"] == [{"fullyQualifiedName": subject, "kind": "resource"}]
        assert location["message"]["text"].endswith(subject)
