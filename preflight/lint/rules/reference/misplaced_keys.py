"""Condition keys that say nothing where they stand: in the policy of a resource, or beside a service principal.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.lint.analysis.condition_index import lenient, without_key
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.subject import Subject

_OWN = {"s3:resourceaccount": ("s3",)}
"""Keys of the resource that the policy is attached to, and whose resources: it always has the same value there."""

_OWN_EVERYWHERE = ("aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths")

_NOT_OF_SERVICES = (
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltype",
    "aws:userid",
    "aws:username",
    "aws:principaltag/",
)
"""What requests of a service principal do not carry: it belongs to no account and no organization of a customer."""


def key_relevant(subject: Subject) -> Iterator[Finding]:
    """Find conditions in a resource's policy on what is the same for all requests to it."""
    if subject.found.doubted:
        return
    owner = subject.found.owner.get("service", "")
    for statement in subject.statements:
        if not statement.raw.get("Condition"):
            continue
        for condition in statement.conditions:
            key = condition.key.lower()
            if key in _OWN_EVERYWHERE or owner in _OWN.get(key, ()):
                yield Finding(
                    condition.pointer,
                    f"{condition.key} describes the resource that the policy is attached to, so it is always the same",
                    "remove the condition; use this key in identity-based policies",
                    on_name=True,
                )


def key_for_service_principal(subject: Subject) -> Iterator[Finding]:
    """Find services that are allowed something under a condition on a key that no service carries."""
    for statement in subject.statements:
        if not statement.allows or not statement.raw.get("Condition"):
            continue
        services = [each for each in statement.principals if each.kind == "Service" and each.element == "Principal"]
        if not services:
            continue
        for condition in statement.conditions:
            if not condition.key.lower().startswith(_NOT_OF_SERVICES) or lenient(condition) or without_key(condition):
                continue
            named = ", ".join(each.text for each in services[:3])
            yield Finding(
                condition.pointer,
                f"requests from {named} don't carry {condition.key}: {statement.cited} never allows them",
                "use aws:SourceArn, aws:SourceAccount or aws:SourceOrgID, in a separate statement for services",
                on_name=True,
            )
