"""Credentials never reach what is printed or kept."""

from __future__ import annotations

import time

import pytest

from preflight.cli.app import invoke
from preflight.redaction import without_credentials

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
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert without_credentials(text) == text


def test_those_of_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", f"{SECRET}\nand-its-second-line")
    assert without_credentials(f"{SECRET} and-its-second-line") == "REDACTED REDACTED"


def test_it_takes_no_time() -> None:
    begun = time.process_time()
    for text in ("://" * 20_000, "?X-Amz-A=" * 20_000, "header " * 20_000, "://a:" * 20_000, "https://a" * 20_000):
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
