"""Roles that are handed on: passed to services, created for services, assumed.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.lint.policy.finding import Finding
from preflight.lint.policy.grants import Granted, first
from preflight.lint.policy.statements import StatementView
from preflight.lint.policy.subject import Subject


def pass_any_role(subject: Subject) -> Iterator[Finding]:
    """Find iam:PassRole on roles that nobody named, to services that nobody named."""
    yield from _unlimited(
        subject, "iam:PassRole", "iam:passedtoservice", "lets any role be passed to any service", _PASS
    )


def create_any_service_linked_role(subject: Subject) -> Iterator[Finding]:
    """Find iam:CreateServiceLinkedRole for services that nobody named."""
    yield from _unlimited(
        subject,
        "iam:CreateServiceLinkedRole",
        "iam:awsservicename",
        "lets the service-linked role of any service be created",
        _LINKED,
    )


def assume_any_role(subject: Subject) -> Iterator[Finding]:
    """Find sts:AssumeRole on roles that nobody named."""
    yield from _unlimited(subject, "sts:AssumeRole", "", "lets every role be assumed that trusts this account", _ASSUME)


_PASS = (
    "name the roles in Resource, such as arn:aws:iam::111122223333:role/endpoint-execution, and add the condition "
    '{"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}} with the service that is meant'
)
_LINKED = (
    "name the role in Resource, or add the condition "
    '{"StringEquals": {"iam:AWSServiceName": "sagemaker.amazonaws.com"}} with the service that is meant'
)
_ASSUME = "name the roles in Resource"


def _unlimited(subject: Subject, action: str, key: str, comes_to: str, remedy: str) -> Iterator[Finding]:
    grants = subject.grants
    granted = grants.actions.get(action)
    if not granted or grants.administrator is not None:
        return
    free = [each for each in granted if not _has_key(each.view, key)]
    if free and grants.everywhere(action):
        pivot = first(free)
        yield Finding(pivot.entry.pointer, f"{_how(pivot, action)} {comes_to}", remedy)


def _has_key(view: StatementView, key: str) -> bool:
    return bool(key) and "Condition" in view.raw and any(each.lower_key == key for each in view.conditions)


def _how(found: Granted, action: str) -> str:
    view, entry = found
    what = action if entry.text.lower() == action.lower() else f"{action}, which `{entry.text}` includes,"
    if entry.text == "NotAction":
        what = f"{action}, which NotAction does not list,"
    where = (
        "NotResource" if view.not_resources else f"`{view.resources[0].text}`" if view.resources else "every resource"
    )
    return f"{view.cited}: {what} on {where}"
