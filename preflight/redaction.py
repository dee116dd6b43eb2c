"""Credentials in text, written out as what they are: nothing that is printed, logged or kept may hold one."""

from __future__ import annotations

import os
import re

HIDDEN = "REDACTED"
# Compiled when they are first needed: that takes as long as linting a small policy.
# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html and the older
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html, with Azure's and Google's.
_PARAMETER = (
    r"(?i)((?:(?<=[?&;])|(?<=%26)|(?<=%3F))(?:X-(?:Amz|Goog)-[A-Za-z-]{1,40}|AWSAccessKeyId|Signature|sig)(?:=|%3D))"
    r"[^&\s\"'<>\\]+"
)
_USER = r"(?<=://)[^\s/?#@\"'<>\\]{0,512}:[^\s/?#@\"'<>\\]{0,1024}@|(?<=https://)[^\s/?#@:\"'<>\\]{16,1024}@"
# Python's http.client and botocore name the value of a header that cannot be sent.
_HEADER = r"(?is)((?:invalid header (?:value|name)|leading space in header):? ).*"
_VARIABLES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_BEARER_TOKEN_BEDROCK")
_SHORTEST = 8


def without_credentials(text: str) -> str:
    """Return a text without users and passwords in URLs, parameters of presigned URLs, values of headers that could not
    be sent, and the credentials of the environment.
    """
    if not text:
        return text
    if "://" in text:
        text = re.sub(_USER, f"{HIDDEN}@", text)
    if "=" in text or "%3D" in text or "%3d" in text:
        text = re.sub(_PARAMETER, rf"\1{HIDDEN}", text)
    if "header" in text or "Header" in text:
        text = re.sub(_HEADER, rf"\1{HIDDEN}", text)
    for name in _VARIABLES:
        for part in os.environ.get(name, "").split():
            if len(part) >= _SHORTEST and part in text:
                text = text.replace(part, HIDDEN)
    return text
