"""Identity providers outside AWS whose tokens more than one customer gets: what says whose a token is.

A provider that is shared signs the tokens of all its customers with the same keys; only claims tell them apart, and IAM
refuses a new trust policy that does not evaluate the one that does. Others are of one organization by their address.
The providers are declared in `rules/authorization/identity-providers.json`, with the pages that name them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from preflight.data_files import declared_json
from preflight.iam.pattern import matches, overlaps

GITHUB = "token.actions.githubusercontent.com"
COGNITO = "cognito-identity.amazonaws.com"

_WILD = re.compile(r"[*?]")
_TENANT = re.compile(r"[^:/]+[:/][^:/]+[:/].*", re.DOTALL)


def _providers() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = declared_json("authorization/identity-providers")["providers"]
    return found


@cache
def shared_providers() -> tuple[str, ...]:
    """Return the addresses of the shared providers."""
    return tuple(_providers())


@cache
def providers_of_people() -> tuple[str, ...]:
    """Return the addresses of those that sign in the users of apps, so that the app has a say in who gets a token."""
    return tuple(host for host, each in _providers().items() if "app" in each)


@cache
def github_owners() -> tuple[str, ...]:
    """Return the claims that say whose a workflow of GitHub is: everyone on GitHub may choose the others."""
    return tuple(declared_json("authorization/identity-providers")["github"]["owners"])


@cache
def _github_paths() -> frozenset[str]:
    """Return the claims that begin with an owner and a slash."""
    return frozenset(declared_json("authorization/identity-providers")["github"]["paths"])


@cache
def _github_subjects() -> tuple[str, ...]:
    """Return patterns of the subjects that tokens of GitHub can have, with claims of one's choice in them."""
    claims = (*github_owners(), *declared_json("authorization/identity-providers")["github"]["claims"])
    return (
        *(f"repo:*/*:{context}" for context in ("pull_request", "environment:*", "ref:refs/*")),
        *(f"{head}{name}:*" for name in claims for head in ("", "repo:*/*:")),
        "ref:refs/*",
    )


def provider_host(principal: str) -> str:
    """Return the address of an OpenID Connect provider from a principal: its ARN, or the address itself."""
    return principal.partition(":oidc-provider/")[2] or principal


def is_shared(host: str) -> bool:
    """Whether people who have nothing to do with an account get tokens of a provider."""
    return host in _providers()


def telling_claims(host: str) -> tuple[str, ...]:
    """Return the claims that say which customer or person a token is of."""
    return tuple(_providers()[host]["tells"])


def app_claims(host: str) -> tuple[str, ...]:
    """Return the claims that say which app a token is for, where the provider signs in its users."""
    return tuple(_providers().get(host, {}).get("app", ()))


def example_subjects(host: str) -> tuple[str, ...]:
    """Return the subject of another customer's token, and patterns of such subjects, the most readable first."""
    return tuple(_providers().get(host, {}).get("subjects", ("another-customer",)))


def names_customer(host: str, claim: str, text: str, *, wild: bool) -> bool:
    """Whether a value of a claim says whose the token is, before its first wildcard where it has them. So does a
    subject that no token has.
    """
    head = _WILD.split(text, maxsplit=1)[0] if wild else text
    whole = head == text
    if host == GITHUB:
        if claim == "sub":
            return not is_github_subject(text, wild=wild) or _names_owner(head, whole=whole)
        return whole or (claim in _github_paths() and "/" in head.strip("/"))
    return whole or (claim == "sub" and _TENANT.fullmatch(head) is not None)


def is_github_subject(text: str, *, wild: bool) -> bool:
    """Whether a token of GitHub may have a subject. What is compared literally with a `*` in it counts as a pattern."""
    if wild or "*" in text:
        return any(overlaps(text, form) for form in _github_subjects())
    return any(matches(form, text) for form in _github_subjects())


def _names_owner(head: str, *, whole: bool) -> bool:
    """Whether the beginning of a subject of GitHub says whose the workflow is."""
    if head.startswith("repo:"):
        # Anyone can take an owner's name that begins in the same way.
        return "/" in head or whole
    for name, value in pairwise(head.split(":")):
        cut = not whole and head.endswith(f"{name}:{value}")
        if name in (*github_owners(), "repo") and value and (not cut or "/" in value):
            return True
    return False
