"""Whom a resource control policy denies besides those who are meant: services where it asks who calls, users and roles
where it asks for whom a service calls, and services that do not say.

Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_examples.html
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.iam.pattern import matches_action
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.statements import ConditionEntry, StatementView
from preflight.lint.policy.subject import Subject

_DONE_BY_SERVICES = (
    "dynamodb:GetItem",
    "ecr:BatchGetImage",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "logs:PutLogEvents",
    "s3:GetBucketAcl",
    "s3:GetObject",
    "s3:ListBucket",
    "s3:PutObject",
    "secretsmanager:GetSecretValue",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
    "sts:AssumeRole",
)
"""What the guides of services have their service principals allowed in the policies of resources."""
_SERVICE = "aws:principalisawsservice"
_CALLER = ("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths")
_CALLERS_TAG = "aws:principaltag/"
_SOURCE = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths")


def spares_services(subject: Subject) -> Iterator[Finding]:
    """Find conditions on the calling principal that hold for every service."""
    for view in _denying(subject):
        if _is(view, _SERVICE, "bool", "false") or not _what_services_do(view):
            continue
        for each in view.conditions:
            key = each.key.lower()
            if (key in _CALLER or key.startswith(_CALLERS_TAG)) and _holds_without(each):
                problem = f"{each.operator} of {each.key} matches every AWS service, so {view.cited} denies them"
                yield Finding(each.pointer, problem, on_name=True)
                break


def spares_principals(subject: Subject) -> Iterator[Finding]:
    """Find conditions on whom a service calls for that hold for everybody who is no service."""
    for view, each in _on_source(subject):
        if not _is(view, _SERVICE, "bool", "true"):
            problem = f"{each.operator} of {each.key} matches every user and role, so {view.cited} denies them"
            yield Finding(each.pointer, problem, on_name=True)


def asks_for_the_key(subject: Subject) -> Iterator[Finding]:
    """Find conditions on whom a service calls for that hold for services that do not say."""
    for view, each in _on_source(subject):
        if _is(view, _SERVICE, "bool", "true"):
            problem = f"{each.operator} of {each.key} matches services that don't set the key"
            yield Finding(each.pointer, problem, on_name=True)


def _denying(subject: Subject) -> Iterator[StatementView]:
    return (view for view in subject.statements if view.denies and view.conditions)


def _on_source(subject: Subject) -> Iterator[tuple[StatementView, ConditionEntry]]:
    """Yield the first condition of each statement that holds where the key is missing, and may be missing."""
    for view in _denying(subject):
        if any(_is(view, key, "null", "false") for key in _SOURCE):
            continue
        for each in view.conditions:
            if each.key.lower() in _SOURCE and _holds_without(each):
                yield view, each
                break


def _what_services_do(view: StatementView) -> bool:
    """Whether a statement is about something that services do in their own name: not only about administration."""
    return bool(view.not_actions) or any(
        matches_action(entry, action) for entry in view.action_texts for action in _DONE_BY_SERVICES
    )


def _is(view: StatementView, key: str, operator: str, value: str) -> bool:
    """Whether a statement asks that a key be true or false, or there or not."""
    return any(
        each.key.lower() == key
        and each.base.lower() == operator
        and [entry.text.lower() for entry in each.values] == [value]
        for each in view.conditions
    )


def _holds_without(each: ConditionEntry) -> bool:
    """Whether a condition holds for a request without its key."""
    if each.base.lower() == "null":
        return False
    if each.qualifier:
        return each.qualifier.lower() == "forallvalues" or each.if_exists
    return each.if_exists or "not" in each.base.lower()
