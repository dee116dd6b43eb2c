"""The elements of a policy and of its statements: which there are, which must be, and which exclude each other.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from preflight.catalog.nearest import nearest
from preflight.documents.policies.found_policy import PolicyDocumentType
from preflight.iam.elements import ELEMENTS, TOP_ELEMENTS
from preflight.json_pointer import escape
from preflight.lint.policy.finding import Edit, Faults, Finding, no_faults, shown
from preflight.lint.policy.needs import needs
from preflight.lint.policy.statements import StatementView
from preflight.lint.policy.subject import Subject

_ELEMENTS, _TOP = frozenset(ELEMENTS), frozenset(TOP_ELEMENTS)
_EFFECTS = ("Allow", "Deny")
_PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
_WITHOUT_PRINCIPAL = frozenset({"identity", "boundary", "session"})
_WITH_PRINCIPAL = frozenset({"resource", "trust", "vpc-endpoint"})
# The policies of these are about the resource that they are attached to, and name none (ECR's, a role's).
_WITHOUT_RESOURCE = frozenset({"ecr", "ecr-public", "sts"})
# The policy of a registry names its repositories: https://github.com/pulumi/pulumi-aws/issues/2326
_REGISTRIES = frozenset({"AWS::ECR::RegistryPolicy", "aws_ecr_registry_policy", "awscc_ecr_registry_policy"})


def _faults(subject: Subject) -> Faults:
    found = no_faults()
    policy = subject.value
    if not isinstance(policy, dict):
        return found
    if not policy.keys() <= _TOP:
        _unknown(policy, TOP_ELEMENTS, "", found)
    if policy.get("Statement") == []:
        problem = "Statement is an empty list"
        found["Statement"].append(Finding("/Statement", problem, "add a statement, or remove the policy"))
    elif "Statement" not in policy and not _misspelt(policy, "Statement"):
        found["Statement"].append(Finding("", "the policy has no Statement", "add a Statement"))
    for view in subject.statements:
        _statement(view, subject, found)
    return found


@needs(_faults)
def known(subject: Subject) -> Iterable[Finding]:
    """Find elements that the policy language does not have."""
    return subject.once(_faults).get("known", ())


@needs(_faults)
def statement_present(subject: Subject) -> Iterable[Finding]:
    """Find policies without a statement."""
    return subject.once(_faults).get("Statement", ())


@needs(_faults)
def effect_present(subject: Subject) -> Iterable[Finding]:
    """Find statements without an effect."""
    return subject.once(_faults).get("Effect", ())


@needs(_faults)
def effect_known(subject: Subject) -> Iterable[Finding]:
    """Find effects other than Allow and Deny."""
    return subject.once(_faults).get("effect", ())


@needs(_faults)
def action_present(subject: Subject) -> Iterable[Finding]:
    """Find statements without actions."""
    return subject.once(_faults).get("Action", ())


@needs(_faults)
def resource_present(subject: Subject) -> Iterable[Finding]:
    """Find statements without resources where the type of policy demands them."""
    return subject.once(_faults).get("Resource", ())


@needs(_faults)
def principal_present(subject: Subject) -> Iterable[Finding]:
    """Find statements of policies of resources without principals."""
    return subject.once(_faults).get("Principal", ())


@needs(_faults)
def principal_taken(subject: Subject) -> Iterable[Finding]:
    """Find principals in policies of identities."""
    return subject.once(_faults).get("no principal", ())


@needs(_faults)
def exclusive(subject: Subject) -> Iterable[Finding]:
    """Find an element and its Not form in one statement."""
    return subject.once(_faults).get("exclusive", ())


def _statement(view: StatementView, subject: Subject, found: Faults) -> None:
    raw = view.raw
    if raw.get("Effect") not in _EFFECTS:
        _effect(view, found)
    if not _sound(tuple(raw), subject.type):
        if not raw.keys() <= _ELEMENTS:
            _unknown(raw, ELEMENTS, view.pointer, found)
        for pair in _PAIRS:
            if pair[1] in raw and pair[0] in raw:
                problem = f"{view.cited} has both {pair[0]} and {pair[1]}"
                found["exclusive"].append(
                    Finding(f"{view.pointer}/{pair[1]}", problem, "keep one of the two", on_name=True)
                )
        _presence(view, subject, found)


@lru_cache(maxsize=4096)
def _sound(names: tuple[str, ...], kind: PolicyDocumentType) -> bool:
    """Whether a statement with these elements is one that a type of policy takes; most statements have the same few."""
    principal = "Principal" in names or "NotPrincipal" in names
    return (
        _ELEMENTS.issuperset(names)
        and ("Action" in names) != ("NotAction" in names)
        and not ("Resource" in names and "NotResource" in names)
        and ("Resource" in names or "NotResource" in names or kind == "trust")
        and not ("Principal" in names and "NotPrincipal" in names)
        and (not principal if kind in _WITHOUT_PRINCIPAL else principal or kind not in _WITH_PRINCIPAL)
    )


def _effect(view: StatementView, found: Faults) -> None:
    if "Effect" not in view.raw:
        if not _misspelt(view.raw, "Effect"):
            problem = f"{view.cited} has no Effect"
            found["Effect"].append(Finding(view.pointer, problem, 'add "Effect": "Allow" or "Effect": "Deny"'))
        return
    written, place = view.raw["Effect"], f"{view.pointer}/Effect"
    if not isinstance(written, str):
        return  # of another type, which `element_types` finds
    meant = next((each for each in _EFFECTS if each.lower() == written.strip().lower()), None)
    edits = (Edit("replace", place, meant),) if meant else ()
    close = meant or nearest(written, _EFFECTS)
    remedy = f'write "{close}"' if close else 'write "Allow" or "Deny"'
    found["effect"].append(Finding(place, f"invalid Effect {shown(written)}", remedy, edits=edits))


def _presence(view: StatementView, subject: Subject, found: Faults) -> None:
    raw, kind = view.raw, subject.type
    if _absent(raw, "Action"):
        problem = f"{view.cited} has neither Action nor NotAction"
        found["Action"].append(
            Finding(view.pointer, problem, 'add an Action element, such as "Action": "s3:GetObject"')
        )
    principal = "Principal" in raw or "NotPrincipal" in raw
    if kind in _WITHOUT_PRINCIPAL:
        if principal:
            found["no principal"].extend(_taken(view, kind))
    elif not principal and kind in _WITH_PRINCIPAL and _absent(raw, "Principal"):
        problem = f"{view.cited} has no Principal"
        remedy = 'add a Principal element, such as "Principal": {"AWS": "arn:aws:iam::111122223333:root"}'
        found["Principal"].append(Finding(view.pointer, problem, remedy))
    if kind != "trust" and _absent(raw, "Resource") and not (kind == "resource" and _about_itself(view, subject)):
        problem = f"{view.cited} has neither Resource nor NotResource"
        found["Resource"].append(Finding(view.pointer, problem, 'add a Resource element, such as "Resource": "*"'))


def _taken(view: StatementView, kind: str) -> Iterable[Finding]:
    of = {"identity": "an identity-based policy", "boundary": "a permissions boundary", "session": "a session policy"}[
        kind
    ]
    for name in ("Principal", "NotPrincipal"):
        if name in view.raw:
            problem = f"{view.cited} has {name}, which isn't allowed in {of}"
            remedy = f"remove {name}: the policy applies to the identity that it is attached to"
            yield Finding(f"{view.pointer}/{name}", problem, remedy, on_name=True)


def _about_itself(view: StatementView, subject: Subject) -> bool:
    owner = (subject.found.owner.get("service") or "").lower()
    if owner:
        return owner in _WITHOUT_RESOURCE and subject.found.owner.get("type") not in _REGISTRIES
    # `*` may be all actions of a service whose policies have no resources.
    services = {entry.text.partition(":")[0].lower() for entry in view.actions or view.not_actions}
    return bool(services) and services <= _WITHOUT_RESOURCE | {"*"}


def _unknown(body: Mapping[str, Any], names: Sequence[str], above: str, found: Faults) -> None:
    where = "statements" if above else "policies"
    for name in body:
        if name in names:
            continue
        place = f"{above}/{escape(name)}"
        meant = next((each for each in names if each.lower() == name.strip().lower()), None)
        edits = (Edit("rename", place, meant),) if meant and meant not in body else ()
        close = meant or nearest(name, names)
        known = ", ".join(names)
        remedy = f'write "{close}"' if close else f"remove it; {where} have {known}"
        problem = f"{where} have no element {shown(name)}"
        found["known"].append(Finding(place, problem, remedy, on_name=True, edits=edits))


def _absent(body: Mapping[str, Any], name: str) -> bool:
    return name not in body and f"Not{name}" not in body and not _misspelt(body, name)


def _misspelt(body: Mapping[str, Any], name: str) -> bool:
    """Whether an element is there under a name that is near it, which is reported as such."""
    wanted = {name.lower(), f"not{name.lower()}"}
    if body.keys() <= _ELEMENTS:
        return False
    return any(each.strip().lower() in wanted or nearest(each, (name,)) for each in body if each not in _ELEMENTS)
