"""The elements of a policy and of its statements: which there are, which must be, which exclude each other, of what
type they are.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from preflight.catalog.nearest import nearest
from preflight.documents.positions import escape
from preflight.documents.schema import word_for
from preflight.iam.grammar import ELEMENTS, TOP_ELEMENTS
from preflight.lint.faults import Faults, no_faults, shown
from preflight.lint.finding import Edit, Finding
from preflight.lint.subject import Subject
from preflight.lint.view import StatementView

_ELEMENTS, _TOP = frozenset(ELEMENTS), frozenset(TOP_ELEMENTS)
_EFFECTS = ("Allow", "Deny")
_PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
_WITHOUT_PRINCIPAL = frozenset({"identity", "boundary", "session"})
_WITH_PRINCIPAL = frozenset({"resource", "trust", "vpc-endpoint"})
# The policies of these are about the resource that they are attached to, and name none (ECR's, a role's).
_WITHOUT_RESOURCE = frozenset({"ecr", "ecr-public", "sts"})


def known(subject: Subject) -> Iterable[Finding]:
    """Find elements that the policy language does not have."""
    return subject.once(_faults).get("known", ())


def typed(subject: Subject) -> Iterable[Finding]:
    """Find values of another type than their element takes."""
    return subject.once(_faults).get("typed", ())


def statement_present(subject: Subject) -> Iterable[Finding]:
    """Find policies without a statement."""
    return subject.once(_faults).get("Statement", ())


def effect_present(subject: Subject) -> Iterable[Finding]:
    """Find statements without an effect."""
    return subject.once(_faults).get("Effect", ())


def effect_known(subject: Subject) -> Iterable[Finding]:
    """Find effects other than Allow and Deny."""
    return subject.once(_faults).get("effect", ())


def action_present(subject: Subject) -> Iterable[Finding]:
    """Find statements without actions."""
    return subject.once(_faults).get("Action", ())


def resource_present(subject: Subject) -> Iterable[Finding]:
    """Find statements without resources where the type of policy demands them."""
    return subject.once(_faults).get("Resource", ())


def principal_present(subject: Subject) -> Iterable[Finding]:
    """Find statements of policies of resources without principals."""
    return subject.once(_faults).get("Principal", ())


def principal_taken(subject: Subject) -> Iterable[Finding]:
    """Find principals in policies of identities."""
    return subject.once(_faults).get("no principal", ())


def exclusive(subject: Subject) -> Iterable[Finding]:
    """Find an element and its Not form in one statement."""
    return subject.once(_faults).get("exclusive", ())


def _faults(subject: Subject) -> Faults:
    found = no_faults()
    policy = subject.value
    if not isinstance(policy, dict):
        problem = f"the policy is {word_for(policy)}"
        found["typed"].append(Finding("", problem, "write an object with Version and Statement"))
        return found
    if not policy.keys() <= _TOP:
        _unknown(policy, TOP_ELEMENTS, "", found)
    if "Id" in policy and not isinstance(policy["Id"], str):
        found["typed"].append(_mistyped("/Id", "Id", policy["Id"], "a string"))
    _statements(policy, len(subject.statements), found)
    for view in subject.statements:
        _statement(view, subject, found)
    return found


def _statements(policy: Mapping[str, Any], objects: int, found: Faults) -> None:
    if "Statement" not in policy:
        if not _misspelt(policy, "Statement"):
            found["Statement"].append(Finding("", "the policy has no Statement", "add a Statement"))
        return
    written = policy["Statement"]
    if isinstance(written, list):
        if not written:
            problem = "Statement is an empty list"
            found["Statement"].append(Finding("/Statement", problem, "add a statement, or remove the policy"))
        elif len(written) != objects:
            for index, each in enumerate(written):
                if not isinstance(each, dict):
                    place, what = f"/Statement/{index}", "an object with Effect, Action and Resource"
                    found["typed"].append(_mistyped(place, f"Statement[{index}]", each, what))
    elif not isinstance(written, dict):
        found["typed"].append(_mistyped("/Statement", "Statement", written, "an object or a list of objects"))


def _statement(view: StatementView, subject: Subject, found: Faults) -> None:
    raw = view.raw
    if not raw.keys() <= _ELEMENTS:
        _unknown(raw, ELEMENTS, view.pointer, found)
    if raw.get("Effect") not in _EFFECTS:
        _effect(view, found)
    for pair in _PAIRS:
        if pair[1] in raw and pair[0] in raw:
            problem = f"{view.cited} has both {pair[0]} and {pair[1]}"
            found["exclusive"].append(Finding(f"{view.pointer}/{pair[1]}", problem, "keep one of the two", True))
    _presence(view, subject, found)
    _types(view, found)


def _effect(view: StatementView, found: Faults) -> None:
    if "Effect" not in view.raw:
        if not _misspelt(view.raw, "Effect"):
            problem = f"{view.cited} has no Effect"
            found["Effect"].append(Finding(view.pointer, problem, 'add "Effect": "Allow" or "Effect": "Deny"'))
        return
    written, place = view.raw["Effect"], f"{view.pointer}/Effect"
    if not isinstance(written, str):
        found["typed"].append(_mistyped(place, "Effect", written, '"Allow" or "Deny"'))
        return
    meant = next((each for each in _EFFECTS if each.lower() == written.strip().lower()), None)
    edits = (Edit("replace", place, meant),) if meant else ()
    close = meant or nearest(written, _EFFECTS)
    remedy = f'write "{close}"' if close else 'write "Allow" or "Deny"'
    found["effect"].append(Finding(place, f"there is no effect {shown(written)}", remedy, edits=edits))


def _presence(view: StatementView, subject: Subject, found: Faults) -> None:
    raw, kind = view.raw, subject.type
    if _absent(raw, "Action"):
        problem = f"{view.cited} has neither Action nor NotAction"
        found["Action"].append(Finding(view.pointer, problem, "say which actions it is about"))
    principal = "Principal" in raw or "NotPrincipal" in raw
    if kind in _WITHOUT_PRINCIPAL:
        if principal:
            found["no principal"].extend(_taken(view, kind))
    elif not principal and kind in _WITH_PRINCIPAL and _absent(raw, "Principal"):
        problem = f"{view.cited} has no Principal"
        remedy = 'say who it is about, such as "Principal": {"AWS": "arn:aws:iam::111122223333:root"}'
        found["Principal"].append(Finding(view.pointer, problem, remedy))
    if kind != "trust" and _absent(raw, "Resource") and not (kind == "resource" and _about_itself(view, subject)):
        problem = f"{view.cited} has neither Resource nor NotResource"
        found["Resource"].append(Finding(view.pointer, problem, 'say which resources it is about, or "*"'))


def _taken(view: StatementView, kind: str) -> Iterable[Finding]:
    of = {"identity": "an identity", "boundary": "a permissions boundary", "session": "a session"}[kind]
    for name in ("Principal", "NotPrincipal"):
        if name in view.raw:
            problem = f"{view.cited} has {name}, which the policy of {of} does not take"
            remedy = f"remove {name}: the policy is about whom it is attached to"
            yield Finding(f"{view.pointer}/{name}", problem, remedy, True)


def _about_itself(view: StatementView, subject: Subject) -> bool:
    services = {entry.text.partition(":")[0].lower() for entry in view.actions or view.not_actions}
    return (subject.found.owner.get("service") or "").lower() in _WITHOUT_RESOURCE or (
        bool(services) and services <= _WITHOUT_RESOURCE
    )


def _types(view: StatementView, found: Faults) -> None:
    raw = view.raw
    if "Sid" in raw and not isinstance(raw["Sid"], str):
        edits = (Edit("replace", f"{view.pointer}/Sid", str(raw["Sid"])),) if type(raw["Sid"]) is int else ()
        found["typed"].append(_mistyped(f"{view.pointer}/Sid", "Sid", raw["Sid"], "a string", edits))
    for name, entries in (
        ("Action", view.actions),
        ("NotAction", view.not_actions),
        ("Resource", view.resources),
        ("NotResource", view.not_resources),
    ):
        if name in raw:
            written = raw[name]
            if len(entries) != (len(written) if isinstance(written, list) else 1):
                _texts(written, f"{view.pointer}/{name}", name, found)
    if "Condition" in raw:
        _condition(raw["Condition"], f"{view.pointer}/Condition", found)


def _texts(written: Any, place: str, name: str, found: Faults) -> None:
    if not isinstance(written, list):
        found["typed"].append(_mistyped(place, name, written, "a string or a list of strings"))
        return
    for index, each in enumerate(written):
        if not isinstance(each, str):
            found["typed"].append(_mistyped(f"{place}/{index}", f"an entry of {name}", each, "a string"))


def _condition(block: Any, place: str, found: Faults) -> None:
    if not isinstance(block, dict):
        example = 'an object such as {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}'
        found["typed"].append(_mistyped(place, "Condition", block, example))
        return
    for operator, keys in block.items():
        if not isinstance(keys, dict):
            at = f"{place}/{escape(operator)}"
            found["typed"].append(
                _mistyped(at, operator, keys, 'an object such as {"aws:RequestedRegion": "us-east-1"}')
            )
            continue
        for key, written in keys.items():
            many = isinstance(written, list)
            for index, each in enumerate(written if many else (written,)):
                if not isinstance(each, (str, bool, int, float)):
                    at = f"{place}/{escape(operator)}/{escape(key)}" + (f"/{index}" if many else "")
                    what = "a string, a number, true or false" + ("" if many else ", or a list of them")
                    found["typed"].append(_mistyped(at, f"a value of {key}", each, what))


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
        found["known"].append(Finding(place, problem, remedy, True, edits=edits))


def _mistyped(place: str, name: str, value: Any, wanted: str, edits: tuple[Edit, ...] = ()) -> Finding:
    return Finding(place, f"{name} is {word_for(value)}, {shown(value)}", f"write {wanted}", edits=edits)


def _absent(body: Mapping[str, Any], name: str) -> bool:
    return name not in body and f"Not{name}" not in body and not _misspelt(body, name)


def _misspelt(body: Mapping[str, Any], name: str) -> bool:
    """Whether an element is there under a name that is near it, which is reported as such."""
    wanted = {name.lower(), f"not{name.lower()}"}
    if body.keys() <= _ELEMENTS:
        return False
    return any(each.strip().lower() in wanted or nearest(each, (name,)) for each in body if each not in _ELEMENTS)
