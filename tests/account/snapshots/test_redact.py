"""What a snapshot leaves out: each promise of docs/snapshot.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from preflight.account.snapshots.redact import REDACTED, redacted

EXAMPLE = json.loads((Path(__file__).parents[3] / "examples" / "snapshot.json").read_text())
# Made up, in the forms that their makers document.
FORMS = {
    "access key": "AKIA" + "IOSFODNN7EXAMPLE",
    "GitHub": "ghp_" + "a1B2" * 9,
    "GitHub, fine-grained": "github_pat_" + "a1B2" * 10,
    "GitLab": "glpat-" + "a1B2" * 5,
    "Slack": "xoxb-" + "1234567890-" + "a1B2" * 6,
    "PyPI": "pypi-" + "AgEIcHlwaS5vcmc" + "a1B2" * 18,
    "JSON web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
}
MORE = {
    "Stripe": "sk_live_" + "a1B2" * 6,
    "SendGrid": "SG." + "a1B2c3D4e5F6g7H8i9J0k1" + "." + "a1B2" * 10 + "a1B",
    "npm": "//registry.npmjs.org/:_authToken=npm_" + "a1B2" * 9,
    "Azure": "AccountKey=" + "a1B2" * 21 + "ab==",
}


@pytest.mark.parametrize("name", FORMS)
def test_forms_of_secrets(name: str) -> None:
    assert redacted({"Description": f"it is {FORMS[name]}"}) == {"Description": REDACTED}


@pytest.mark.parametrize("name", MORE)
def test_forms_that_detect_secrets_knows(name: str) -> None:
    pytest.importorskip("detect_secrets")
    assert redacted({"Description": MORE[name]}) == {"Description": REDACTED}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"Environment": {"A": "b"}}, {"Environment": {"A": REDACTED}}),
        ({"Environment": {"Variables": {"A": "b"}}}, {"Environment": {"Variables": {"A": REDACTED}}}),
        ({"Environment": {"Variables": {"Name": "b"}}}, {"Environment": {"Variables": {"Name": REDACTED}}}),
        ({"environment": [{"name": "A", "value": "b"}]}, {"environment": [{"name": "A", "value": REDACTED}]}),
        ({"Tags": {"db-password": "x", "a": "b"}}, {"Tags": {"db-password": REDACTED, "a": "b"}}),
        ({"Key": "token", "Value": "x", "Url": "https://u:p@h"}, {"Key": "token", "Value": REDACTED, "Url": "https://REDACTED@h"}),
        ([{"Key": "db-password", "Value": "x"}], [{"Key": "db-password", "Value": REDACTED}]),
        ([{"TagKey": "ApiKey", "TagValue": "x"}], [{"TagKey": "ApiKey", "TagValue": REDACTED}]),
        ({"Url": "https://u:p@host/x"}, {"Url": "https://REDACTED@host/x"}),
        ({"Url": "https://b/k?X-Amz-Signature=abc&a=1"}, {"Url": "https://b/k?X-Amz-Signature=REDACTED&a=1"}),
        ({"Tags": [{"Key": "repo", "Value": "https://u:p@host/x"}]}, {"Tags": [{"Key": "repo", "Value": "https://REDACTED@host/x"}]}),
    ],
)  # fmt: skip
def test_what_is_written_out(value: Any, kept: Any) -> None:
    assert redacted(value) == kept


def test_facts_stay() -> None:
    assert redacted(EXAMPLE) == EXAMPLE
    facts = [
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "AROAIOSFODNN7EXAMPLE1",
        "cdk-hnb659fds-assets-111122223333-us-east-1",
        "111122223333.dkr.ecr.us-east-1.amazonaws.com/a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef",
        "arn:aws:kms:us-east-1:111122223333:key/12345678-90ab-cdef-1234-567890abcdef",
    ]
    assert redacted(facts) == facts
