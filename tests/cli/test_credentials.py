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
    "a time that is none": r"credential_process = /bin/echo {\"Version\":1,\"AccessKeyId\":\"a\","
    r"\"SecretAccessKey\":\"b\",\"Expiration\":\"never\"}",
    "no token": "role_arn = arn:aws:iam::111122223333:role/x\nweb_identity_token_file = /nonexistent/token",
    "a token that is no text": "role_arn = arn:aws:iam::111122223333:role/x\nweb_identity_token_file = {bytes}",
    "an empty token": "role_arn = arn:aws:iam::111122223333:role/x\nweb_identity_token_file = /dev/null",
    "no session": "sso_session = x\nsso_account_id = 111122223333\nsso_role_name = x",
    "no source": "role_arn = arn:aws:iam::111122223333:role/x\nsource_profile = y",
}
# What stands in the configuration file in place of a profile.
GARBAGE = {"no section": b"garbage\n", "half a section": b"[default\nregion=", "no text": b"\xff\xfe[d\0"}
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
    (tmp_path / "bytes").write_bytes(b"\xff\0")
    profile = PROFILES[name].replace("{bytes}", str(tmp_path / "bytes"))
    line = check(preflight, tmp_path, profile, "http://127.0.0.1:9")
    assert "credentials" in line and "correct how the profile" in line


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", "http://127.0.0.1:x", "http://[::1", "x", "http://"])
def test_endpoints_that_are_none(preflight: Command, tmp_path: Path, url: str) -> None:
    assert "correct --endpoint-url" in check(preflight, tmp_path, KEYS, url)


def test_endpoints_of_the_environment_and_of_the_profile(
    preflight: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = ("check", str(ROOT / "examples" / "create-endpoint.json"), "--profile", "p", "--region", "us-east-1")
    bad = "http://127.0.0.1:99999"
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(f"[profile p]\n{KEYS}endpoint_url = {bad}\n")
    assert "correct AWS_ENDPOINT_URL or the profile's endpoint_url" in preflight(*request).line
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(f"[profile p]\n{KEYS}")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"):
        with monkeypatch.context() as patch:
            patch.setenv(name, bad)
            ran = preflight(*request)
        assert ran.code == 2 and "correct AWS_ENDPOINT_URL or the profile's endpoint_url" in ran.line


@pytest.mark.parametrize("where", ["environment", "profile"])
def test_an_sts_setting_that_is_none_asks_the_region_all_the_same(
    preflight: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    profile = KEYS
    if where == "environment":
        monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "garbage")
    else:
        profile += "sts_regional_endpoints = garbage\nuse_fips_endpoint = maybe\n"
    line = check(preflight, folder, profile, "http://127.0.0.1:9")
    assert 'sts:GetCallerIdentity could not reach AWS: Could not connect to the endpoint URL: "http://127.0.0.1' in line


@pytest.mark.parametrize("name", GARBAGE)
def test_a_configuration_file_that_is_none(preflight: Command, folder: Path, name: str) -> None:
    Path(os.environ["AWS_CONFIG_FILE"]).write_bytes(GARBAGE[name])
    ran = preflight("check", str(ROOT / "examples" / "create-endpoint.json"), "--region", "us-east-1")
    assert ran.code == 2 and "invalid AWS configuration: Unable to parse config file: " in ran.line
