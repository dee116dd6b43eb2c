"""Roles for identities from outside AWS: OpenID Connect and SAML.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from preflight.lint.policy.finding import Finding
from preflight.lint.policy.statements import ConditionEntry, PrincipalEntry, StatementView
from preflight.lint.policy.subject import Subject

_GITHUB = "token.actions.githubusercontent.com"
_SHARED = frozenset({"gitlab.com", "app.terraform.io", "agent.buildkite.com", "oidc.vercel.com", "api.bitbucket.org"})
_WHICH = frozenset(
    {"sub", "job_workflow_ref", "repository", "repository_id", "repository_owner", "repository_owner_id"}
)
_PLACEHOLDER = re.compile(r"repo:([^/:]+)(?:/([^:]+))?(?::(.*))?")
_POSITIVE = frozenset({"stringequals", "stringlike", "stringequalsignorecase"})
_COGNITO = "cognito-identity.amazonaws.com"


def oidc_without_condition(subject: Subject) -> Iterator[Finding]:
    """Find roles for an OpenID Connect provider that ask nothing of its tokens."""
    for view, place, provider in _trusted(subject):
        if not _of(view, provider):
            yield Finding(
                place.pointer,
                f"{view.cited} lets every identity of {provider} assume the role",
                f"add conditions on {provider}:aud and {provider}:sub that identify whose tokens to accept",
            )


def github_without_repository(subject: Subject) -> Iterator[Finding]:
    """Find roles for GitHub Actions that workflows of every repository may assume."""
    for view, place, provider in _trusted(subject):
        if provider != _GITHUB or not _of(view, provider):
            continue
        limits = [each for each in _of(view, provider) if _claim(each) in _WHICH]
        if not any(_limits(each) for each in limits):
            wide = limits[0] if limits else None
            says = (
                f"has a condition on {wide.key} that matches any owner"
                if wide
                else f"has no condition on {_GITHUB}:sub"
            )
            yield Finding(
                wide.pointer if wide else place.pointer,
                f"{view.cited} {says}: workflows in any GitHub repository can assume the role",
                f'add {{"StringEquals": {{"{_GITHUB}:sub": "repo:OWNER/REPOSITORY:ref:refs/heads/main"}}}}',
            )


def github_branch(subject: Subject) -> Iterator[Finding]:
    """Find roles for GitHub Actions that are for more than one repository and branch."""
    for view, _, provider in _trusted(subject):
        if provider != _GITHUB:
            continue
        for each in _of(view, provider):
            if _claim(each) != "sub" or not _limits(each):
                continue
            for value in each.values:
                if "like" in each.lower_base and "*" in value.text:
                    yield Finding(
                        value.pointer,
                        f"`{value.text}` is {_what(value.text)}",
                        "name the repository and the branch or environment: repo:OWNER/REPOSITORY:ref:refs/heads/main",
                    )


def shared_provider_without_subject(subject: Subject) -> Iterator[Finding]:
    """Find roles for a provider that serves everyone, which ask for the audience only."""
    for view, place, provider in _trusted(subject):
        claims = {_claim(each) for each in _of(view, provider) if _limits_any(each)}
        if not _of(view, provider):
            continue
        if provider in _SHARED and not claims - {"aud"}:
            yield Finding(
                place.pointer,
                f"{view.cited} has no condition on {provider}:sub: every customer of {provider} can assume the role",
                f"add a condition on {provider}:sub that names your project",
            )
        elif provider == _COGNITO and "aud" not in claims:
            yield Finding(
                place.pointer,
                f"{view.cited} has no condition on {provider}:aud: identities of any identity pool can assume it",
                f'add {{"StringEquals": {{"{provider}:aud": "us-east-1:..."}}}} with the ID of your identity pool',
            )


def saml_without_audience(subject: Subject) -> Iterator[Finding]:
    """Find roles for a SAML provider that ask nothing of its assertions."""
    for view in subject.statements:
        if not view.allows:
            continue
        for place in view.principals:
            saml = place.kind == "Federated" and ":saml-provider/" in place.text and place.element == "Principal"
            if saml and not any(each.lower_key.startswith("saml:") for each in view.conditions):
                yield Finding(
                    place.pointer,
                    f"{view.cited} has no conditions on assertions of {place.text}: an assertion issued for another "
                    "service is accepted",
                    'add {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}',
                )


def audience_with_qualifier(subject: Subject) -> Iterator[Finding]:
    """Find an audience that is compared as if there were several."""
    for view in subject.statements:
        for each in view.conditions:
            if each.qualifier and each.lower_key.endswith(":aud") and not each.lower_key.startswith("saml:"):
                yield Finding(
                    each.pointer,
                    f"{each.operator} compares {each.key} as a multivalued claim, but most tokens have one audience",
                    f"if your tokens have one audience, use {each.operator.rpartition(':')[2]}",
                )


def _trusted(subject: Subject) -> Iterator[tuple[StatementView, PrincipalEntry, str]]:
    for view in subject.statements:
        if not view.allows or "Principal" not in view.raw:
            continue
        for place in view.principals:
            if place.kind == "Federated" and place.element == "Principal" and ":saml-provider/" not in place.text:
                provider = place.text.partition(":oidc-provider/")[2] or place.text
                if provider and ":" not in provider:
                    yield view, place, provider


def _of(view: StatementView, provider: str) -> list[ConditionEntry]:
    return [each for each in view.conditions if each.lower_key.startswith(f"{provider.lower()}:")]


def _claim(entry: ConditionEntry) -> str:
    return entry.key.rpartition(":")[2].lower()


def _limits(entry: ConditionEntry) -> bool:
    """Whether a claim's values name a repository or its owner."""
    if not _limits_any(entry):
        return False
    return all(_named(value.text, wild="like" in entry.base.lower()) for value in entry.values)


def _limits_any(entry: ConditionEntry) -> bool:
    return (
        entry.base.lower() in _POSITIVE
        and not entry.if_exists
        and entry.qualifier.lower() != "forallvalues"
        and bool(entry.values)
    )


def _named(text: str, *, wild: bool) -> bool:
    if not wild:
        return bool(text)
    head = re.split(r"[*?]", text, maxsplit=1)[0]
    if head.startswith("repo:"):
        # Anyone can take an owner's name that begins in the same way.
        return "/" in head or head == text
    return bool(head) and not "repo:".startswith(head)


def _what(text: str) -> str:
    found = _PLACEHOLDER.fullmatch(text)
    owner, repository = (found[1], found[2]) if found else ("", "")
    if repository and "*" not in repository and "*" not in owner:
        return (
            f"every branch, tag and pull request of {owner}/{repository}"
            if text.endswith(":*")
            else "more than one branch"
        )
    return "more than one repository"
