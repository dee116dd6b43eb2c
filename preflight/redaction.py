"""Credentials in text, written out as what they are: nothing that is printed, logged or kept may hold one."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

HIDDEN = "REDACTED"
# Compiled when they are first needed: that takes as long as linting a small policy.
# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html and the older
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html, with Azure's and Google's.
_PARAMETER = (
    r"(?i)((?:(?<=[?&;])|(?<=%26)|(?<=%3F))(?:X-(?:Amz|Goog)-[A-Za-z-]{1,40}|AWSAccessKeyId|Signature|sig)(?:=|%3D))"
    r"[^&\s\"'<>\\]+"
)
# A user has no colon in it, and a password may have all but spaces and quotes: with a slash, it is no port that it
# begins with. The slashes may be written as JSON or a query has them.
_USER = (
    r"(:(?://|\\/\\/))(?:[^\s/?#:@\[\"'<>\\]{0,512}:"
    r"(?:[^\s/?#\"'<>\\]{0,1024}@|(?!\d{1,5}(?:[/?#\s\"']|$))[^\s:\"'<>\\]{0,1024}?@)"
    r"|(?<=https://)[^\s/?#@:\"'<>\\]{16,1024}@)"
)
# botocore repeats an endpoint that it cannot use, as when the scheme was forgotten.
_ENDPOINT = r"(?i)(invalid endpoint: )[^\s/@]{1,1024}@"
_QUOTED_USER = r"(?i)(%3A%2F%2F)[^\s%/?#:@\"'<>\\]{0,512}%3A[^\s%\"'<>\\]{0,1024}%40"
# AWS quotes the headers of a call whose signature is wrong, and the SDKs what a program gave them.
_NAMED = (
    r"(?i)((?<![a-z])(?:x-amz-security-token|secret_?access_?key|session_?token)[\"']?\s{0,4}[:=]\s{0,4}b?[\"']?)"
    r"[^\s\"'&,<>\\]+"
)
_NAMES = ("-Security-Token", "-security-token", "ecretAccessKey", "essionToken", "ecret_access_key", "ession_token",
          "SECRET_ACCESS_KEY", "SESSION_TOKEN")  # fmt: skip
# Python's http.client and botocore name the value of a header that cannot be sent.
_HEADER = r"(?is)((?:invalid header (?:value|name)|leading space in header):? ).*"
_VARIABLES = (
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
)
_SHORTEST = 8


def environment_credentials() -> tuple[str, ...]:
    """Return the credentials of the environment."""
    given = [os.environ[name] for name in _VARIABLES if name in os.environ]  # to get one takes five times as long
    return tuple([part for each in given for part in each.split() if len(part) >= _SHORTEST])


def without_credentials(text: str, of_environment: Sequence[str] | None = None) -> str:
    """Return a text without users and passwords in URLs, parameters of presigned URLs, keys and tokens that are named
    as such, values of headers that could not be sent, and the credentials of the environment: those that are given,
    where it was asked for many texts at once.
    """
    if not text:
        return text
    if "://" in text or ":\\/\\/" in text:
        text = re.sub(_USER, rf"\1{HIDDEN}@", text)
    if "nvalid endpoint: " in text:
        text = re.sub(_ENDPOINT, rf"\1{HIDDEN}@", text)
    if "%2F%2F" in text or "%2f%2f" in text:
        text = re.sub(_QUOTED_USER, rf"\1{HIDDEN}@", text)
    if "=" in text or "%3D" in text or "%3d" in text:
        text = re.sub(_PARAMETER, rf"\1{HIDDEN}", text)
    if ("oken" in text or "OKEN" in text or "ccess" in text or "CCESS" in text) and any(map(text.__contains__, _NAMES)):
        text = re.sub(_NAMED, rf"\1{HIDDEN}", text)
    if "header" in text or "Header" in text:
        text = re.sub(_HEADER, rf"\1{HIDDEN}", text)
    for each in environment_credentials() if of_environment is None else of_environment:
        text = text.replace(each, HIDDEN)
    return text


def hidden_in(value: Any) -> Any:
    """Return plain data with every text of it as `without_credentials` returns it."""
    if isinstance(value, dict):
        return {name: hidden_in(each) for name, each in value.items()}
    if isinstance(value, list):
        return [hidden_in(each) for each in value]
    return without_credentials(value) if isinstance(value, str) else value
