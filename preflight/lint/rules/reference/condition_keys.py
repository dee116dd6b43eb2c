"""Condition keys: does AWS have such a key, is it written as AWS writes it, is there a better one.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and the condition keys
of each service in https://docs.aws.amazon.com/service-authorization/latest/reference/, by way of the catalog.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from preflight import catalog
from preflight.lint.analysis.condition_index import Tested
from preflight.lint.analysis.name_problems import SEARCHED, NameProblem, Placed, of_kind
from preflight.lint.analysis.policy_variables import possible
from preflight.lint.analysis.unlisted_names import unlisted_key
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.needs import needs
from preflight.lint.policy.statements import Entry, strings
from preflight.lint.policy.subject import Subject

_FORM = re.compile(r"[A-Za-z0-9][^\s:]*:\S.*", re.DOTALL)
_TAG = re.compile(r"([a-z0-9-]+:(?:[a-z]*resourcetag|requesttag|principaltag|requestobjecttag|existingobjecttag))/?")
_OLD = {"aws:arn": "aws:PrincipalArn"}
_VARIABLE = re.compile(r"\$\{([^{},:]*:[^{},]*)(?:,[^{}]*)?\}")


def _judged(subject: Subject) -> Sequence[Placed]:
    found: list[Placed] = []
    for condition in subject.once(Tested).all:
        problems = judge(condition.key, search=len(found) < SEARCHED)
        if problems:
            found.extend([Placed(condition.pointer, problem, on_name=True) for problem in problems])
    return found


@needs(_judged)
def key_format(subject: Subject) -> Sequence[Finding]:
    """Find keys that are not `service:name`."""
    return of_kind(subject.once(_judged), "format")


@needs(_judged)
def global_key_exists(subject: Subject) -> Sequence[Finding]:
    """Find keys that begin with aws: and are none of AWS's global keys."""
    return of_kind(subject.once(_judged), "global")


@needs(_judged)
def service_key_exists(subject: Subject) -> Sequence[Finding]:
    """Find keys that their service does not have."""
    return of_kind(subject.once(_judged), "service")


@needs(_judged)
def key_service_exists(subject: Subject) -> Sequence[Finding]:
    """Find keys of services that AWS does not have."""
    return of_kind(subject.once(_judged), "prefix")


@needs(_judged)
def tag_key_named(subject: Subject) -> Sequence[Finding]:
    """Find keys of tags that do not say which tag."""
    return of_kind(subject.once(_judged), "tag")


@needs(_judged)
def key_current(subject: Subject) -> Sequence[Finding]:
    """Find global keys that newer ones replace."""
    return of_kind(subject.once(_judged), "old")


@needs(_judged)
def key_in_use(subject: Subject) -> Sequence[Finding]:
    """Find keys that AWS has retired, or uses without documenting them."""
    return of_kind(subject.once(_judged), "unlisted")


@needs(possible)
def variable_exists(subject: Subject) -> Iterator[Finding]:
    """Find policy variables that name no condition key of AWS."""
    found = 0
    for pointer, name in _variables(subject):
        if any(each.kind in ("global", "service", "prefix") for each in judge(name, search=False)):
            found += 1
            meant = catalog.nearest_condition_key(name) if found <= SEARCHED else None
            yield Finding(
                pointer,
                f"the variable ${{{name}}} names no condition key of AWS: it never has a value",
                f"write ${{{meant}}}" if meant else "name a condition key that AWS lists",
            )


def _variables(subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield the variables of resources and of values with their pointers, but for a template's own."""
    entries: list[Entry] = []
    for statement in subject.statements:
        if "${" in statement.resource_lines:
            entries.extend(statement.resources)
        if any("${" in each for each in strings(statement.raw.get("NotResource"))):
            entries.extend(statement.not_resources)
    for condition in subject.once(Tested).all:
        if condition.mentions("${"):
            entries.extend(condition.values)
    for entry in entries:
        if "${" in entry.text:
            for name in _VARIABLE.findall(entry.text):
                if "::" not in name:
                    yield entry.pointer, name.strip()


@lru_cache(maxsize=8192)
def judge(key: str, *, search: bool = True) -> tuple[NameProblem, ...]:
    """Return what is wrong with a condition key, wherever it stands, and what was probably meant if it is searched."""
    lower = key.lower()
    if _FORM.fullmatch(key) is None:
        return (_no_form(key),)
    if lower in _OLD:
        new = _OLD[lower]
        return (NameProblem("old", f"{key} was replaced by {new}", f"write {new}"),)
    tag = _TAG.fullmatch(lower)
    if tag is not None and _takes_tag(tag[1]):
        named = key.rstrip("/")
        return (
            NameProblem(
                "tag", f"{key} doesn't include the tag's key", f"add a slash and the tag's key, as in {named}/team"
            ),
        )
    if catalog.condition_key(key) is not None:
        return ()
    known = unlisted_key(lower)
    if known is not None:
        return (NameProblem("unlisted", f"the key {key} is {known.state}: {known.reason}"),)
    service = lower.partition(":")[0]
    if service == "aws":
        meant = catalog.nearest_condition_key(key) if search else None
        return (NameProblem("global", f"unknown global condition key {key!r}", _instead(key, meant)),)
    if catalog.service_exists(service):
        return (
            NameProblem(
                "service",
                f"{catalog.service_cited(service)} has no condition key {key!r}",
                _instead(key, catalog.nearest_condition_key(key) if search else None),
            ),
        )
    return _foreign(key, service, search=search)


def _foreign(key: str, service: str, *, search: bool) -> tuple[NameProblem, ...]:
    """Judge a key of no service: identity providers' keys begin with their address, and any of theirs may be."""
    if "." in service or "/" in service or service in ("saml", "cognito-identity-auth", "cognito-identity-unauth"):
        return ()
    meant = catalog.nearest_service(service) if search else None
    other = f"{meant}:{key.partition(':')[2]}" if meant else None
    return (
        NameProblem(
            "prefix",
            f"unknown service prefix {service!r} in the condition key {key!r}",
            f"write {other}" if other and catalog.condition_key(other) else "use a key that AWS lists",
        ),
    )


def _instead(key: str, meant: str | None) -> str:
    longer = catalog.condition_key(f"{key}:x") or catalog.condition_key(f"{key}/x")
    if longer is not None:
        return f"write {longer.name}, with a value in place of the placeholder"
    if meant is None:
        return f"use a key that AWS lists for {key.partition(':')[0]}"
    return f"write {meant}"


def _takes_tag(key: str) -> bool:
    """Whether the key is one of a tag: AWS lists it with a blank for the tag's key."""
    return catalog.condition_key(f"{key}/x") is not None


def _no_form(key: str) -> NameProblem:
    bare = re.sub(r"\s", "", key)
    meant = next((each for each in (f"aws:{bare}", bare) if ":" in each and catalog.condition_key(each)), None)
    found = catalog.condition_key(meant) if meant else None
    return NameProblem(
        "format",
        f"{key!r} isn't a condition key: keys have the form prefix:name",
        f"write {found.name}" if found is not None else "use the form prefix:name, such as aws:SourceIp or s3:prefix",
    )
