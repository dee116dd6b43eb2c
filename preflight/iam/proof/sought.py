"""Callers that a question asks for by patterns: accounts, ARNs of principals, services.

The policies tell callers apart by what they list and by conditions; a question tells them apart as well, so that among
the callers to look at there must be some that it asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from preflight.iam.pattern import Extent, extent, matches
from preflight.iam.principals import Caller, PrincipalError, caller

_FORMS = (
    *(f"arn:*:iam::????????????:{kind}" for kind in ("role/*", "user/*", "root", "saml-provider/*", "oidc-provider/*")),
    *(f"arn:*:sts::????????????:{kind}" for kind in ("assumed-role/*/*", "federated-user/*")),
    "????????????",
    *("*.amazonaws.com", "*.amazonaws.com.cn", "*.amazon.com", "*.aws.internal", "accounts.google.com"),
    "graph.facebook.com",
)
_SESSIONS = "arn:*:sts::????????????:assumed-role/*/*"
_FIELDS, _ACCOUNT = 6, "444455556666"
_FILLS = ("example", "session", "", "amazonaws.com", ".amazonaws.com", "example.amazonaws.com")
_LETTERS = "xyzqw0123456789"


def is_sought(patterns: Iterable[str], who: Caller) -> bool:
    """Whether a caller, or its account, is one that the patterns mean."""
    return any(matches(each, text) for each in patterns for text in (who.text, who.account) if text)


def check_sought(pattern: str) -> None:
    """Raise `PrincipalError` for a pattern that no caller can match: a claim about it would hold for nothing."""
    if not _wild(pattern) and not (len(pattern) == len("111122223333") and pattern.isdigit()):
        caller(pattern)
    elif all(extent(pattern, form, barred=":") is Extent.NONE for form in _FORMS):
        raise PrincipalError(
            f'"{pattern}" matches no principal: give an account ID, the ARN of a principal or a service, such as '
            "111122223333, arn:aws:iam::111122223333:role/* or sagemaker.amazonaws.com"
        )


def examples(patterns: Iterable[str]) -> Iterator[str]:
    """Yield texts that the patterns match, as far as a few ways to fill in their wildcards show."""
    for pattern in patterns:
        if not _wild(pattern):
            yield pattern
            continue
        for fill, letter in product(_FILLS, "x0"):
            yield _with_account(pattern).replace("*", fill).replace("?", letter)


def _with_account(pattern: str) -> str:
    """Return a pattern of ARNs with the account filled in, where it can be one of the examples'."""
    parts = pattern.split(":")
    if len(parts) == _FIELDS and matches(parts[4], _ACCOUNT):
        parts[4] = _ACCOUNT
    return ":".join(parts)


def roles_of_sessions(patterns: Iterable[str]) -> Iterator[str]:
    """Yield patterns of the roles whose sessions the patterns mean."""
    for pattern in patterns:
        parts = _session_parts(pattern)
        if parts is not None:
            partition, account, role, _ = parts
            yield f"arn:{partition}:iam::{account}:role/{role}"
            yield f"arn:{partition}:iam::{account}:role/*/{role}"


def session_names(patterns: Iterable[str], listed: Sequence[str]) -> list[str]:
    """Return names of sessions that the patterns mean: of what is listed, and one that is not."""
    found = ["session"]
    known = {text.rpartition("/")[2] for text in listed if ":assumed-role/" in text}
    for pattern in patterns:
        parts = _session_parts(pattern)
        if parts is not None:
            name = parts[3]
            found += sorted(each for each in known if matches(name, each))
            filled = (name.replace("*", "session" + more).replace("?", more or "x") for more in ("", *_LETTERS))
            found += [each for each in filled if each not in known][:1]
    return list(dict.fromkeys(found))


def unclear_sessions(patterns: Iterable[str]) -> str:
    """Say which pattern means sessions in a form that does not show of which roles; empty if none does."""
    for pattern in patterns:
        if pattern.strip("*") and _meets_sessions(pattern) and _session_parts(pattern) is None:
            return f"{pattern} does not show which roles it means sessions it means"
    return ""


def names_a_session(patterns: Iterable[str]) -> bool:
    """Whether a pattern means some sessions of a role and not others."""
    return any(parts is not None and parts[3].strip("*") for parts in map(_session_parts, patterns))


def _session_parts(pattern: str) -> tuple[str, str, str, str] | None:
    """Return patterns of partition, account, role and session, if a pattern of sessions has them apart."""
    parts = pattern.split(":")
    if len(parts) != _FIELDS or not _meets_sessions(pattern):
        return None
    names = {"*": "*/*", "assumed-role/*": "*/*"}.get(parts[5], parts[5].removeprefix("assumed-role/"))
    role, slash, session = names.partition("/")
    if not slash or "/" in session or (parts[5] != "*" and not parts[5].startswith("assumed-role/")):
        return None
    return parts[1], parts[4], role, session


def _meets_sessions(pattern: str) -> bool:
    return extent(pattern, _SESSIONS, barred=":/") is not Extent.NONE


def _wild(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern
