"""Policies of resources that let everyone in, and keys that nobody can manage."""

from __future__ import annotations

from collections.abc import Iterator

from preflight.engine.result import Level
from preflight.iam.pattern import matches_action
from preflight.lint.analysis.outside_caller import let_in, open_to_everyone
from preflight.lint.policy.finding import Finding, names
from preflight.lint.policy.sensitive_actions import kind, watched
from preflight.lint.policy.subject import Subject


def open_resource(subject: Subject) -> Iterator[Finding]:
    """Find Allow statements that let callers of other accounts in, whoever they are."""
    for view in subject.statements:
        if not view.allows or not open_to_everyone(view) or not let_in(subject, view):
            continue
        place = next(each for each in view.principals if each.text == "*")
        what = names(list(view.actions)) if view.actions else "every action but some"
        whole = [
            each.text for each in view.actions if each.text.endswith("*") and each.text.partition(":")[2] in ("", "*")
        ]
        manage = whole or [a for each in view.actions for a in watched(each.text) if a in kind("permissions")]
        yield Finding(
            place.pointer,
            f"{view.cited} allows {what} to everyone, including any AWS account",
            "name the accounts, roles or services in Principal, or add a condition on aws:PrincipalOrgID, "
            "aws:SourceAccount or aws:SourceArn",
            level=Level.ERROR if manage else None,
        )


def allow_not_principal(subject: Subject) -> Iterator[Finding]:
    """Find Allow with NotPrincipal."""
    if "NotPrincipal" not in subject.elements:
        return
    for view in subject.statements:
        if view.allows and "NotPrincipal" in view.raw:
            yield Finding(
                f"{view.pointer}/NotPrincipal",
                f"{view.cited} allows its actions to everyone that NotPrincipal doesn't list",
                "list the allowed principals in Principal; to exclude some, use a separate Deny statement",
            )


def unmanageable_key(subject: Subject) -> Iterator[Finding]:
    """Find key policies that let nobody change them. KMS refuses them unless told not to check.

    Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html (BypassPolicyLockoutSafetyCheck)
    """
    if subject.found.owner.get("service") != "kms" or not subject.statements:
        return
    for view in subject.statements:
        if not view.allows:
            continue
        if view.not_actions or any(_fits(entry.text) for entry in view.actions):
            return
    yield Finding(
        "/Statement",
        "no statement allows kms:PutKeyPolicy: only AWS Support could make this key manageable again",
        level=Level.ERROR if "address" in subject.found.owner else None,
    )


def _fits(text: str) -> bool:
    return matches_action(text, "kms:PutKeyPolicy")
