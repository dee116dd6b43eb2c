"""Roles for GitHub Actions: whose workflows may assume them.

The subject of a token says for what a workflow runs; who owns the repository may have GitHub make it of other claims.
Sources: https://docs.github.com/en/actions/reference/security/oidc and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html#idp_oidc_Create_GitHub
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from preflight.iam.identity_providers import GITHUB, github_owners, is_github_subject, names_customer
from preflight.lint.analysis.token_conditions import asks, claim, claims_of, trusted
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.statements import ConditionEntry, Entry
from preflight.lint.policy.subject import Subject

_SUBJECT = re.compile(r"repo:([^/:]+)(?:/([^:]+))?(?::(.*))?")


def github_without_repository(subject: Subject) -> Iterator[Finding]:
    """Find roles for GitHub Actions that workflows of every repository may assume."""
    for view, place, provider in trusted(subject):
        conditions = claims_of(view, provider) if provider == GITHUB else []
        if not conditions:
            continue
        limits = [each for each in conditions if claim(each) in (*github_owners(), "sub")]
        if not any(_says_whose(each) for each in limits):
            wide = limits[0] if limits else None
            says = (
                f"has a condition on {wide.key} that matches any owner" if wide else f"has no condition on {GITHUB}:sub"
            )
            yield Finding(
                wide.pointer if wide else place.pointer,
                f"{view.cited} {says}: workflows in any GitHub repository can assume the role",
                f'add {{"StringEquals": {{"{GITHUB}:sub": "repo:OWNER/REPOSITORY:ref:refs/heads/main"}}}}',
            )


def github_branch(subject: Subject) -> Iterator[Finding]:
    """Find roles for GitHub Actions that are for more than one repository, branch or environment."""
    for each, value in _subjects(subject):
        if "like" in each.lower_base and "*" in value.text and _says_whose(each):
            yield Finding(
                value.pointer,
                f"`{value.text}` matches {_what(value.text)}",
                "name the repository and the branch or environment: repo:OWNER/REPOSITORY:ref:refs/heads/main",
            )


def github_subject_form(subject: Subject) -> Iterator[Finding]:
    """Find subjects that no token of GitHub Actions has."""
    for each, value in _subjects(subject):
        if asks(each) and "${" not in value.text and not is_github_subject(value.text, wild="like" in each.lower_base):
            yield Finding(
                value.pointer,
                f"`{value.text}` is not a subject that GitHub Actions uses",
                "write repo:OWNER/REPOSITORY: and then ref:refs/heads/BRANCH, ref:refs/tags/TAG, environment:NAME or "
                "pull_request",
            )


def _subjects(subject: Subject) -> Iterator[tuple[ConditionEntry, Entry]]:
    for view, _, provider in trusted(subject):
        for each in claims_of(view, provider) if provider == GITHUB else ():
            if claim(each) == "sub":
                yield from ((each, value) for value in each.values)


def _says_whose(entry: ConditionEntry) -> bool:
    """Whether a claim's values all name a repository or its owner."""
    if not asks(entry):
        return False
    wild = "like" in entry.base.lower()
    return all(names_customer(GITHUB, claim(entry), value.text, wild=wild) for value in entry.values)


def _what(text: str) -> str:
    found = _SUBJECT.fullmatch(text)
    owner, repository, context = (found[1], found[2], found[3] or "") if found else ("", "", "")
    if not repository or "*" in repository or "*" in owner:
        return "more than one repository"
    of = f"of {owner}/{repository}"
    kind, _, name = context.partition(":")
    if kind == "environment":
        return f"every environment {of}" if name == "*" else f"more than one environment {of}"
    if name.startswith("refs/tags/"):
        return f"every tag {of}" if name == "refs/tags/*" else f"more than one tag {of}"
    if name.startswith("refs/heads/"):
        return f"every branch {of}" if name == "refs/heads/*" else f"more than one branch {of}"
    if not context.strip("*"):
        return f"every branch, tag, environment and pull request {of}"
    return f"more than one branch or tag {of}"
