"""Values that name something of AWS: a region, an account, an organization, a network, a key, a principal.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from preflight.catalog.regions import nearest_region, region_possible, regions
from preflight.engine.result import Level
from preflight.iam.pattern import matches
from preflight.lint.analysis.condition_index import Tested
from preflight.lint.analysis.name_problems import SEARCHED
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.statements import Entry
from preflight.lint.policy.subject import Subject

_ACCOUNT_KEYS = (
    "aws:principalaccount",
    "aws:resourceaccount",
    "aws:sourceaccount",
    "aws:vpceaccount",
    "s3:resourceaccount",
    "kms:calleraccount",
    "sts:externalaccount",
    "ec2:owner",
)
_ORGANIZATION_KEYS = ("aws:principalorgid", "aws:resourceorgid", "aws:sourceorgid", "aws:vpceorgid")
_KMS_KEYS = ("s3:x-amz-server-side-encryption-aws-kms-key-id",)
_ACCOUNT = r"\d{12}"
_OWNERS = frozenset({"amazon", "self", "aws-marketplace", "aws", "anonymous"})
_ORGANIZATION = r"o-[a-z0-9]{10,32}"
_VPC = r"vpc-([0-9a-z]{8}|[0-9a-z]{17})"
_ENDPOINT = r"vpce-([0-9a-z]{8}|[0-9a-z]{17})"
_KMS_ARN = r"arn:[^:]+:kms:[^:]*:[^:]*:key/.+"
_UNIQUE = r"(AROA|AIDA)[A-Z0-9]{12,}"
_NO_REGION = ("aws-global", "unspecified")
"""Values of a request that is of no region: of the global endpoints, and of Bedrock's global inference. Source:
https://docs.aws.amazon.com/bedrock/latest/userguide/global-cross-region-inference.html
"""


def region_exists(subject: Subject) -> Iterator[Finding]:
    """Find regions in conditions that AWS does not have."""
    searched = 0
    for value in subject.once(Tested).values_of(("aws:requestedregion", "ec2:region")):
        region = value.text
        if region in regions() or not region or region in _NO_REGION:
            continue
        if ("*" in region or "?" in region) and any(matches(region, each) for each in regions()):
            continue
        searched += 1
        meant = nearest_region(region) if searched <= SEARCHED else None
        yield Finding(
            value.pointer,
            f"unknown Region {region!r}",
            f"write {meant}" if meant else "use a Region code, such as us-east-1",
            level=Level.WARNING if region_possible(region) else None,
        )


def vpc_valid(subject: Subject) -> Iterator[Finding]:
    """Find values of aws:SourceVpc that are no id of a VPC."""
    for value in subject.once(Tested).values_of(("aws:sourcevpc",)):
        if _literal(value) and not re.fullmatch(_VPC, value.text):
            yield Finding(
                value.pointer,
                f"{value.text!r} isn't a VPC ID",
                "use vpc- followed by 8 or 17 characters, such as vpc-0123456789abcdef0",
            )


def endpoint_valid(subject: Subject) -> Iterator[Finding]:
    """Find values of aws:SourceVpce that are no id of a VPC endpoint."""
    for value in subject.once(Tested).values_of(("aws:sourcevpce",)):
        if _literal(value) and not re.fullmatch(_ENDPOINT, value.text):
            yield Finding(
                value.pointer,
                f"{value.text!r} isn't a VPC endpoint ID",
                "use vpce- followed by 8 or 17 characters, such as vpce-0123456789abcdef0",
            )


def account_valid(subject: Subject) -> Iterator[Finding]:
    """Find values of keys that hold an account or an organization and are neither."""
    for value in subject.once(Tested).values_of(_ACCOUNT_KEYS):
        if _literal(value) and not re.fullmatch(_ACCOUNT, value.text) and value.text.lower() not in _OWNERS:
            yield Finding(
                value.pointer,
                f"{value.text!r} isn't a 12-digit account ID",
                _account_remedy(value.text),
            )
    for value in subject.once(Tested).values_of(_ORGANIZATION_KEYS):
        if _literal(value) and not re.fullmatch(_ORGANIZATION, value.text):
            yield Finding(
                value.pointer,
                f"{value.text!r} isn't an organization ID",
                "use o- followed by 10 to 32 lower-case letters and digits, such as o-exampleorgid",
            )


def _account_remedy(text: str) -> str:
    if text.isascii() and text.isdigit() and len(text) < 12:
        return f'write "{text:0>12}", as a string: a number loses its leading zeros'
    bare = re.sub(r"[-\s]", "", text)
    return f'write "{bare}"' if re.fullmatch(_ACCOUNT, bare) else "use the 12-digit account ID, as a string"


def kms_key_valid(subject: Subject) -> Iterator[Finding]:
    """Find values of keys that hold a KMS key's ARN and are none."""
    for value in subject.once(Tested).values_of(_KMS_KEYS):
        if not re.fullmatch(_KMS_ARN, re.sub(r"\$\{[^}]*\}", "x", value.text)) and _literal(value):
            yield Finding(
                value.pointer,
                f"{value.text!r} isn't the ARN of a KMS key, and requests always carry the key's ARN here",
                "write arn:aws:kms:us-east-1:111122223333:key/ followed by the key ID, not an alias",
            )


def role_by_arn(subject: Subject) -> Iterator[Finding]:
    """Find principals that are the unique id of a role."""
    return _unique(subject, "AROA", "role")


def user_by_arn(subject: Subject) -> Iterator[Finding]:
    """Find principals that are the unique id of a user."""
    return _unique(subject, "AIDA", "user")


def _unique(subject: Subject, begins: str, kind: str) -> Iterator[Finding]:
    for statement in subject.statements:
        for principal in statement.principals:
            if principal.text.startswith(begins) and re.fullmatch(_UNIQUE, principal.text):
                yield Finding(
                    principal.pointer,
                    f"{principal.text} is the unique ID of a {kind}, which IAM leaves in the policy after the {kind} "
                    "is deleted",
                    f"use the {kind}'s ARN, or remove it",
                )


def _literal(value: Entry) -> bool:
    return "*" not in value.text and "?" not in value.text
