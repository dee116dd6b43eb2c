"""Credentials never reach what is printed or kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from preflight.cli.app import invoke
from preflight.redaction import without_credentials
from preflight.report.formats import FORMATS

SECRET = "s3cr3t-value-of-somebody"


@pytest.mark.parametrize(
    "text",
    [
        f"https://user:{SECRET}@proxy.example.com:8080/x",
        f"postgres://user:{SECRET}@db/x",
        f"https://{SECRET}@github.com/x",
        f"https://b.s3.amazonaws.com/k?X-Amz-Algorithm=A&X-Amz-Credential={SECRET}&X-Amz-Signature={SECRET}",
        f"https://b.s3.amazonaws.com/k?x-amz-security-token={SECRET}",
        f"https://b.s3.amazonaws.com/k?AWSAccessKeyId=A&Signature={SECRET}",
        f"https://x.blob.core.windows.net/c?sv=1&sig={SECRET}",
        f"a=https%3A%2F%2Fb%3FX-Amz-Signature%3D{SECRET}",
        f"Invalid header value b'{SECRET}\\nmore'",
        f"http://user:p@{SECRET}@proxy:80/",
        f"http://user:a/{SECRET}@proxy:80/",
        f"Invalid endpoint: user:{SECRET}@proxy:80",
        f"https:\\/\\/u:{SECRET}@h/x",
        f"https%3A%2F%2Fu%3A{SECRET}%40h",
        f"x-amz-security-token:{SECRET} host:sts.amazonaws.com",
        f"'X-Amz-Security-Token': b'{SECRET}'",
        f'{{"SecretAccessKey": "{SECRET}"}}',
        f"aws_session_token = {SECRET}",
        f"Invalid return character or leading space in header: {SECRET}",
    ],
)
def test_credentials_are_written_out(text: str) -> None:
    shown = without_credentials(text)
    assert SECRET not in shown and "REDACTED" in shown
    assert without_credentials(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "docker://nginx@sha256:0123456789abcdef0123456789abcdef",
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/r@sha256:0123456789abcdef",
        "s3:x-amz-acl=public-read",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/x.html?a=b#c",
        "the header X-Amz-Date is missing",
        "https://oidc.eks.eu-west-1.amazonaws.com/id/A:sub",
        "https://host.example.com:8443/a@b",
        "sts:GetSessionToken, secretsmanager:GetSecretValue",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert without_credentials(text) == text


def test_those_of_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", f"{SECRET}\nand-its-second-line")
    assert without_credentials(f"{SECRET} and-its-second-line") == "REDACTED REDACTED"


def test_it_takes_no_time() -> None:
    begun = time.process_time()
    for text in (
        "://" * 200_000,
        "?X-Amz-A=" * 20_000,
        "header " * 20_000,
        "://a:" * 20_000,
        "https://a" * 20_000,
        ("://" + ":" * 1500) * 200,
        "%3A%2F%2F" * 20_000,
        "session_token " * 20_000,
    ):
        without_credentials(text)
    assert time.process_time() - begun < 5


def test_a_url_with_a_password_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", f"{SECRET}\nx")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for url in (f"http://u:{SECRET}@127.0.0.1:9", f"nonsense://u:{SECRET}@x", "http://127.0.0.1:9"):
        invoke(["check", "examples/create-endpoint.json", "--endpoint-url", url, "--region", "us-east-1"])
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err


URL = f"https://u:{SECRET}@h.example/x?X-Amz-Signature={SECRET}"
DENIED = (
    f"User: arn:aws:iam::111122223333:user/u is not authorized to perform: s3:GetObject on resource: {URL} "
    "because no identity-based policy allows the s3:GetObject action"
)
STATEMENT = {"Sid": "S", "Effect": "Allow", "Action": "s3:GetObjekt", "Resource": URL}
USED = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpc": URL}}}
DECIDED = {
    "id": URL,
    "principal": "arn:aws:iam::111122223333:role/r",
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::b/k",
    "identity_policies": [{"name": URL, "policy": {"Statement": [USED]}}],
    "complete_context": False,
}
CASES = [{"id": URL, "action": "s3:GetObject", "resource": URL}, DECIDED, {**DECIDED, "expect": "explicitDeny"}]


@pytest.mark.parametrize(
    "command",
    [
        *(f"lint p.json --format {name}" for name in FORMATS),
        *(f"simulate c.json --coverage --format {name}" for name in ("text", "json", "jsonl", "junit")),
        *(f"why w.txt --format {name}" for name in ("text", "json")),
        f"lint {URL}",
        f"check {URL}",
    ],
)  # fmt: skip
def test_no_command_repeats_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]}))
    (tmp_path / "c.json").write_text(json.dumps(CASES))
    (tmp_path / "w.txt").write_text(DENIED)
    invoke(command.split())
    printed = capsys.readouterr()
    assert "REDACTED" in printed.out + printed.err and SECRET not in printed.out + printed.err


def test_a_traceback_has_none(tmp_path: Path) -> None:
    code = (
        "import preflight.documents.plans.requests as r, sys\n"
        f"def load(*_, **__): raise KeyError('{URL}')\n"
        "r.load_requests = load\n"
        "sys.argv = ['preflight', 'check', 'x.json']\n"
        "from preflight.cli.app import main; main()"
    )
    environment = {**os.environ, "PREFLIGHT_DEBUG": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1 and "KeyError: 'https://REDACTED@h.example" in done.stderr and SECRET not in done.stderr
