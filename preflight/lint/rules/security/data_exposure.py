"""Grants by which data, credentials and resources get out: on every resource, without a condition that limits them.

What each list holds is in `rules/lint-data/watched.json`: actions that AWS gives the access level Permissions
management, actions that answer with credentials, actions that read the content of stores.
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.lint.policy.finding import Finding, names
from preflight.lint.policy.grants import Granted, first
from preflight.lint.policy.sensitive_actions import kind, samples
from preflight.lint.policy.subject import Subject

_OWN_POLICY = {
    "s3:PutBucketPolicy": ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
    "s3:PutBucketAcl": ("s3:GetObject",),
    "kms:PutKeyPolicy": ("kms:Decrypt",),
    "secretsmanager:PutResourcePolicy": ("secretsmanager:GetSecretValue",),
}


def data(subject: Subject) -> Iterator[Finding]:
    """Find actions that read the content of every store there is."""
    yield from _everywhere(subject, "data", "reads all data of that type")


def credentials(subject: Subject) -> Iterator[Finding]:
    """Find actions that answer with credentials, for every resource."""
    yield from _everywhere(subject, "credentials", "returns credentials for any identity")


def permissions(subject: Subject) -> Iterator[Finding]:
    """Find actions by which the permissions on every resource can be changed."""
    yield from _everywhere(subject, "permissions", "can make any of these resources accessible to anyone")


def _everywhere(subject: Subject, what: str, comes_to: str) -> Iterator[Finding]:
    """Yield one finding for each statement and entry of Action: what is added to another is a finding of its own."""
    listed = kind(what)
    known: set[tuple[int, str, str]] = set()
    for grants, level in subject.graded_grants():
        if not grants.actions or grants.administrator is not None:
            continue
        found: dict[Granted, list[str]] = {}
        for action in grants.actions:
            if action in listed and grants.everywhere(action):
                for each in grants.granting(action):
                    key = each.view.index, each.entry.pointer, action
                    if key not in known:
                        known.add(key)
                        found.setdefault(each, []).append(action)
        for each, actions in found.items():
            by = f" (by `{written}`)" if (written := each.written_as(actions[0])) else ""
            yield Finding(
                each.entry.pointer,
                f"{each.view.cited} allows {names(actions)}{by} on every resource, which {comes_to}"
                f"{grants.under(each.view)}",
                each.remedy(actions[0], _narrower(actions[0])),
                level=level,
            )


def _narrower(action: str) -> str:
    if samples()[action] == "*":
        return f"allow {action} only to those who need it: AWS can't limit it to specific resources"
    return f"limit {action} to specific resources"


def own_resource_policy(subject: Subject) -> Iterator[Finding]:
    """Find policies that don't allow something on a resource, but to rewrite the policy that forbids it."""
    grants = subject.grants
    if grants.administrator is not None:
        return
    for action, others in _OWN_POLICY.items():
        granted = grants.actions.get(action)
        barred = [other for other in others if other not in grants.actions] if granted else []
        if granted and barred and grants.somewhere(action):
            pivot = first(granted)
            only = "allow it only to roles that may have full access to the resource"
            yield Finding(
                pivot.entry.pointer,
                f"{action} lets any principal with this policy grant itself {names(barred)}, which the policy "
                "doesn't allow",
                pivot.remedy(action, only) if pivot.written_as(action) else f"remove {action}, or {only}",
            )
