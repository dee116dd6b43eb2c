"""Why a request was denied that nearly was not: the Allows that came closest, and what kept each from applying."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from preflight.iam.candidates import Evaluation
from preflight.iam.conditions import Condition, Quantifier, Truth
from preflight.iam.context import RequestContext
from preflight.iam.decision import NearMiss, StatementRef
from preflight.iam.policy import Policy
from preflight.iam.principals import PrincipalMatch, grant
from preflight.iam.request import Policies, PolicyType, Request
from preflight.iam.statement import Patterns, Statement
from preflight.iam.wildcard import any_of, tokens

_MOST = 5
_ORDER = ("case", "condition", "resource", "action")

_WORDS = {
    "StringEquals": "",
    "StringEqualsIgnoreCase": "(in any case) ",
    "StringLike": "like ",
    "ArnEquals": "like ",
    "ArnLike": "like ",
    "Bool": "",
    "BinaryEquals": "",
    "IpAddress": "in ",
    "NumericEquals": "",
    "NumericLessThan": "less than ",
    "NumericLessThanEquals": "at most ",
    "NumericGreaterThan": "greater than ",
    "NumericGreaterThanEquals": "at least ",
    "DateEquals": "",
    "DateLessThan": "before ",
    "DateLessThanEquals": "at or before ",
    "DateGreaterThan": "after ",
    "DateGreaterThanEquals": "at or after ",
}


def near_misses(
    request: Request, policies: Policies, asked: Evaluation, context: RequestContext, missing: tuple[PolicyType, ...]
) -> tuple[NearMiss, ...]:
    """Return the closest Allows of the policy types that withheld one, closest first, at most five.

    The closest of each type is among them, however many of another type are closer.
    """
    found: list[NearMiss] = []
    for candidate in asked.candidates:
        if candidate.statement.allows and candidate.ref.policy_type in missing:
            found.extend(_miss(candidate.statement, candidate.ref, request, context))
    explained = {miss.statement.policy_type for miss in found}
    lacking = missing if len(found) < _MOST else tuple(kind for kind in missing if kind not in explained)
    if lacking:
        found.extend(_similar(request, policies, asked, context, lacking))
    found.sort(key=lambda miss: _ORDER.index(miss.kind))
    closest = {miss.statement.policy_type: miss for miss in reversed(found)}
    first = [miss for miss in found if closest[miss.statement.policy_type] is miss]
    others = [miss for miss in found if closest[miss.statement.policy_type] is not miss]
    shown = [*first, *others][:_MOST]
    return tuple(sorted(shown, key=lambda miss: _ORDER.index(miss.kind)))


def _miss(statement: Statement, ref: StatementRef, request: Request, context: RequestContext) -> Iterator[NearMiss]:
    if statement.covers_resource(request.resource, context) is Truth.FALSE and statement.resources is not None:
        spelled = _differs_in_case(statement.resources, request.resource)
        if spelled is not None:
            why = f"allows this action on {spelled}, which differs from {request.resource} only in upper and lower case"
            yield NearMiss(ref, "case", why)
        else:
            yield NearMiss(ref, "resource", f"allows this action {_where(statement.resources)}")
        return
    failing = [each for each in statement.conditions if each.truth(context) is Truth.FALSE]
    if failing:
        wishes = " and ".join(_wish(each, context) for each in failing)
        yield NearMiss(ref, "condition", f"would allow this if {wishes}")


def _differs_in_case(patterns: Patterns, resource: str) -> str | None:
    if patterns.negated:
        return None
    folded = resource.lower()
    return next((text for text in patterns.texts if any_of([tokens(text.lower())])(folded)), None)


def _where(patterns: Patterns) -> str:
    shown = ", ".join(patterns.texts[:3]) or "no resource"
    if len(patterns.texts) > 3:
        shown += f" and {len(patterns.texts) - 3} more"
    return f"on everything but {shown}" if patterns.negated else f"on {shown}, not on this resource"


def _wish(condition: Condition, context: RequestContext) -> str:
    """Say what would have to be so, and what is: `aws:SourceIp were in 10.0.0.0/8 (it is 192.0.2.1)`."""
    values = context(condition.key)
    has = ", ".join(values) if isinstance(values, tuple) else ""
    base = condition.base
    if base.name == "Null":
        return f"{condition.name} were {'not in' if has else 'in'} the request"
    subject = condition.name
    if condition.quantifier is Quantifier.ALL:
        subject = f"every value of {subject}"
    elif condition.quantifier is Quantifier.ANY:
        subject = f"a value of {subject}"
    negation = "not " if base.negated else ""
    listed = " or ".join(condition.values) or "nothing"
    now = f"it is {has}" if has else "the request does not have it"
    return f"{subject} were {negation}{_WORDS[base.positive]}{listed} ({now})"


def _similar(
    request: Request, policies: Policies, asked: Evaluation, context: RequestContext, missing: tuple[PolicyType, ...]
) -> Iterator[NearMiss]:
    """Find statements that allow an action with nearly this name on this resource."""
    for kind, policy, statement in _statements(policies, missing):
        if not statement.allows or statement.actions.negated or statement.covers_action(asked.action):
            continue
        if (
            kind in (PolicyType.RESOURCE, PolicyType.VPC_ENDPOINT)
            and grant(statement.principals, asked.who) is PrincipalMatch.NONE
        ):
            continue
        alike = _alike(statement.actions.texts, asked.action)
        if alike and statement.covers_resource(request.resource, context) is Truth.TRUE:
            ref = StatementRef(kind, policy.name, statement.index, statement.sid, statement.effect)
            yield NearMiss(ref, "action", f"allows {', '.join(alike[:3])} on this resource, not {request.action}")


_ALIKE = 0.85


@lru_cache(maxsize=4096)
def _alike(texts: tuple[str, ...], action: str) -> tuple[str, ...]:
    """Return those of a statement's actions that have nearly the name of an action of their service."""
    from difflib import SequenceMatcher

    service = action.partition(":")[0] + ":"
    return tuple(
        text
        for text in texts
        if text.lower().startswith(service) and SequenceMatcher(None, text.lower(), action).ratio() >= _ALIKE
    )


def _statements(policies: Policies, missing: tuple[PolicyType, ...]) -> Iterator[tuple[PolicyType, Policy, Statement]]:
    by_type = {
        PolicyType.IDENTITY: policies.identity,
        PolicyType.BOUNDARY: policies.boundaries,
        PolicyType.SESSION: policies.session or (),
        PolicyType.RESOURCE: () if policies.resource is None else (policies.resource,),
        PolicyType.VPC_ENDPOINT: policies.vpc_endpoint,
        PolicyType.SCP: tuple(policy for level in policies.service_control or () for policy in level),
    }
    for kind in missing:
        for policy in by_type.get(kind, ()):
            for statement in policy.statements:
                yield kind, policy, statement
