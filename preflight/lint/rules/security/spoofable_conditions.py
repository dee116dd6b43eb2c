"""Conditions that a caller can meet, or get around, without being who is meant.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from preflight.iam.operators import OPERATORS
from preflight.iam.pattern import matches_action
from preflight.lint.analysis.condition_index import IDS, conditions_on
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.statements import ConditionEntry, StatementView
from preflight.lint.policy.subject import Subject

_BY_CALLER = {"aws:referer": "a header of the request", "aws:useragent": "a header of the request"}
_ID_LENGTH = 20
"""Unique ids of users and roles have at least so many characters. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
"""
_OPEN = re.compile(r"(?<!\$\{)[*?]|\$\{(?![*?$]\})")
_VARIABLE = re.compile(r"\$\{\s*+([^{},\s]++)[^{}]*\}")
_TAGS = re.compile(r"aws:(principal|request|resource)tag/.|[a-z0-9-]+:(resource|request|existingobject)tag/.")
_READS = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan")
_LIST = ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads")


def set_by_caller(subject: Subject) -> Iterator[Finding]:
    """Find conditions on what callers say of themselves."""
    for view, each in conditions_on(subject, _BY_CALLER.keys()):
        what = _BY_CALLER.get(each.lower_key)
        if what is not None and not _for_services(view):
            yield Finding(
                each.pointer,
                f"{each.key} is {what}, which callers can set to anything: {view.cited} "
                + ("doesn't block its actions" if view.allows else "can be bypassed"),
                "use a key that AWS sets, such as aws:PrincipalArn, aws:SourceVpce or aws:SourceArn",
                on_name=True,
            )


def _for_services(view: StatementView) -> bool:
    """Whether a statement lets services in only. SES sends the account that it acts for as aws:Referer:
    https://docs.aws.amazon.com/ses/latest/dg/receiving-email-permissions.html
    """
    return view.allows and bool(view.principals) and all(each.kind == "Service" for each in view.principals)


def user_id_open(subject: Subject) -> Iterator[Finding]:
    """Find unique ids of users and roles that are written in part."""
    for view, each in conditions_on(subject, {"aws:userid"}):
        if each.lower_key != "aws:userid" or not _lets_in(view, each) or not each.lower_base.endswith("like"):
            continue
        for value in each.values:
            head, colon, _ = value.text.partition(":") if "${" not in value.text else _split(value.text)
            opened = _OPEN.search(head)
            anyone = bool(colon) and (head == "*" or _VARIABLE.fullmatch(head) is not None)
            if opened is not None and opened.start() < _ID_LENGTH and not anyone:
                yield Finding(
                    value.pointer,
                    f"`{value.text}` also matches IDs that aren't yours: {each.key} is the unique ID of a user, or "
                    "of a role followed "
                    "by a colon and the session name",
                    "write the ID in full, such as AROACKCEVSQ6C2EXAMPLE:*, or use aws:PrincipalArn",
                )


def _split(text: str) -> tuple[str, str, str]:
    """Part a text at its first colon outside of variables."""
    masked = _VARIABLE.sub(lambda found: "_" * len(found.group()), text)
    at = masked.find(":")
    return (text, "", "") if at < 0 else (text[:at], ":", text[at + 1 :])


def id_by_variable(subject: Subject) -> Iterator[Finding]:
    """Find ids of accounts, organizations and VPCs that come from a tag or a claim."""
    for view, each in conditions_on(subject, IDS):
        if each.lower_key not in IDS or not _lets_in(view, each):
            continue
        for value in each.values:
            for name in _VARIABLE.findall(value.text):
                if _by_others(name.lower()):
                    yield Finding(
                        value.pointer,
                        f"{each.key} is compared with ${{{name}}}: its value decides which ID matches",
                        "write the ID, or compare with an ID that AWS sets, such as ${aws:PrincipalOrgID}",
                    )


def _by_others(name: str) -> bool:
    """Whether a key holds what those say who tag, or an identity provider."""
    provider, _, claim = name.partition(":")
    return _TAGS.match(name) is not None or (
        bool(claim) and claim[0] != ":" and (provider == "saml" or "." in provider)
    )


def attributes_without_select(subject: Subject) -> Iterator[Finding]:
    """Find reads that are limited to attributes of items, where requests that name none get them all."""
    for view, each in conditions_on(subject, {"dynamodb:attributes"}):
        if not view.allows or each.lower_key != "dynamodb:attributes" or _negated(each):
            continue
        reads = next((entry for entry in view.actions if _about(entry.text, _READS)), None)
        selects = any(
            other.lower_key == "dynamodb:select"
            and not _negated(other)
            and {value.text for value in other.values} <= {"SPECIFIC_ATTRIBUTES", "COUNT"}
            for other in view.conditions
        )
        if reads is not None and not selects:
            yield Finding(
                each.pointer,
                f"{view.cited} limits {reads.text} to certain attributes, but a request that names no attributes "
                "gets the "
                "whole item",
                'add the condition {"StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}}',
            )


def prefix_left_out(subject: Subject) -> Iterator[Finding]:
    """Find prefixes of S3 that a policy means to keep from being listed."""
    for view, each in conditions_on(subject, {"s3:prefix"}):
        if each.lower_key != "s3:prefix" or not (view.allows or view.denies) or _negated(each) != view.allows:
            continue
        if each.lower_base == "null" or not (view.not_actions or any(_about(e.text, _LIST) for e in view.actions)):
            continue
        instead = "StringNotLike" if view.denies else "StringLike"
        yield Finding(
            each.pointer,
            f"{view.cited} doesn't protect these prefixes: a request with a shorter prefix, or none, lists them too",
            f"list the allowed prefixes instead: "
            f'"Effect": "{"Deny" if view.denies else "Allow"}" with {{"{instead}": {{"s3:prefix": …}}}}',
        )


def _lets_in(view: StatementView, each: ConditionEntry) -> bool:
    """Whether what the values match is let in: allowed, or left out of a Deny."""
    return (view.allows and not _negated(each)) or (view.denies and _negated(each))


def _negated(each: ConditionEntry) -> bool:
    known = OPERATORS.get(each.lower_base)
    return known is not None and known.negated


@lru_cache(maxsize=4096)
def _about(entry: str, actions: tuple[str, ...]) -> bool:
    return any(matches_action(entry, action) for action in actions)
