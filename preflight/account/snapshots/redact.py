"""What must not stand in a snapshot: the values of container environments, and whatever looks like a secret."""

from __future__ import annotations

import re
from typing import Any

REDACTED = "REDACTED"
_NAMES = re.compile(r"secret|token|passw|api.?key|credential|private.?key|access.?key", re.IGNORECASE)
# Access key ids of AWS, tokens of GitHub, GitLab, Slack and PyPI, JSON web tokens, and private keys, by their makers'
# own forms (https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns).
_VALUES = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_[A-Za-z0-9_]{22,}|\bglpat-[A-Za-z0-9_-]{20,}"
    r"|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bpypi-[A-Za-z0-9_-]{16,}|\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_ENVIRONMENTS = ("Environment",)


def redacted(value: Any) -> Any:
    """Return plain data without secrets: each value of an environment, tags whose name or value tells of a secret, and
    texts that have the form of one.
    """
    if isinstance(value, dict):
        if isinstance(value.get("Key"), str) and isinstance(value.get("Value"), str) and _NAMES.search(value["Key"]):
            return {**value, "Value": REDACTED}
        return {name: _member(name, each) for name, each in value.items()}
    if isinstance(value, list):
        return [redacted(each) for each in value]
    if isinstance(value, str) and _VALUES.search(value):
        return REDACTED
    return value


def _member(name: str, value: Any) -> Any:
    if name in _ENVIRONMENTS and isinstance(value, dict):
        # Lambda has them one level deeper, under Variables.
        return {
            each: _member("Environment", inner) if isinstance(inner, dict) else REDACTED
            for each, inner in value.items()
        }
    return redacted(value)
