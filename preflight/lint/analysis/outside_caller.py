"""Who is let in: a caller from another account, of whom nothing is known, asks the decision engine.

A stranger belongs to another account and another organization, comes from the internet, through no VPC and on no
service's behalf, and sets whatever a caller can set (headers, tags, encryption context) as the policy wants it.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from preflight.lint.policy.statements import ConditionEntry, StatementView
from preflight.lint.policy.subject import Subject

if TYPE_CHECKING:
    from preflight.iam.policy import Policy
    from preflight.iam.request import Context, Policies, Value

_ACTIONS_ASKED = 8
_OWNER = "111122223333"
_STRANGER = "arn:aws:iam::999988887777:role/preflight-stranger"
_KNOWN: dict[str, Value] = {
    "aws:principalorgid": "o-0000000000",
    "aws:principalorgpaths": ("o-0000000000/r-0000/",),
    "aws:userid": "AROA00000000000000000:preflight-stranger",
    "aws:sourceip": "198.51.100.7",
    "aws:securetransport": "true",
    "aws:multifactorauthpresent": "true",
    "aws:viaawsservice": "false",
}
_NOT_THEIRS = (
    "aws:principal",
    "aws:source",
    "aws:vpc",
    "aws:calledvia",
    "aws:resource",
    "aws:userid",
    "aws:username",
    "aws:ec2instance",
    "aws:federatedprovider",
    "aws:currenttime",
    "aws:epochtime",
    "aws:tokenissuetime",
    "s3:dataaccesspoint",
    "s3:existingobjecttag",
    "kms:calleraccount",
    "kms:grantisforawsresource",
    "sts:externalid",
    "saml:",
    "elasticfilesystem:accessedviamounttarget",
    "lambda:eventsourcetoken",
)
"""Beginnings of the keys whose value a caller cannot choose. `aws:PrincipalTag/` is not among them: a stranger tags
its own role.
"""
_UNPROVED = (
    "sts:externalid",
    "lambda:eventsourcetoken",
    "elasticfilesystem:accessedviamounttarget",
    "kms:calleraccount",
    "kms:grantisforawsresource",
    "saml:",
    "aws:ec2instance",
)
_GENERIC = {
    "s3": "arn:aws:s3:::any/any",
    "kms": "arn:aws:kms:us-east-1:111122223333:key/any",
    "sts": "arn:aws:iam::111122223333:role/any",
    "ecr": "arn:aws:ecr:us-east-1:111122223333:repository/any",
}


def open_to_everyone(view: StatementView) -> bool:
    """Whether a statement's Principal is everyone."""
    return any(
        each.element == "Principal" and each.text == "*" and each.kind in ("*", "AWS") for each in view.principals
    )


def let_in(subject: Subject, view: StatementView) -> bool:
    """Whether what a statement allows is allowed to callers whom the policy doesn't know, by the policy as a whole.

    It is proved. A stranger of whom nothing is known asks instead where a statement asks for what proofs take for the
    caller's to choose and is not (a secret, the network of a file system), and where the proof doesn't decide.
    """
    if not any(each.lower_key.startswith(_UNPROVED) and not _is_any(each) for each in view.conditions):
        from preflight.lint.analysis.proved_grants import public_statements

        public = subject.once(public_statements)
        if public is not None:
            return view.index in public
    return _sampled(subject, view)


def _is_any(each: ConditionEntry) -> bool:
    """Whether a condition holds for every value."""
    return any(not value.text.strip("*") for value in each.values)


def _sampled(subject: Subject, view: StatementView) -> bool:
    if subject.policy is None:
        return False
    from preflight.iam.request import Context, Policies

    owner = str(subject.found.owner.get("service", "")) or "s3"
    policies = Policies(identity=(_all(),), resource=subject.policy)
    context = Context({**_wanted(view), **_KNOWN})
    asked = dict.fromkeys(_instance(entry.text, owner) for entry in view.actions[:_ACTIONS_ASKED])
    if view.not_actions:
        asked[f"{owner}:Any"] = None
    return any(_allowed(action, view, policies, context) for action in asked)


def _allowed(action: str, view: StatementView, policies: Policies, context: Context) -> bool:
    from preflight.iam.decide import RequestError, decide
    from preflight.iam.decision import Outcome
    from preflight.iam.principals import PrincipalError
    from preflight.iam.request import Request

    try:
        request = Request(_STRANGER, action, _resource(view, action.partition(":")[0].lower()), _OWNER, context)
        decision = decide(request, policies)
        # AWS does not say that ArnLike takes a "*" for every ARN: here it is no protection.
        unread = [value for each in decision.depends_on for value in each.values]
        anything = bool(unread) and not decision.unknown and not any(value.strip("*") for value in unread)
        return decision.outcome is Outcome.ALLOWED or (decision.outcome is Outcome.OPEN and anything)
    except (RequestError, PrincipalError):
        return False


def demands(view: StatementView) -> list[ConditionEntry]:
    """Return the conditions of a statement that a stranger cannot meet by asking in the right way."""
    return [each for each in view.conditions if _not_theirs(each.lower_key)]


def _not_theirs(key: str) -> bool:
    return key.startswith(_NOT_THEIRS) and not key.startswith("aws:principaltag/")


def _wanted(view: StatementView) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for each in view.conditions:
        key = each.lower_key
        if not each.values or each.lower_base.startswith(("null", "stringnot", "arnnot", "not")):
            continue
        if _not_theirs(key) and not _is_any(each):
            continue
        value = each.values[0].text.replace("*", "any").replace("?", "a")
        if each.lower_base.startswith("arn") and _is_any(each):
            value = _STRANGER
        found[key] = (value,) if each.qualifier else value
    return found


def _instance(text: str, owner: str) -> str:
    """Return an action that a pattern stands for, of the resource's service where it names none."""
    service, _, name = text.partition(":")
    if not name:
        return f"{owner}:Any"
    named = service if "*" not in service and "?" not in service else owner
    return f"{named}:{name.replace('*', 'Any').replace('?', 'a')}"


def _resource(view: StatementView, service: str) -> str:
    for entry in view.resources:
        if entry.text.startswith("arn:") and entry.text.count(":") >= 5 and "${" not in entry.text:
            parts = entry.text.split(":", 5)
            filled = [part if not set("*?") & set(part) else "" for part in parts[:5]]
            filled[1], filled[2] = filled[1] or "aws", filled[2] or service
            rest = parts[5].replace("*", "any").replace("?", "a")
            return ":".join([*filled, rest]) if rest else "*"
    return _GENERIC.get(service, f"arn:aws:{service}:us-east-1:111122223333:any")


@cache
def _all() -> Policy:
    from preflight.iam.policy import parse_policy

    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return parse_policy({"Version": "2012-10-17", "Statement": [statement]}, "everything")
