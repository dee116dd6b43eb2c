"""Identity providers outside AWS whose tokens more than one customer gets: what says whose a token is.

A provider that is shared signs the tokens of all its customers with the same keys; only claims tell them apart, and IAM
refuses a new trust policy that does not evaluate the one that does. Others are of one organization by their address.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif and
https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from preflight.iam.pattern import matches, overlaps

GITHUB = "token.actions.githubusercontent.com"
COGNITO = "cognito-identity.amazonaws.com"

GITHUB_OWNERS = (
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "job_workflow_ref",
    "workflow_ref",
    "enterprise",
    "enterprise_id",
)
"""The claims that say whose a workflow of GitHub is: everyone on GitHub may choose the others."""

_GITHUB_CLAIMS = (
    *GITHUB_OWNERS,
    "actor",
    "actor_id",
    "base_ref",
    "context",
    "environment",
    "event_name",
    "head_ref",
    "job_workflow_sha",
    "ref_type",
    "repository_visibility",
    "run_id",
    "runner_environment",
    "sha",
    "visibility",
    "workflow",
    "workflow_sha",
)
_GITHUB_SUBJECTS = (
    *(f"repo:*/*:{context}" for context in ("pull_request", "environment:*", "ref:refs/*")),
    *(f"{head}{name}:*" for name in _GITHUB_CLAIMS for head in ("", "repo:*/*:")),
    "ref:refs/*",
)
_GITHUB_PATHS = frozenset({"repository", "job_workflow_ref", "workflow_ref"})
"""The claims that begin with an owner and a slash."""

_OF_CUSTOMERS: Mapping[str, tuple[str, ...]] = {
    GITHUB: ("sub", *GITHUB_OWNERS),
    "vstoken.actions.githubusercontent.com": ("sub", *GITHUB_OWNERS),
    "oidc-configuration.audit-log.githubusercontent.com": ("sub",),
    "gitlab.com": ("sub", "project_path", "namespace_path", "project_id", "namespace_id"),
    "app.terraform.io": ("sub",),
    "agent.buildkite.com": ("sub",),
    "oidc.codefresh.io": ("sub",),
    "studio.datachain.ai/api": ("sub",),
    "scalr.io": ("sub",),
    "tokens.cloud.shisho.dev": ("sub",),
    "proidc.upbound.io": ("sub",),
    "oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb": ("sub",),
    "api.pulumi.com/oidc": ("aud", "sub"),
    "sandboxes.cloud": ("aud", "sub"),
    "oidc.vercel.com": ("aud", "sub"),
    "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d": ("sub",),
}
"""Providers of companies, with the claims that say which customer a token is of."""

_OF_PEOPLE: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "accounts.google.com": (("sub",), ("aud", "oaud")),
    "graph.facebook.com": (("id",), ("app_id",)),
    "www.amazon.com": (("user_id", "sub"), ("app_id", "aud")),
    COGNITO: (("sub",), ("aud",)),
}
"""Providers of everyone, with the claims that say which person a token is of, and which app or pool it is for."""

SHARED = (*_OF_CUSTOMERS, *_OF_PEOPLE)
"""The addresses of the shared providers."""

PEOPLE = tuple(_OF_PEOPLE)
"""Those that sign in the users of apps, so that the app has a say in who gets a token."""

_EXAMPLES = {
    GITHUB: ("repo:another-owner/app:ref:refs/heads/main", "repo:*/*:*"),
    "gitlab.com": ("project_path:another-group/app:ref_type:branch:ref:main", "project_path:*/*:*"),
    "app.terraform.io": (
        "organization:another:project:example:workspace:app:run_phase:apply",
        "organization:*:project:*:workspace:*:run_phase:*",
    ),
    "agent.buildkite.com": ("organization:another:pipeline:app:ref:refs/heads/main", "organization:*:pipeline:*"),
}
_WILD = re.compile(r"[*?]")
_TENANT = re.compile(r"[^:/]+[:/][^:/]+[:/].*", re.DOTALL)


def provider_host(principal: str) -> str:
    """Return the address of an OpenID Connect provider from a principal: its ARN, or the address itself."""
    return principal.partition(":oidc-provider/")[2] or principal


def is_shared(host: str) -> bool:
    """Whether people who have nothing to do with an account get tokens of a provider."""
    return host in _OF_CUSTOMERS or host in _OF_PEOPLE


def telling_claims(host: str) -> tuple[str, ...]:
    """Return the claims that say which customer or person a token is of."""
    return _OF_CUSTOMERS.get(host) or _OF_PEOPLE[host][0]


def app_claims(host: str) -> tuple[str, ...]:
    """Return the claims that say which app a token is for, where the provider signs in its users."""
    return _OF_PEOPLE[host][1] if host in _OF_PEOPLE else ()


def example_subjects(host: str) -> tuple[str, ...]:
    """Return the subject of another customer's token, and patterns of such subjects, the most readable first."""
    return _EXAMPLES.get(host, ("another-customer",))


def names_customer(host: str, claim: str, text: str, *, wild: bool) -> bool:
    """Whether a value of a claim says whose the token is, before its first wildcard where it has them. So does a
    subject that no token has.
    """
    head = _WILD.split(text, maxsplit=1)[0] if wild else text
    whole = head == text
    if host == GITHUB:
        if claim == "sub":
            return not is_github_subject(text, wild=wild) or _names_owner(head, whole=whole)
        return whole or (claim in _GITHUB_PATHS and "/" in head.strip("/"))
    return whole or (claim == "sub" and _TENANT.fullmatch(head) is not None)


def is_github_subject(text: str, *, wild: bool) -> bool:
    """Whether a token of GitHub may have a subject. What is compared literally with a `*` in it counts as a pattern."""
    if wild or "*" in text:
        return any(overlaps(text, form) for form in _GITHUB_SUBJECTS)
    return any(matches(form, text) for form in _GITHUB_SUBJECTS)


def _names_owner(head: str, *, whole: bool) -> bool:
    """Whether the beginning of a subject of GitHub says whose the workflow is."""
    if head.startswith("repo:"):
        # Anyone can take an owner's name that begins in the same way.
        return "/" in head or whole
    for name, value in pairwise(head.split(":")):
        cut = not whole and head.endswith(f"{name}:{value}")
        if name in (*GITHUB_OWNERS, "repo") and value and (not cut or "/" in value):
            return True
    return False
