"""Grants by which data, credentials and resources get out: on every resource, without a condition that limits them.

What each list holds is in `rules/lint-data/watched.json`: actions that AWS gives the access level Permissions
management, actions that answer with credentials, actions that read the content of stores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from preflight.lint.policy.finding import Finding, names
from preflight.lint.policy.grants import Granted, first
from preflight.lint.policy.sensitive_actions import kind, samples
from preflight.lint.policy.subject import Subject

_OWN_POLICY = {
    "s3:PutBucketPolicy": ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
    "s3:PutBucketAcl": ("s3:PutObject",),
    "kms:PutKeyPolicy": ("kms:Decrypt",),
    "secretsmanager:PutResourcePolicy": ("secretsmanager:GetSecretValue",),
}
"""What can be had by writing a policy or an ACL. An ACL of a bucket lets its grantees create objects, not read them:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html
"""
_EXPIRES, _DELETES = "s3:PutLifecycleConfiguration", "s3:DeleteObject"
"""Whoever writes a bucket's lifecycle rules has S3 delete its objects, even where deleting is denied:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
"""


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
    if listed.isdisjoint(subject.grants.actions):
        return
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
    """Find policies that don't allow something on a resource, but to rewrite the policy that forbids it, or to have S3
    do it.
    """
    grants = subject.grants
    if grants.administrator is not None:
        return
    for action, others in _OWN_POLICY.items():
        barred = [each for each in others if each not in grants.actions and each not in grants.denied_everywhere]
        if barred and action in grants.actions and grants.somewhere(action):
            done = f"grant itself {names(barred)}, which the policy doesn't allow"
            yield _around(
                grants.actions[action], action, done, "it only to roles that may have full access to the resource"
            )
    barred_too = _DELETES not in grants.actions or _DELETES in grants.denied_everywhere
    if barred_too and _EXPIRES in grants.actions and grants.somewhere(_EXPIRES):
        done = f"have S3 delete objects by lifecycle rules, although the policy doesn't allow {_DELETES}"
        yield _around(grants.actions[_EXPIRES], _EXPIRES, done, "it only to roles that may delete the objects")


def _around(granted: Sequence[Granted], action: str, done: str, whom: str) -> Finding:
    pivot, only = first(granted), f"allow {whom}"
    return Finding(
        pivot.entry.pointer,
        f"{action} lets any principal with this policy {done}",
        pivot.remedy(action, only) if pivot.written_as(action) else f"remove {action}, or {only}",
    )
