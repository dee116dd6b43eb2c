"""The ARNs of Resource and NotResource: is each of their parts one that AWS has, and do the parts fit each other.

A part with a wildcard or a variable is asked whether anything that it can stand for is right. Sources:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from preflight.catalog.arns import ArnForm, arn_forms, arn_service_exists
from preflight.catalog.nearest import nearest
from preflight.catalog.regions import PARTITIONS, nearest_region, region_possible, regions
from preflight.catalog.services import nearest_service
from preflight.engine.result import Level
from preflight.iam.pattern import matches
from preflight.lint.analysis.action_names import judged_actions
from preflight.lint.analysis.arn_overlap import fits, overlapping, within_segments
from preflight.lint.analysis.name_problems import NameProblem, Placed, judged_texts, of_kind
from preflight.lint.analysis.unlisted_names import unlisted_arn, unlisted_service
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.needs import needs
from preflight.lint.policy.subject import Subject

_PARTS = 6
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_ACCOUNT = re.compile(r"[0-9*?]{1,12}")
_OF_API = "execute-api:/"
"""How a resource in the policy of an API of API Gateway may begin, which then writes the ARN in front.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
"""

_OWNERS = frozenset({"aws", "amazon", "aws-marketplace", "cloudfront", "third-party"})
"""What stands for an account in the ARNs of things that AWS or its sellers own."""


def _judged(subject: Subject) -> Sequence[Placed]:
    return judged_texts(subject.statements, ("Resource", "NotResource"), judge, _right)


@needs(_judged)
def arn_prefix(subject: Subject) -> Sequence[Finding]:
    """Find resources that are neither an ARN nor `*`."""
    return of_kind(subject.once(_judged), "prefix")


@needs(_judged)
def arn_fields(subject: Subject) -> Sequence[Finding]:
    """Find ARNs with fewer than six parts."""
    return of_kind(subject.once(_judged), "fields")


@needs(_judged)
def arn_partition(subject: Subject) -> Sequence[Finding]:
    """Find partitions that AWS does not have."""
    return of_kind(subject.once(_judged), "partition")


@needs(_judged)
def arn_service(subject: Subject) -> Sequence[Finding]:
    """Find services that no ARN of AWS names."""
    return of_kind(subject.once(_judged), "service")


@needs(_judged)
def arn_service_case(subject: Subject) -> Sequence[Finding]:
    """Find services in capital letters."""
    return of_kind(subject.once(_judged), "service case")


def service_named(subject: Subject) -> Sequence[Finding]:
    """Find wildcards in the service of an ARN or of an action."""
    return [*of_kind(subject.once(judged_actions), "wild service"), *of_kind(subject.once(_judged), "wild service")]


@needs(_judged)
def arn_region(subject: Subject) -> Sequence[Finding]:
    """Find regions that AWS does not have, or not in the ARN's partition."""
    return of_kind(subject.once(_judged), "region")


@needs(_judged)
def arn_region_absent(subject: Subject) -> Sequence[Finding]:
    """Find regions in ARNs of resources that have none."""
    return of_kind(subject.once(_judged), "region absent")


@needs(_judged)
def arn_region_present(subject: Subject) -> Sequence[Finding]:
    """Find ARNs without the region that their resources have."""
    return of_kind(subject.once(_judged), "region present")


@needs(_judged)
def arn_account(subject: Subject) -> Sequence[Finding]:
    """Find accounts that are not twelve digits."""
    return of_kind(subject.once(_judged), "account")


@needs(_judged)
def arn_account_absent(subject: Subject) -> Sequence[Finding]:
    """Find accounts in ARNs of resources that have none."""
    return of_kind(subject.once(_judged), "account absent")


@needs(_judged)
def arn_account_present(subject: Subject) -> Sequence[Finding]:
    """Find ARNs without the account that their resources have."""
    return of_kind(subject.once(_judged), "account present")


@needs(_judged)
def arn_resource(subject: Subject) -> Sequence[Finding]:
    """Find ARNs that have the form of none of their service's resources."""
    return of_kind(subject.once(_judged), "resource")


_right: set[str] = set()


@lru_cache(maxsize=16384)
def judge(text: str, *, search: bool = True) -> tuple[NameProblem, ...]:
    """Return what is wrong with one entry of Resource or NotResource, and what was probably meant if it is searched."""
    if not text.strip("*") or text.startswith(("${", _OF_API)):
        return ()
    if not text.startswith("arn:"):
        return (_no_arn(text),)
    parts = _VARIABLE.sub("*", text).split(":", _PARTS - 1)
    if len(parts) < _PARTS:
        return (_too_few(text, parts),)
    return tuple(_parts_wrong(text, parts, search=search))


def _no_arn(text: str) -> NameProblem:
    begins, _, rest = text.partition(":")
    if rest and begins.lower() == "arn":
        remedy = f"write arn:{rest}"
    elif begins in PARTITIONS:
        remedy = f"write arn:{text}"
    elif begins == "s3" and rest.startswith("//"):
        remedy = f"write arn:aws:s3:::{rest[2:]}"
    else:
        remedy = 'write an ARN, such as arn:aws:s3:::bucket/key, or "*"'
    return NameProblem("prefix", f"the resource {text!r} isn't an ARN: it doesn't start with arn:", remedy)


def _too_few(text: str, parts: Sequence[str]) -> NameProblem:
    wild = any(part.endswith("*") for part in parts[1:])
    return NameProblem(
        "fields",
        f"the ARN {text!r} has {len(parts)} of 6 parts",
        "write arn:partition:service:region:account:resource; leave parts empty that the resource doesn't have",
        Level.WARNING if wild else None,
    )


def _parts_wrong(text: str, parts: Sequence[str], *, search: bool) -> Iterator[NameProblem]:
    _, partition, service, region, account, resource = parts
    if partition not in PARTITIONS and not any(matches(partition, each) for each in PARTITIONS):
        meant = nearest(partition, PARTITIONS) or "aws"
        yield NameProblem("partition", f"unknown partition {partition!r} in {text!r}", f"write {meant}")
    if region and _literal(region):
        yield from _region_wrong(text, partition, region, search=search)
    if not _literal(service):
        yield NameProblem(
            "wild service",
            f"the service in the ARN {text!r} has a wildcard, which also matches services that AWS adds later",
            "name each service",
        )
    elif service != service.lower():
        lower = text.replace(f":{service}:", f":{service.lower()}:", 1)
        yield NameProblem(
            "service case",
            f"the service {service!r} in the ARN {text!r} has upper-case letters, so the ARN matches nothing",
            f"write {lower}",
        )
    elif not arn_service_exists(service):
        if unlisted_service(service) is None:
            meant_service = nearest_service(service) if search else None
            yield NameProblem(
                "service",
                f"unknown service {service!r} in the ARN {text!r}",
                f"write {text.replace(f':{service}:', f':{meant_service}:', 1)}"
                if meant_service
                else "use the service name that AWS uses in ARNs",
            )
    else:
        yield from _form_wrong(text, service, region, account, resource, search=search)
    if account and not _account_possible(service, account):
        yield NameProblem(
            "account",
            f"the account {account!r} in the ARN {text!r} is not a 12-digit account ID",
            "use the 12-digit account ID, with leading zeros",
        )


def _literal(part: str) -> bool:
    return "*" not in part and "?" not in part


def _account_possible(service: str, account: str) -> bool:
    if _literal(account):
        if len(account) == 12 and account.isascii() and account.isdigit():
            return True
    elif _ACCOUNT.fullmatch(account) or "*" in account.strip("0123456789?"):
        return True
    if account in _OWNERS:
        return True
    return _literal(service) and any(form.account == account for form in arn_forms(service.lower()))


def _region_wrong(text: str, partition: str, region: str, *, search: bool) -> Iterator[NameProblem]:
    home = regions().get(region)
    if home is None:
        meant = nearest_region(region) if search else None
        yield NameProblem(
            "region",
            f"unknown Region {region!r} in the ARN {text!r}",
            f"write {meant}" if meant else "use a Region code, such as us-east-1",
            Level.WARNING if region_possible(region) else None,
        )
    elif partition in PARTITIONS and home != partition:
        yield NameProblem(
            "region",
            f"the Region {region!r} in the ARN {text!r} is in partition {home}, not {partition}",
            f"write arn:{home}:, or a Region of {partition}",
        )


def _form_wrong(
    text: str, service: str, region: str, account: str, resource: str, *, search: bool
) -> Iterator[NameProblem]:
    forms = arn_forms(service)
    if not forms:
        return
    fitting = overlapping(resource, forms)
    in_place = [form for form in fitting if fits(form, region, account)]
    if in_place and not any(within_segments(resource, form.resource) for form in in_place):
        written = min((form.written for form in in_place), key=len)
        yield NameProblem(
            "resource",
            f"the ARN {text!r} matches nothing: * within a segment doesn't match the colon of {written}",
            f"write the colon: use the format {written}",
            Level.WARNING,
        )
    if doubled := next((form for form in in_place if _slash_doubled(form, resource)), None):
        yield NameProblem(
            "resource",
            f"the ARN {text!r} has two slashes after {doubled.head.rstrip('/')}, so it matches nothing",
            f"write one slash: the format {doubled.written} leaves out the one that the name begins with",
            Level.WARNING,
        )
    if in_place:
        return
    if not fitting and unlisted_arn(text):
        return
    if not fitting:
        yield _no_form(text, resource, forms, search=search)
        return
    if (not account and _public(service, fitting)) or unlisted_arn(text):
        return
    types = ", ".join(dict.fromkeys(form.type for form in fitting))
    written = fitting[0].written
    if not any(fits(form, region, "*") for form in fitting):
        kind, what = ("region absent", "has a region") if region else ("region present", "has no region")
        not_so = "do not have" if region else "have"
        yield NameProblem(
            kind,
            f"the ARN {text!r} {what}, but ARNs of this resource type ({types}) {not_so}, so it matches nothing",
            f"use the format {written}",
        )
    if not any(fits(form, "*", account) for form in fitting):
        kind, what = ("account absent", "has an account") if account else ("account present", "has no account")
        not_so = "do not have" if account else "have"
        yield NameProblem(
            kind,
            f"the ARN {text!r} {what}, but ARNs of this resource type ({types}) {not_so}, so it matches nothing",
            f"use the format {written}",
        )


def _slash_doubled(form: ArnForm, resource: str) -> bool:
    """Whether a name keeps the slash that it begins with, which the ARNs of its kind leave out."""
    return "WithoutLeadingSlash}" in form.written and resource.startswith(f"{form.head}/")


def _public(service: str, forms: Sequence[ArnForm]) -> bool:
    """Whether AWS itself owns resources of the kind, whose ARNs have no account though the reference shows one."""
    return any((service, form.type) in _PUBLIC for form in forms)


_PUBLIC = frozenset(
    {
        ("ssm", "document"),
        ("ssm", "automation-definition"),
        ("ssm", "parameter"),
        ("resource-explorer-2", "view"),
    }
)
"""Sources: https://docs.aws.amazon.com/systems-manager/latest/userguide/security_iam_service-with-iam.html (documents
and parameters of AWS) and AWS's own managed policies.
"""

_WORD = re.compile(r"[/:*?]")


def _no_form(text: str, resource: str, forms: Sequence[ArnForm], *, search: bool) -> NameProblem:
    """Say what was meant. That is sure where only case or punctuation differ, or the word is right and its form not;
    otherwise the kind may be one that AWS's reference leaves out.
    """
    words = {_WORD.split(form.resource, maxsplit=1)[0]: form for form in forms}
    words.pop("", None)
    word = _WORD.split(resource, maxsplit=1)[0]
    plain = {_plain(each): each for each in words}
    sure = plain.get(_plain(word)) if _plain(word) else None
    meant = sure or (nearest(word, words) if word and search else None)
    if meant is None:
        shown = "; ".join(sorted(form.written for form in forms)[:3])
        remedy = f"use an ARN format of the service, such as {shown}"
    else:
        remedy = f"write {meant} as in {words[meant].written}"
    return NameProblem(
        "resource",
        f"the ARN {text!r} doesn't match any resource type that AWS lists for its service",
        remedy,
        None if sure else Level.WARNING,
    )


def _plain(word: str) -> str:
    return "".join(each for each in word.lower() if each.isalnum())
