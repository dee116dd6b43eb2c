"""What the trust policy of a role takes: whom, which of the STS actions for whom, and no resources.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html,
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html,
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html and
https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from preflight.iam.wildcard import matcher, tokens
from preflight.lint.policy.finding import Edit, Finding, shown
from preflight.lint.policy.statements import Entry, PrincipalEntry, StatementView
from preflight.lint.policy.subject import Subject

_SAML: Final = "sts:AssumeRoleWithSAML"
_WEB: Final = "sts:AssumeRoleWithWebIdentity"
_PLAIN: Final = "sts:AssumeRole"
_WHO = {
    _SAML: "a SAML provider",
    _WEB: "an OIDC provider",
    _PLAIN: "a role, user, account or service",
}
_ANYWHERE = "rolesanywhere.amazonaws.com"
_ANYWHERE_NEEDS = (_PLAIN, "sts:SetSourceIdentity", "sts:TagSession")


def no_not_principal(subject: Subject) -> Iterator[Finding]:
    """Find NotPrincipal in a trust policy."""
    for view in subject.statements:
        if "NotPrincipal" in view.raw:
            problem = f"{view.cited} has NotPrincipal, which isn't allowed in a trust policy"
            yield Finding(f"{view.pointer}/NotPrincipal", problem, on_name=True)


def no_bare_star(subject: Subject) -> Iterator[Finding]:
    """Find "Principal": "*" in a trust policy."""
    for view in subject.statements:
        if view.raw.get("Principal") == "*":
            problem = f'the Principal of {view.cited} is "*", which is not allowed in a trust policy'
            yield Finding(f"{view.pointer}/Principal", problem)


def no_resource(subject: Subject) -> Iterator[Finding]:
    """Find Resource and NotResource in a trust policy."""
    for view in subject.statements:
        for name in ("Resource", "NotResource"):
            if name in view.raw:
                place = f"{view.pointer}/{name}"
                problem = f"{view.cited} has {name}; a trust policy applies to the role that it belongs to"
                yield Finding(place, problem, f"remove {name}", on_name=True, edits=(Edit("remove", place),))


def actions_fit(subject: Subject) -> Iterator[Finding]:
    """Find actions that none of the statement's principals can call, and providers that none of its actions is for."""
    for view in subject.statements:
        entries = [entry for entry in view.principals if entry.element == "Principal"]
        if not view.allows or not entries or any(not entry.kind for entry in entries):
            continue
        called = [_called(entry) for entry in entries]
        if None in called:
            continue
        wanted = dict.fromkeys(each for each in called if each)
        unfit = [each for each in view.actions if (action := _exactly(each)) is not None and action not in wanted]
        for each in unfit:
            yield _unfit(view, each, next(iter(wanted)))
        # Where an action is wrong, the providers without one are the same mistake.
        for entry, action in zip(entries, called, strict=True):
            if not unfit and action in (_SAML, _WEB) and not any(_covers(each, action) for each in view.actions):
                problem = f"{view.cited} names {_WHO[action]}, {shown(entry.text)}, but doesn't allow {action}"
                yield Finding(entry.pointer, problem, f"add {action} to Action")


def _exactly(entry: Entry) -> str | None:
    return next((each for each in _WHO if each.lower() == entry.text.lower()), None)


def _unfit(view: StatementView, entry: Entry, instead: str) -> Finding:
    action = _exactly(entry) or entry.text
    problem = f"{action} is for {_WHO[action]}, but {view.cited} has none in Principal"
    return Finding(entry.pointer, problem, f"use {instead}, the action for {_WHO[instead]}")


def _called(entry: PrincipalEntry) -> str | None:
    """Return the action by which a principal assumes a role; None for text that is no principal of this form."""
    if entry.kind != "Federated":
        return _PLAIN if entry.kind in ("AWS", "Service") or entry.text == "*" else None
    if ":saml-provider/" in entry.text:
        return _SAML
    return _WEB if ":oidc-provider/" in entry.text or not entry.text.startswith("arn:") else None


def _covers(entry: Entry, action: str) -> bool:
    return matcher(tokens(entry.text.lower()))(action.lower())


def roles_anywhere(subject: Subject) -> Iterator[Finding]:
    """Find trust in IAM Roles Anywhere without the actions that it needs."""
    trusting = [
        view
        for view in subject.statements
        if view.allows and any(entry.kind == "Service" and entry.text == _ANYWHERE for entry in view.principals)
    ]
    if not trusting:
        return
    allowed = [entry for view in trusting for entry in view.actions]
    missing = [need for need in _ANYWHERE_NEEDS if not any(_covers(entry, need) for entry in allowed)]
    if missing and allowed:
        view = trusting[0]
        problem = f"{view.cited} trusts {_ANYWHERE} without {' and '.join(missing)}"
        yield Finding(f"{view.pointer}/Action", problem, f"add {', '.join(missing)} to Action")
