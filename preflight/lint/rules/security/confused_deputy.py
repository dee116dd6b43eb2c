"""Confused deputies: a service that acts for anyone who asks it to, let in without saying on whose behalf.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from preflight.iam.operators import OPERATORS
from preflight.lint.policy.finding import Finding, names
from preflight.lint.policy.sensitive_actions import lint_data
from preflight.lint.policy.statements import PrincipalEntry, StatementView
from preflight.lint.policy.subject import Subject

_PARTS = 6
# guardduty.eu-south-1.amazonaws.com is GuardDuty in a Region that accounts opt in to.
_REGION = re.compile(r"(?<=\.)[a-z]{2}(?:-[a-z]+)+-\d\.(?=amazonaws\.com)")
_SOURCES = frozenset({"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"})
# The encryption context in which a service names the resource that it encrypts, such as logs and its log group:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
_OF_RESOURCE = "kms:encryptioncontext:aws:"
_OTHERS = frozenset({"aws:sourceowner", "kms:calleraccount", "s3:x-amz-acl", "aws:principalaccount", "sts:externalid"})


@cache
def _bring_source() -> frozenset[str]:
    """Return the services whose guides show a role's trust policy with aws:SourceAccount or aws:SourceArn, under the
    heading of cross-service confused deputy prevention. The compute services (ec2, lambda) do not bring these keys.
    """
    return frozenset(f"{name}.amazonaws.com" for name in lint_data("source-keys"))


def unrestricted_service(subject: Subject) -> Iterator[Finding]:
    """Find resource policies that let a service in for everyone: each service once, with all statements that do."""
    found: dict[str, list[tuple[StatementView, PrincipalEntry]]] = {}
    for view, place in _let_in(subject):
        if not _mentions(view, _OTHERS):
            found.setdefault(_REGION.sub("", place.text), []).append((view, place))
    for every in found.values():
        cited = list(dict.fromkeys(view.cited for view, _ in every))
        texts = list(dict.fromkeys(place.text for _, place in every))
        yield Finding(
            every[0][1].pointer,
            f"{names(cited)} allow{'s' if len(cited) == 1 else ''} {names(texts)} on behalf of any AWS account "
            "(confused deputy)",
            "add a condition on aws:SourceArn or aws:SourceAccount, such as "
            '{"StringEquals": {"aws:SourceAccount": "111122223333"}}',
            about=(*cited, *texts) if len(every) > 1 else (),
        )


def other_source_key(subject: Subject) -> Iterator[Finding]:
    """Find resource policies that limit a service by a key that is not meant for it."""
    for view, place in _let_in(subject):
        for each in view.conditions:
            if each.lower_key in _OTHERS:
                yield Finding(
                    each.pointer,
                    f"{view.cited} limits {place.text} by {each.key}, which doesn't identify the resource that it "
                    "acts for",
                    "use aws:SourceArn, aws:SourceAccount or aws:SourceOrgID",
                    on_name=True,
                )
                break


def trusted_service_without_source(subject: Subject) -> Iterator[Finding]:
    """Find roles that a service may assume for everyone's resources, where it says whose it acts for."""
    for view, place in _let_in(subject):
        if place.text in _bring_source():
            yield Finding(
                place.pointer,
                f"{view.cited} lets {place.text} assume the role on behalf of any AWS account (confused deputy)",
                "add a condition on aws:SourceAccount, such as "
                '{"StringEquals": {"aws:SourceAccount": "111122223333"}}, with the account of the role',
            )


def _let_in(subject: Subject) -> Iterator[tuple[StatementView, PrincipalEntry]]:
    guarded: bool | None = None
    for view in subject.statements:
        if not view.allows or "Principal" not in view.raw:
            continue
        services = [each for each in view.principals if each.kind == "Service" and each.element == "Principal"]
        if not services or _says_for_whom(view):
            continue
        if guarded is None:
            guarded = any(each.denies and _mentions(each, _SOURCES) for each in subject.statements)
        if not guarded:
            for place in services:
                if not (place.text.startswith(_LOAD_BALANCERS) and _writes_own_logs(view)):
                    yield view, place


_LOAD_BALANCERS = ("logdelivery.elasticloadbalancing.", "logdelivery.elb.")
_OWN_LOGS = re.compile(r"/?AWSLogs/[^/*?]+/")
"""Load balancers write the logs of an account below AWSLogs/ACCOUNT/ only. Source:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
"""


def _writes_own_logs(view: StatementView) -> bool:
    return bool(view.resource_texts) and all(map(_OWN_LOGS.search, view.resource_texts))


def _says_for_whom(view: StatementView) -> bool:
    """Whether a condition says for whose resources a service acts: not for those of anyone."""
    return "Condition" in view.raw and any(
        (each.lower_key in _SOURCES or each.lower_key.startswith(_OF_RESOURCE))
        and each.lower_base in OPERATORS
        and not OPERATORS[each.lower_base].negated
        and each.lower_base != "null"
        and not any(_anyone(value.text) for value in each.values)
        for each in view.conditions
    )


def _anyone(value: str) -> bool:
    """Whether a value stands for the resources of every account: `*`, `arn:aws:s3:*:*:*`."""
    parts = value.split(":", _PARTS - 1)
    if len(parts) < _PARTS:
        return not value.strip("*:arnws-")
    return not parts[4].strip("*") and not parts[5].strip("*:/")


def _mentions(view: StatementView, keys: frozenset[str]) -> bool:
    return "Condition" in view.raw and any(each.lower_key in keys for each in view.conditions)
