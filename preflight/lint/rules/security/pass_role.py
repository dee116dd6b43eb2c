"""Roles that are handed on: passed to services, created for services, assumed.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.lint.policy.finding import Finding
from preflight.lint.policy.grants import ANY_SERVICE, Granted
from preflight.lint.policy.statements import ConditionEntry, StatementView
from preflight.lint.policy.subject import Subject


def pass_any_role(subject: Subject) -> Iterator[Finding]:
    """Find iam:PassRole on roles that nobody named, to services that nobody named."""
    yield from _unlimited(subject, "iam:PassRole", "lets its holder pass any role to any service", _PASS)


def create_any_service_linked_role(subject: Subject) -> Iterator[Finding]:
    """Find iam:CreateServiceLinkedRole for services that nobody named."""
    yield from _unlimited(
        subject,
        "iam:CreateServiceLinkedRole",
        "lets its holder create the service-linked role of any service",
        _LINKED,
    )


def assume_any_role(subject: Subject) -> Iterator[Finding]:
    """Find sts:AssumeRole on roles that nobody named."""
    yield from _unlimited(
        subject, "sts:AssumeRole", "lets its holder assume every role that trusts this account", _ASSUME
    )


_SERVICE_KEYS = frozenset({"iam:passedtoservice", "iam:awsservicename"})
_PASS = (
    "name the roles in Resource, such as arn:aws:iam::111122223333:role/endpoint-execution, and add the condition "
    '{"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}} with the service that you mean'
)
_LINKED = (
    "name the role in Resource, or add the condition "
    '{"StringEquals": {"iam:AWSServiceName": "sagemaker.amazonaws.com"}} with the service that you mean'
)
_ASSUME = "name the roles in Resource"


def _unlimited(subject: Subject, action: str, comes_to: str, remedy: str) -> Iterator[Finding]:
    """Yield one finding for each statement and entry of Action that allows an action on what no policy names."""
    if action not in subject.grants.actions:
        return
    known: set[tuple[int, str]] = set()
    for grants, level in subject.graded_grants():
        if action not in grants.actions or grants.administrator is not None:
            continue
        open_to_all = [each for each in grants.granting(action) if not _to_named_services(each.view)]
        for each in open_to_all if open_to_all and grants.everywhere(action, ANY_SERVICE) else ():
            key = each.view.index, each.entry.pointer
            if key not in known:
                known.add(key)
                message = f"{_how(each, action)} {comes_to}{grants.under(each.view)}"
                yield Finding(each.entry.pointer, message, each.remedy(action, remedy), level=level)


def _to_named_services(view: StatementView) -> bool:
    """Whether a statement says which services a role is for: it is not among those that leave that open."""
    return any(
        each.lower_key in _SERVICE_KEYS and not each.lower_base.startswith(("stringnot", "null")) and _fixed(each)
        for each in view.conditions
    )


def _fixed(condition: ConditionEntry) -> bool:
    return all(value.text.strip("*") for value in condition.values)


def _how(found: Granted, action: str) -> str:
    view, entry = found
    what = action if entry.text.lower() == action.lower() else f"{action}, which `{entry.text}` includes,"
    if entry.text == "NotAction":
        what = f"{action}, which NotAction doesn't list,"
    where = (
        "NotResource" if view.not_resources else f"`{view.resources[0].text}`" if view.resources else "every resource"
    )
    return f"{view.cited}: {what} on {where}"
