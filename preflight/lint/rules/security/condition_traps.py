"""Conditions that hold where nobody would think so.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
and https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight import catalog
from preflight.lint.analysis.condition_index import IDS, conditions, conditions_on
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.statements import StatementView
from preflight.lint.policy.subject import Subject

_MFA = "aws:multifactorauthpresent"
_PAIRS = {"aws:vpcsourceip": ("aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn")}


def mfa(subject: Subject) -> Iterator[Finding]:
    """Find conditions on MFA that requests without the key slip through: those that are signed with an access key."""
    for view, each in conditions_on(subject, {_MFA}):
        if each.lower_key != _MFA or each.lower_base != "bool" or each.qualifier:
            continue
        wanted = {value.text.lower() for value in each.values}
        if view.denies and not each.if_exists and wanted == {"false"}:
            yield Finding(
                each.pointer,
                f"{view.cited} denies only requests that carry {each.key}: requests signed with long-term access "
                "keys don't, so they "
                "pass without MFA",
                f'use {{"BoolIfExists": {{"{each.key}": "false"}}}}',
            )
        elif view.allows and each.if_exists and wanted == {"true"}:
            yield Finding(
                each.pointer,
                f"{view.cited} allows requests that do not carry {each.key}: requests signed with long-term access "
                "keys pass "
                "without MFA",
                f'use {{"Bool": {{"{each.key}": "true"}}}}',
            )
        elif view.allows and wanted == {"false"}:
            yield Finding(
                each.pointer,
                f"{view.cited} allows its actions only without MFA",
                f'use {{"Bool": {{"{each.key}": "true"}}}} to require MFA',
            )


def for_all_values(subject: Subject) -> Iterator[Finding]:
    """Find ForAllValues, which holds without the key, with a key that has one value, in an Allow."""
    for view, each in subject.once(conditions):
        if not view.allows or each.qualifier.lower() != "forallvalues" or each.lower_base == "null":
            continue
        known = catalog.condition_key(each.key)
        if known is not None and not known.several and not _demanded(view, each.key):
            yield Finding(
                each.pointer,
                f"{each.operator} matches every request without {each.key}, which is a single-valued key",
                f"use {each.operator.partition(':')[2]}",
            )


def paired_keys(subject: Subject) -> Iterator[Finding]:
    """Find a key that means something together with another only, without it."""
    for view, each in conditions_on(subject, _PAIRS.keys()):
        pair = _PAIRS.get(each.lower_key)
        if pair and view.allows and not any(other.lower_key in pair for other in view.conditions):
            yield Finding(
                each.pointer,
                f"{each.key} is a private IP address, which isn't unique: any VPC can use it",
                "add a condition on aws:SourceVpc or aws:SourceVpce",
            )


def id_with_wildcard(subject: Subject) -> Iterator[Finding]:
    """Find a wildcard in the id of an account, organization or VPC, in an Allow or in what a Deny leaves out."""
    for view, each in conditions_on(subject, IDS):
        if each.lower_key in IDS and each.lower_base == ("stringlike" if view.allows else "stringnotlike"):
            for value in each.values:
                if "*" in value.text or "?" in value.text:
                    yield Finding(
                        value.pointer,
                        f"`{value.text}` also matches IDs that aren't yours: AWS assigns IDs at random",
                        "write each ID in full",
                    )


def _demanded(view: StatementView, key: str) -> bool:
    """Whether another condition demands that the key is there."""
    return any(
        other.lower_base == "null"
        and other.lower_key == key.lower()
        and [value.text.lower() for value in other.values] == ["false"]
        for other in view.conditions
    )
