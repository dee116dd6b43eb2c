"""Credentials that cannot be had, endpoints that are none: one line, and no defect."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.running import Command

ROOT = Path(__file__).parents[2]
PROFILES = {
    "no process": "credential_process = /nonexistent/x",
    "a process that fails": "credential_process = /bin/false",
    "a process that prints no JSON": "credential_process = /bin/echo none",
    "a process that prints other JSON": 'credential_process = /bin/echo {\\"Version\\":7}',
    "a quote that is not closed": 'credential_process = "x',
    "no token": "role_arn = arn:aws:iam::111122223333:role/x\nweb_identity_token_file = /nonexistent/token",
    "no session": "sso_session = x\nsso_account_id = 111122223333\nsso_role_name = x",
    "no source": "role_arn = arn:aws:iam::111122223333:role/x\nsource_profile = y",
}
KEYS = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n"


@pytest.fixture(autouse=True)
def apart(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))

    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def check(preflight: Command, tmp_path: Path, profile: str, url: str) -> str:
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(f"[profile p]\n{profile}\n")
    request = str(ROOT / "examples" / "create-endpoint.json")
    ran = preflight("check", request, "--profile", "p", "--region", "us-east-1", "--endpoint-url", url)
    assert ran.code == 2, ran
    return ran.line


@pytest.mark.parametrize("name", PROFILES)
def test_credentials_that_cannot_be_had(preflight: Command, tmp_path: Path, name: str) -> None:
    line = check(preflight, tmp_path, PROFILES[name], "http://127.0.0.1:9")
    assert "credentials" in line and "correct how the profile" in line


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", "http://127.0.0.1:x", "http://[::1", "x", "http://"])
def test_endpoints_that_are_none(preflight: Command, tmp_path: Path, url: str) -> None:
    assert "correct --endpoint-url" in check(preflight, tmp_path, KEYS, url)
