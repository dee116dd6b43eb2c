"""How principals are written: the shape of Principal, its kinds, and what can stand under each.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from preflight.catalog.nearest import nearest
from preflight.documents.text.schema import word_for
from preflight.iam.elements import PRINCIPAL_KINDS
from preflight.json_pointer import escape
from preflight.lint.analysis.condition_index import conditions_on
from preflight.lint.policy.finding import Edit, Faults, Finding, no_faults, shown
from preflight.lint.policy.needs import needs
from preflight.lint.policy.statements import PrincipalEntry, StatementView
from preflight.lint.policy.subject import Subject

_ELEMENTS = frozenset({"Principal", "NotPrincipal"})
_KINDS = frozenset(PRINCIPAL_KINDS)
_EXAMPLE = '{"AWS": "arn:aws:iam::111122223333:role/deployer"}'
_AWS = (
    r"\*|[0-9]{12}"
    r"|arn:aws[a-z-]*:iam::[0-9]{12}:(root|(user|role)/.+)"
    r"|arn:aws[a-z-]*:sts::[0-9]{12}:(assumed-role/[^/]+/[^/]+|federated-user/.+)"
    # Of CloudFront's origin access identities, and what AWS shows in place of an identity that is gone.
    r"|arn:aws[a-z-]*:iam::cloudfront:user/CloudFront Origin Access Identity \w+"
    r"|(AIDA|AROA)[A-Z0-9]{12,}"
    r"|[0-9a-f]{64}"
)
_SERVICE = (
    r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*"
    r"\.(amazonaws\.com(\.cn)?|amazonaws\.eu|amazon\.com|aws\.internal|c2s\.ic\.gov|sc2s\.sgov\.gov|csp\.hci\.ic\.gov"
    r"|cloud\.adc-e\.uk)"
)
_PROVIDER = (
    r"arn:aws[a-z-]*:iam::[0-9]{12}:(saml-provider|oidc-provider)/.+|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]+)?(/\S*)?"
)
_CANONICAL = r"[0-9a-f]{64}"
_SERVICE_KEYS = frozenset(
    {
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "iam:awsservicename",
        "iam:passedtoservice",
        "kms:viaservice",
    }
)


def _faults(subject: Subject) -> Faults:
    found = no_faults()
    for view in subject.statements if subject.elements & _ELEMENTS else ():
        for element in ("Principal", "NotPrincipal"):
            if element in view.raw:
                _element(view.raw[element], view, element, found)
        for entry in view.principals:
            if entry.kind in _KINDS and "${" not in entry.text:
                _entry(entry, subject.type, found)
    return found


@needs(_faults)
def shaped(subject: Subject) -> Iterable[Finding]:
    """Find a Principal that is neither "*" nor an object of kinds and texts."""
    return subject.once(_faults).get("shape", ())


@needs(_faults)
def kind_known(subject: Subject) -> Iterable[Finding]:
    """Find kinds of principals that AWS does not have."""
    return subject.once(_faults).get("kind", ())


@needs(_faults)
def named(subject: Subject) -> Iterable[Finding]:
    """Find texts that name no AWS principal and no canonical user."""
    return subject.once(_faults).get("named", ())


@needs(_faults)
def exact(subject: Subject) -> Iterable[Finding]:
    """Find wildcards in principals."""
    return subject.once(_faults).get("wild", ())


@needs(_faults)
def federated_taken(subject: Subject) -> Iterable[Finding]:
    """Find identity providers in policies other than a role's trust policy."""
    return subject.once(_faults).get("federated", ())


@needs(_faults)
def provider_form(subject: Subject) -> Iterable[Finding]:
    """Find federated principals that are neither a domain nor a provider's ARN."""
    return subject.once(_faults).get("provider", ())


def service_form(subject: Subject) -> Iterator[Finding]:
    """Find service principals, in Principal and in the values of condition keys, that are written as none is."""
    yield from subject.once(_faults).get("service", ())
    for _, condition in conditions_on(subject, _SERVICE_KEYS):
        if condition.lower_key not in _SERVICE_KEYS or not condition.lower_base.startswith("stringequals"):
            continue
        for entry in condition.values:
            problem = _not_service(entry.text)
            if problem and not set("*?$") & set(entry.text):
                yield _service(entry.pointer, f"{shown(entry.text)}, a value of {condition.key},", problem)


def _element(written: Any, view: StatementView, element: str, found: Faults) -> None:
    place = f"{view.pointer}/{element}"
    if written == "*":
        return
    if not isinstance(written, dict):
        what = shown(written) if isinstance(written, str) else word_for(written)
        meant = {_kind_of(written): written} if isinstance(written, str) and _kind_of(written) else None
        remedy = f"write {shown(meant)}" if meant else f'write "*", or an object such as {_EXAMPLE}'
        edits = (Edit("replace", place, meant),) if meant else ()
        # An ARN is no "*", whatever is filled in for its account.
        certain = isinstance(written, str) and written.startswith("arn:")
        found["shape"].append(Finding(place, f"{element} is {what}", remedy, on_name=certain, edits=edits))
        return
    for kind, given in written.items():
        at = f"{place}/{escape(kind)}"
        if kind not in _KINDS:
            found["kind"].append(_unknown_kind(kind, at, written))
        for index, each in enumerate(given if isinstance(given, list) else (given,)):
            if not isinstance(each, str):
                where = f"{at}/{index}" if isinstance(given, list) else at
                found["shape"].append(_no_text(kind, each, where))


def _kind_of(text: str) -> str:
    if re.fullmatch(_AWS, text):
        return "AWS"
    return "Service" if re.fullmatch(_SERVICE, text) else ""


def _unknown_kind(kind: str, place: str, written: dict[str, Any]) -> Finding:
    meant = next((each for each in PRINCIPAL_KINDS if each.lower() == kind.strip().lower()), None)
    edits = (Edit("rename", place, meant),) if meant and meant not in written else ()
    close = meant or nearest(kind, PRINCIPAL_KINDS)
    remedy = f'write "{close}"' if close else f"use {', '.join(PRINCIPAL_KINDS)}"
    return Finding(place, f"unknown principal type {shown(kind)}", remedy, on_name=True, edits=edits)


def _no_text(kind: str, value: Any, place: str) -> Finding:
    account = type(value) is int and len(str(value)) == 12
    edits = (Edit("replace", place, str(value)),) if account else ()
    remedy = f'write "{value}", in quotes' if account else "write a string"
    return Finding(place, f"a principal of {kind} is {word_for(value)}, {shown(value)}", remedy, edits=edits)


def _entry(entry: PrincipalEntry, kind: str, found: Faults) -> None:
    text, place = entry.text, entry.pointer
    if ("*" in text or "?" in text) and not (entry.kind == "AWS" and text == "*"):
        found["wild"].append(_wild(entry))
    elif entry.kind == "Service":
        problem = _not_service(text)
        if problem:
            found["service"].append(_service(place, shown(text), problem))
    elif entry.kind == "Federated":
        if kind != "trust":
            problem = f"{shown(text)} is an identity provider, which is allowed only in a trust policy"
            remedy = "under AWS, name the role that the provider's users assume"
            found["federated"].append(Finding(place, problem, remedy))
        elif not re.fullmatch(_PROVIDER, text):
            problem = f"{shown(text)} is neither a domain nor the ARN of an identity provider"
            found["provider"].append(Finding(place, problem, _provider_remedy(text)))
    elif not re.fullmatch(_CANONICAL if entry.kind == "CanonicalUser" else _AWS, text):
        found["named"].append(
            Finding(place, f"{shown(text)} isn't a valid {_called(entry.kind)}", _aws_remedy(text, entry.kind))
        )


def _called(kind: str) -> str:
    return "canonical user" if kind == "CanonicalUser" else "AWS principal"


def _wild(entry: PrincipalEntry) -> Finding:
    problem = f"{shown(entry.text)} has a wildcard, which isn't allowed in {entry.kind} principals"
    if entry.kind != "AWS":
        return Finding(entry.pointer, problem, "name each one in full")
    remedy = 'name each one in full, or write "*" with a condition {"ArnLike": {"aws:PrincipalArn": '
    return Finding(entry.pointer, problem, f"{remedy}{shown(entry.text)}}}}}")


@lru_cache(maxsize=4096)
def _not_service(text: str) -> str:
    """Return what to write in place of a text that is no service principal; empty for one that is."""
    if re.fullmatch(_SERVICE, text):
        return ""
    if re.fullmatch(_SERVICE, text.strip().lower()):
        return text.strip().lower()
    name = text.strip().lower().removeprefix("https://").partition("/")[0]
    return f"{name}.amazonaws.com" if re.fullmatch(r"[a-z0-9-]+", name) else "sagemaker.amazonaws.com"


def _service(place: str, what: str, meant: str) -> Finding:
    same = meant != "sagemaker.amazonaws.com"
    remedy = f'write "{meant}"' if same else f"use a service principal, such as {meant}"
    lowered = what.strip('"').lower() == meant
    edits = (Edit("replace", place, meant),) if lowered else ()
    return Finding(place, f"{what} isn't a valid service principal", remedy, edits=edits)


def _provider_remedy(text: str) -> str:
    bare = re.sub(r"^[a-z]+://", "", text)
    if bare != text:
        return f'write "{bare}", without https://, or the ARN of the provider'
    return "write the provider's ARN, such as arn:aws:iam::111122223333:oidc-provider/example.com"


def _aws_remedy(text: str, kind: str) -> str:
    if kind == "CanonicalUser":
        return "use the 64-character canonical user ID of an account"
    if re.fullmatch(_SERVICE, text.lower()):
        return f'write {{"Service": "{text.lower()}"}}'
    if re.fullmatch(r"[0-9-]+", text):
        return "use the 12-digit account ID"
    parts = text.split(":", 5)
    last = parts[5] if len(parts) == 6 and parts[0] == "arn" else ""
    if last.startswith("group/"):
        return "name users or roles: a group can't be a principal"
    if last.startswith(("saml-provider/", "oidc-provider/")):
        return f'write {{"Federated": "{text}"}}'
    if last.startswith("assumed-role/"):
        return "write assumed-role/ROLE/SESSION, or the ARN of the role"
    return "write the ARN of a role, user, session or account root, or a 12-digit account ID"
