"""The decision: AWS's policy evaluation logic over every type of policy, in three values.

`docs/evaluation.md` states the logic with its sources.
"""

from __future__ import annotations

import re
from dataclasses import replace

from preflight.errors import PreflightError
from preflight.iam.caches import DECISIONS, EVALUATIONS, Kept
from preflight.iam.candidates import Candidate, Evaluation, evaluation
from preflight.iam.conditions import Condition, Truth
from preflight.iam.context import RequestContext
from preflight.iam.credentials import barred_with
from preflight.iam.decision import Decision, Outcome, StatementRef
from preflight.iam.near_misses import near_misses
from preflight.iam.own_objects import may_be_of_aws
from preflight.iam.partial_evaluation import Residual, outlook, residual
from preflight.iam.principals import caller, grant, perhaps
from preflight.iam.request import Policies, PolicyType, Request
from preflight.iam.resource_patterns import COLONS_IN_A_NAME, has_colon_in_name
from preflight.iam.service_rules import LIST_BUCKETS
from preflight.iam.statement import Statement
from preflight.iam.uncertain_names import SPELLED, WHICH_KEY, covers_a_key, differs_in_case

_OF_AWS = re.compile(
    ":aws:policy/|:role/aws-|:alias/aws/|:parameter/(?:aws|ssm)|:log-group:aws/|:group/aws", re.IGNORECASE
)
_ANSWERS_KEPT = 256
_PERHAPS = (Outcome.ALLOWED, Outcome.OPEN)


class RequestError(PreflightError):
    """The request cannot be asked as it stands; `str(error)` says what is wrong with it and the mend."""


def decide(request: Request, policies: Policies, *, nearest: bool = True) -> Decision:
    """Decide one request against all the policies that bear on it.

    Without `nearest`, what was near to allowing is not looked for, which for a request that nothing allows takes
    longer than to decide it.

    The resource's account is the one in its ARN, else `resource_account`, else the principal's. A role's trust policy
    (for `sts:AssumeRole`) and a KMS key's policy are the resource's policy; one that is None and not in
    `Policies.unknown` allows nothing. Raises `PrincipalError` for a principal that cannot be, `RequestError` for an
    action that is not `service:Action` or a resource that is neither `*` nor an ARN.
    """
    asked = ask(request, policies)
    sure = asked.always
    resource = request.resource
    if resource == "*" and asked.action == LIST_BUCKETS:
        resource = f"arn:{asked.who.partition or 'aws'}:s3:::*"
    quick = (resource.count(":") < COLONS_IN_A_NAME or not has_colon_in_name(resource)) and not asked.unnamed
    spelled = asked.spelled and (asked.cased or resource.lower() != resource)
    context: RequestContext | None = None
    doubts: list[Residual] | None = None
    for candidate in asked.varying:
        statement = candidate.statement
        if quick and candidate.unsure is None and not (spelled and differs_in_case(statement, resource)):
            patterns = statement.resources
            if statement.plain:
                if patterns is None or patterns.fixed(resource) != patterns.negated:
                    sure |= candidate.bit
                continue
            if patterns is not None and patterns.simple and patterns.fixed(resource) == patterns.negated:
                continue
        if context is None:
            context = RequestContext(request, asked.who, asked.owner)
        found = _applies(asked, candidate, resource, context, policies)
        if found is True:
            sure |= candidate.bit
        elif found is not False:
            doubts = [*(doubts or ()), found]
    if doubts is None and not asked.unknown:
        answers: Kept[int, Decision] | None = DECISIONS.get(asked)
        if answers is None:
            answers = DECISIONS.keep(asked, Kept(_ANSWERS_KEPT))
        answer = answers.get(sure) or answers.keep(sure, _sure(asked, sure))
    elif sure & asked.deny:
        answer = _sure(asked, sure)
    else:
        answer = _unsure(asked, sure, doubts or [])
    if request.context.values and answer.outcome in _PERHAPS:
        context = context or RequestContext(request, asked.who, asked.owner)
        answer = _with_what_it_carries(asked, request, context, answer)
    if answer.outcome is not Outcome.IMPLICIT_DENY or not nearest:
        return answer
    misses = near_misses(
        request, policies, asked, context or RequestContext(request, asked.who, asked.owner), answer.missing
    )
    return replace(answer, near_misses=misses) if misses else answer


def ask(request: Request, policies: Policies) -> Evaluation:
    """Return what doesn't depend on the resource's name or the context, worked out once for the same policies."""
    resource = request.resource
    parts = resource.split(":", 5)
    whole = len(parts) == 6
    owner = (parts[4] if whole else "") or request.resource_account or ""
    decided_by_policy = ":key/" in resource or ":role/" in resource
    key = (request.principal, request.action, owner, decided_by_policy, parts[1] if whole else "", policies.content)
    found: Evaluation | None = EVALUATIONS.get(key)
    if (found is None or found.own) and may_be_of_aws(request.action.lower()) and _OF_AWS.search(resource):
        # Of AWS's own objects and names, which nobody else can change or take, each is a question of its own.
        key = (*key[:4], resource, policies.content)
        found = EVALUATIONS.get(key)
    if resource != "*" and (not whole or parts[0] != "arn"):
        raise RequestError(
            f'"{resource}" is not a resource: give its full ARN, or "*" for an action without resource-level '
            "permissions"
        )
    if found is None:
        service, _, name = request.action.partition(":")
        if not service or not name or set("*?") & set(request.action):
            raise RequestError(f'"{request.action}" is not an action: write service:Action, such as s3:GetObject')
        who = caller(request.principal)
        if not owner.isdigit():
            # No account in the ARN (S3), or AWS itself (arn:aws:iam::aws:policy/...): decided as in the own account.
            owner = who.account
        found = EVALUATIONS.keep(key, evaluation(who, request.action.lower(), resource, owner, policies))
    return found


def _applies(
    asked: Evaluation, candidate: Candidate, resource: str, context: RequestContext, policies: Policies
) -> bool | Residual:
    """Whether a candidate applies to the resource and context; a `Residual` where that is not known."""
    statement = candidate.statement
    principal = candidate.unsure
    if principal is not None and candidate.grants is not None:
        who = context.identified()
        if grant(statement.principals, who, bounded=asked.bounded) >= candidate.grants:
            principal = None
        elif not any(how >= candidate.grants for how in perhaps(statement.principals, who)):
            return False
    covered, why = _covered(asked, statement, resource, context)
    if covered is Truth.FALSE:
        return False
    unknown: list[Condition] = []
    for condition in statement.conditions:
        truth = condition.truth(context)
        if truth is Truth.FALSE:
            return False
        if truth is Truth.UNKNOWN:
            unknown.append(condition)
    if not unknown and covered is Truth.TRUE and principal is None:
        return True
    where = resource if covered is Truth.UNKNOWN else None
    return residual(candidate, unknown, context, policies, principal=principal, resource=where, why=why)


def _covered(asked: Evaluation, statement: Statement, resource: str, context: RequestContext) -> tuple[Truth, str]:
    """Whether a statement is about the resource, and why that is not known if not for its patterns or variables."""
    if asked.unnamed:
        return covers_a_key(statement, resource, context), WHICH_KEY
    if asked.spelled and differs_in_case(statement, resource):
        return Truth.UNKNOWN, SPELLED
    return statement.covers_resource(resource, context), ""


def _with_what_it_carries(asked: Evaluation, request: Request, context: RequestContext, answer: Decision) -> Decision:
    """Return the decision that what the request carries leaves of one that policies allow, or may allow."""
    why, certain = barred_with(asked.who, asked.action, request.context.values, context)
    if not why:
        return answer
    if certain:
        return Decision(Outcome.IMPLICIT_DENY, reason=why)
    return Decision(Outcome.OPEN, depends_on=answer.depends_on, unknown=(*answer.unknown, (PolicyType.IDENTITY, why)))


def _sure(asked: Evaluation, bits: int) -> Decision:
    """Decide when it is known which statements apply."""
    denies = bits & asked.deny
    if denies:
        return Decision(Outcome.EXPLICIT_DENY, by=_refs(asked, denies))
    if asked.permits(bits):
        return Decision(Outcome.ALLOWED, by=_refs(asked, _used(asked, bits)))
    return Decision(Outcome.IMPLICIT_DENY, missing=_missing(asked, bits), reason=asked.denied)


def _unsure(asked: Evaluation, sure: int, doubts: list[Residual]) -> Decision:
    """Decide when some statements or policies are in doubt and no Deny is certain."""
    found = outlook(asked, sure, doubts)
    perhaps = sure
    for bit in (*(each.bit for each in doubts), *(bit for bit, _, _ in asked.unknown)):
        perhaps |= bit
    if found.always:
        bits = sure if asked.permits(sure) else perhaps & ~asked.deny
        return Decision(Outcome.ALLOWED, by=_refs(asked, _used(asked, bits)))
    if found.denied:
        return Decision(Outcome.EXPLICIT_DENY, by=_refs(asked, perhaps & asked.deny))
    if found.never:
        missing = _missing(asked, perhaps & ~asked.deny) or _missing(asked, sure)
        return Decision(Outcome.IMPLICIT_DENY, missing=missing, reason=asked.denied)
    return Decision(Outcome.OPEN, depends_on=found.depends_on, unknown=found.unknown)


def _used(asked: Evaluation, bits: int) -> int:
    """Return the Allows among `bits` that the permission rests on."""
    mask = 0
    for _, level in asked.levels:
        mask |= level
    for way in asked.ways:
        if all(bits & need for _, need in way):
            for _, need in way:
                mask |= need
    return bits & mask


def _refs(asked: Evaluation, bits: int) -> tuple[StatementRef, ...]:
    return tuple(dict.fromkeys(each.ref for each in asked.candidates if each.bit & bits))


def _missing(asked: Evaluation, bits: int) -> tuple[PolicyType, ...]:
    """Return the policy types that allow nothing where an Allow is needed."""
    found = [kind for kind, mask in asked.levels if not bits & mask]
    if not any(all(bits & mask for _, mask in way) for way in asked.ways):
        found.extend(kind for kind, mask in (asked.ways[-1] if asked.ways else ()) if not bits & mask)
    return tuple(dict.fromkeys(found))
