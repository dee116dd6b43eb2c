"""Who may assume a role."""

from __future__ import annotations

import re
from collections.abc import Iterator

from preflight.lint.analysis.outside_caller import demands, let_in, open_to_everyone
from preflight.lint.policy.finding import Edit, Finding
from preflight.lint.policy.statements import PrincipalEntry, StatementView
from preflight.lint.policy.subject import Subject

_COMPUTE = frozenset(
    {
        "ec2.amazonaws.com",
        "ecs-tasks.amazonaws.com",
        "eks.amazonaws.com",
        "lambda.amazonaws.com",
        "pods.eks.amazonaws.com",
    }
)
_SAYS_WHO = (
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalarn",
    "aws:principalaccount",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:userid",
)
_ACCOUNT = re.compile(r"(?:arn:[^:]+:(?:iam|sts)::)?([0-9]{12})(?::|$)")
_SESSION = re.compile(r"arn:([^:]+):sts::([0-9]{12}):assumed-role/([^/]+)/(.+)")


def anyone(subject: Subject) -> Iterator[Finding]:
    """Find roles that every principal of every account may assume."""
    for view, place in _everyone(subject):
        if let_in(subject, view):
            yield Finding(
                place.pointer,
                f"{view.cited} lets any principal in any AWS account assume the role",
                "name in Principal who may assume it, or add a condition on aws:PrincipalOrgID",
            )


def anyone_with_conditions(subject: Subject) -> Iterator[Finding]:
    """Find roles that everyone may assume who meets conditions that don't say who it is."""
    for view, place in _everyone(subject):
        keys = list(dict.fromkeys(each.key for each in demands(view)))
        if keys and not any(key.lower() in _SAYS_WHO for key in keys) and not let_in(subject, view):
            yield Finding(
                place.pointer,
                f"{view.cited} lets any principal in any AWS account assume the role if it meets the conditions on "
                f"{', '.join(keys)}, which don't identify the caller",
                "name in Principal who may assume it, or add a condition on aws:PrincipalOrgID",
            )


def other_account(subject: Subject) -> Iterator[Finding]:
    """Find roles that another account may assume without an external id. Only where the role's account is known."""
    own = _own_account(subject)
    if not own:
        return
    for view in subject.statements:
        if not view.allows or _asks(view, ("sts:externalid", *_SAYS_WHO)):
            continue
        for place in view.principals:
            found = _ACCOUNT.match(place.text) if place.kind == "AWS" and place.element == "Principal" else None
            if found is not None and found[1] != own:
                yield Finding(
                    place.pointer,
                    f"{view.cited} lets {place.text} of another account assume the role without an external ID",
                    "if the account is a third party's, add the condition "
                    '{"StringEquals": {"sts:ExternalId": "..."}} with the id that it gave you; if it is of your '
                    "organization, add a condition on aws:PrincipalOrgID",
                )


def compute_and_others(subject: Subject) -> Iterator[Finding]:
    """Find roles that both a compute service and someone else may assume."""
    compute, others = None, []
    for view in subject.statements:
        if not view.allows:
            continue
        for place in view.principals:
            if place.element != "Principal":
                continue
            if place.kind == "Service" and place.text in _COMPUTE:
                compute = compute or (view, place)
            else:
                others.append(place)
    if compute is not None and others:
        view, place = compute
        yield Finding(
            place.pointer,
            f"{view.cited} lets {place.text} assume the role, which {others[0].text} can assume too: code that runs "
            "there "
            "gets the same permissions",
            "use a separate role for the compute service",
        )


def redundant_session(subject: Subject) -> Iterator[Finding]:
    """Find a role's session listed beside the role itself."""
    for view in subject.statements:
        if len(view.principals) < 2:
            continue
        listed = {each.text for each in view.principals if each.kind == "AWS"}
        for place in view.principals:
            session = _SESSION.fullmatch(place.text)
            if session is None or place.kind != "AWS":
                continue
            partition, account, role, _ = session.groups()
            start, end = f"arn:{partition}:iam::{account}:role/", f"/{role}"
            parent = next((each for each in listed if each.startswith(start) and each.endswith(end)), None)
            if parent is not None:
                yield Finding(
                    place.pointer,
                    f"{place.text} is a session of {parent}, which is listed too",
                    f"remove {place.text}",
                    edits=(Edit("remove", place.pointer),),
                )


def _everyone(subject: Subject) -> Iterator[tuple[StatementView, PrincipalEntry]]:
    for view in subject.statements:
        if view.allows and open_to_everyone(view):
            yield view, next(each for each in view.principals if each.text == "*")


def _asks(view: StatementView, keys: tuple[str, ...]) -> bool:
    return any(each.lower_key in keys for each in view.conditions)


def _own_account(subject: Subject) -> str:
    owner = subject.found.owner
    found = _ACCOUNT.match(subject.found.name)
    return str(owner.get("account", "")) or (found[1] if found else "")
