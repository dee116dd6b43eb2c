"""Conditions that hold where nobody would think so.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
and https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight import catalog
from preflight.lint.finding import Finding
from preflight.lint.subject import Subject
from preflight.lint.view import ConditionEntry, StatementView

_MFA = "aws:multifactorauthpresent"
_PAIRS = {"aws:vpcsourceip": ("aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn")}
IDS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "kms:calleraccount",
    }
)


def conditions(subject: Subject) -> list[tuple[StatementView, ConditionEntry]]:
    """Return every condition with its statement."""
    if "Condition" not in subject.elements:
        return []
    return [(view, each) for view in subject.statements if "Condition" in view.raw for each in view.conditions]


def mfa(subject: Subject) -> Iterator[Finding]:
    """Find conditions on MFA that requests without the key slip through: those that are signed with an access key."""
    for view, each in subject.once(conditions):
        if each.key.lower() != _MFA or each.base.lower() != "bool" or each.qualifier:
            continue
        wanted = {value.text.lower() for value in each.values}
        if view.denies and not each.if_exists and wanted == {"false"}:
            yield Finding(
                each.pointer,
                f"{view.cited} denies only requests that carry {each.key}: those signed with an access key do not, and "
                "pass without MFA",
                f'write BoolIfExists: {{"BoolIfExists": {{"{each.key}": "false"}}}}',
            )
        elif view.allows and each.if_exists and wanted == {"true"}:
            yield Finding(
                each.pointer,
                f"{view.cited} allows requests that do not carry {each.key}: those signed with an access key pass "
                "without MFA",
                f'write Bool: {{"Bool": {{"{each.key}": "true"}}}}',
            )
        elif view.allows and wanted == {"false"}:
            yield Finding(
                each.pointer,
                f"{view.cited} allows its actions to those who did not use MFA",
                f'write {{"Bool": {{"{each.key}": "true"}}}} if those who did are meant',
            )


def for_all_values(subject: Subject) -> Iterator[Finding]:
    """Find ForAllValues, which holds without the key, with a key that has one value, in an Allow."""
    for view, each in subject.once(conditions):
        if not view.allows or each.qualifier.lower() != "forallvalues" or each.base.lower() == "null":
            continue
        known = catalog.condition_key(each.key)
        if known is not None and not known.several and not _demanded(view, each.key):
            yield Finding(
                each.pointer,
                f"{each.operator} holds for every request without {each.key}, which has one value",
                f"write {each.operator.partition(':')[2]}",
            )


def paired_keys(subject: Subject) -> Iterator[Finding]:
    """Find a key that means something together with another only, without it."""
    for view, each in subject.once(conditions):
        pair = _PAIRS.get(each.key.lower())
        if pair and view.allows and not any(other.key.lower() in pair for other in view.conditions):
            yield Finding(
                each.pointer,
                f"{each.key} is an address in some VPC, and every VPC may have it",
                "add a condition on aws:SourceVpc or aws:SourceVpce",
            )


def id_with_wildcard(subject: Subject) -> Iterator[Finding]:
    """Find a wildcard in the id of an account, organization or VPC, in an Allow or in what a Deny leaves out."""
    for view, each in subject.once(conditions):
        if each.key.lower() in IDS and each.base.lower() == ("stringlike" if view.allows else "stringnotlike"):
            for value in each.values:
                if "*" in value.text or "?" in value.text:
                    yield Finding(
                        value.pointer,
                        f"`{value.text}` matches ids of {each.key} that are none of yours: ids are given out at random",
                        "write each id in full",
                    )


def _demanded(view: StatementView, key: str) -> bool:
    """Whether another condition demands that the key is there."""
    return any(
        other.base.lower() == "null"
        and other.key.lower() == key.lower()
        and [value.text.lower() for value in other.values] == ["false"]
        for other in view.conditions
    )
