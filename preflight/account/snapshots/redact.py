"""What must not stand in a snapshot: the values of container environments, and whatever looks like a secret."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from preflight.redaction import HIDDEN, without_credentials

REDACTED = HIDDEN
_NAMES = re.compile(
    r"secret|token|passw|pwd|api.?key|credential|private.?key|access.?key|connection.?string", re.IGNORECASE
)
# Access key ids of AWS, tokens of GitHub, GitLab, Slack and PyPI, JSON web tokens, and private keys, by their makers'
# own forms (https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns).
_VALUES = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_[A-Za-z0-9_]{22,}|\bglpat-[A-Za-z0-9_-]{20,}"
    r"|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bpypi-[A-Za-z0-9_-]{16,}|\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_ENVIRONMENTS = ("environment", "environmentvariables")
_PAIRS = (("Key", "Value"), ("TagKey", "TagValue"), ("key", "value"), ("Name", "Value"), ("name", "value"))
_SHORTEST = 16
# Names, statuses and ARNs come again and again; the patterns of all detectors are dear.
_LONGEST_KEPT = 200
# Guesses by entropy and by the name of a variable, and what is no secret: the first tell of nothing here, where a
# digest is a fact that is needed.
_NOT_FORMS = ("Base64HighEntropyString", "HexHighEntropyString", "IPPublicDetector", "KeywordDetector")


def redacted(value: Any) -> Any:
    """Return plain data without secrets: each value of an environment, tags whose name or value tells of a secret,
    texts that have the form of one, and in URLs users, passwords and signatures.
    """
    if isinstance(value, dict):
        for name, said in _PAIRS:
            if isinstance(value.get(name), str) and isinstance(value.get(said), str) and _NAMES.search(value[name]):
                return {each: REDACTED if each == said else _member(each, inner) for each, inner in value.items()}
        return {name: _member(name, each) for name, each in value.items()}
    if isinstance(value, list):
        return [redacted(each) for each in value]
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    return _often(text) if len(text) <= _LONGEST_KEPT else _without_secrets(text)


@lru_cache(4096)
def _often(text: str) -> str:
    return _without_secrets(text)


def _without_secrets(text: str) -> str:
    shown = without_credentials(text)
    if _VALUES.search(shown):
        return REDACTED
    if len(shown) >= _SHORTEST and any(has_form(shown) for has_form in _detectors()):
        return REDACTED
    return shown


def _member(name: str, value: Any) -> Any:
    if name.lower() in _ENVIRONMENTS and isinstance(value, dict | list):
        return _environment(value)
    if name.lower() == "tags" and isinstance(value, dict):
        return {each: REDACTED if _NAMES.search(each) else redacted(inner) for each, inner in value.items()}
    return redacted(value)


def _environment(value: Any) -> Any:
    """Return an environment without its values: Lambda has them one level deeper, ECS as a list of names and values."""
    if isinstance(value, dict):
        return {name: _environment(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_variable(each) for each in value]
    return REDACTED


def _variable(value: Any) -> Any:
    hidden = _environment(value)
    return (
        {**hidden, **{each: value[each] for each in ("Name", "name") if each in value}}
        if isinstance(value, dict)
        else hidden
    )


@cache
def _detectors() -> tuple[Callable[[str], object], ...]:
    """Return what tells the forms of secrets that detect-secrets knows; none where the extra is not installed."""
    try:
        from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    except ImportError:
        return ()
    known: list[Any] = list(get_mapping_from_secret_type_to_class().values())
    return tuple(pattern.search for each in known if each.__name__ not in _NOT_FORMS for pattern in each().denylist)
