"""Decisions where a resource, or a policy, is known by shape only: allowed whatever it will be, never, or for some.

Of the policies, what is not known is taken twice: once so that as little as may be is allowed, and once so that as much
as may be is. What is allowed by the least is allowed; what is not by the most is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from preflight.engine.result import Kind, Level, Location, Result
from preflight.engine.rule import Rule
from preflight.iam.conditions import Condition
from preflight.iam.decide import RequestError, decide
from preflight.iam.decision import Outcome
from preflight.iam.pattern import Extent
from preflight.iam.policy import Policy
from preflight.iam.request import Policies, Request
from preflight.iam.resource_sets import Spread, decide_all
from preflight.iam.statement import Principals, Statement, resource_patterns
from preflight.iam.wildcard import matcher, tokens
from preflight.readiness.permissions.decision_results import Matter, result_of
from preflight.sentence import sentence
from preflight.unresolved import DeployText, resolution

# Stands for a star that is part of a resource's name, where a star in a pattern would stand for anything.
_STAR = "\u2217"


def judged(
    rule: Rule,
    matter: Matter,
    request: Request,
    policies: Policies,
    *,
    location: Location | None,
    level: Level | None = None,
) -> Result:
    """Decide a request and return a rule's result: pass where it is allowed whatever is not known, fail where never."""
    open_policies = any(map(_is_open, _written(policies)))
    if not DeployText.partial(request.resource) and not open_policies:
        return result_of(rule, matter, decide(request, policies), location=location, level=level)
    least = _spread(request, _bounded(policies, request, most=False) if open_policies else policies)
    most = _spread(request, _bounded(policies, request, most=True)) if open_policies else least
    every = " (whatever it will be)" if DeployText.partial(request.resource) else ""
    if least is not None and least.extent is Extent.ALL:
        found = result_of(rule, matter, least.examples[0][1], location=location, level=level)
        return replace(found, message=f"{found.message}{every}")
    if most is not None and most.extent is Extent.NONE:
        return result_of(rule, matter, most.examples[0][1], location=location, level=level)
    undecided = [
        decision
        for spread in (most, least)
        for _, decision in (spread.examples if spread is not None and spread.extent is None else ())
        if decision.outcome is Outcome.OPEN
    ]
    if undecided:
        return result_of(rule, matter, undecided[0], location=location, level=level)
    return _hangs(rule, matter, request, policies, least, location, level)


def _hangs(
    rule: Rule,
    matter: Matter,
    request: Request,
    policies: Policies,
    least: Spread | None,
    location: Location | None,
    level: Level | None,
) -> Result:
    labels = dict.fromkeys(DeployText(request.resource).labels)
    by: dict[Outcome, str] = {}
    for name, decision in least.examples if least is not None else ():
        by.setdefault(decision.outcome, DeployText(name.replace(_STAR, "*")).shown)
    denied = by.get(Outcome.EXPLICIT_DENY) or by.get(Outcome.IMPLICIT_DENY)
    examples = ""
    if Outcome.ALLOWED in by and denied:
        examples = f" (allowed on {by[Outcome.ALLOWED]}, not on {denied})"
    if not examples:
        texts = [text for policy in _written(policies) for text in _open_texts(policy)]
        labels |= dict.fromkeys(label for text in texts for label in DeployText(text).labels)
    said = resolution(labels)
    return rule.result(
        Kind.OPEN,
        f"Can't determine whether {matter.name} is allowed {matter.sentence}: "
        f"it depends on {', '.join(labels)}{examples}",
        subject=matter.resource,
        location=location,
        remedy=f"{sentence(f'{said}; or allow it for any value:')}\n{matter.statement}"
        if _worth(request)
        else sentence(said),
        level=level,
    )


def _worth(request: Request) -> bool:
    """Say whether all that a resource may be is worth allowing: to pass any role whatever is not."""
    name = (
        re.split("[/:]", DeployText(request.resource).known_parts[0])[-1] if request.resource.startswith("arn:") else ""
    )
    return bool(name) or (request.resource.startswith("arn:") and request.action != "iam:PassRole")


def _spread(request: Request, policies: Policies) -> Spread | None:
    """Return the decisions over everything that a resource may turn out to be; None where nothing of it is known."""
    if not DeployText.partial(request.resource):
        decision = decide(request, policies)
        extents = {Outcome.ALLOWED: Extent.ALL, Outcome.EXPLICIT_DENY: Extent.NONE, Outcome.IMPLICIT_DENY: Extent.NONE}
        return Spread(extents.get(decision.outcome), ((request.resource, decision),))
    pattern = _family(request.resource)
    # The unknown parts of a key of S3, or of a repository's name, may hold slashes; no other name does.
    barred = "" if request.action.partition(":")[0] in ("s3", "ecr", "logs") else ":/"
    try:
        return decide_all(replace(request, resource=pattern), policies, barred=barred)
    except RequestError:
        return None


def _family(resource: str) -> str:
    return DeployText(resource.replace("*", _STAR).replace("?", _STAR)).pattern


def _written(policies: Policies) -> Iterator[Policy]:
    """Give the policies that may be a template's own."""
    yield from policies.identity
    yield from policies.boundaries
    if policies.resource is not None:
        yield policies.resource


@lru_cache(maxsize=4096)
def _is_open(policy: Policy) -> bool:
    return next(_open_texts(policy), None) is not None


def _open_texts(policy: Policy) -> Iterator[str]:
    for statement in policy.statements:
        texts = [*(statement.resources.texts if statement.resources is not None else ())]
        texts += [value for condition in statement.conditions for value in condition.values]
        texts += [value for _, value in statement.principals.entries] if statement.principals is not None else []
        yield from filter(DeployText.partial, texts)


def _bounded(policies: Policies, request: Request, *, most: bool) -> Policies:
    def bounded(policy: Policy) -> Policy:
        if not _is_open(policy):
            return policy
        found = (_statement(each, request, policy.version, grow=most == each.allows) for each in policy.statements)
        return Policy(policy.name, policy.version, tuple(each for each in found if each is not None))

    return replace(
        policies,
        identity=tuple(map(bounded, policies.identity)),
        boundaries=tuple(map(bounded, policies.boundaries)),
        resource=None if policies.resource is None else bounded(policies.resource),
    )


def _statement(statement: Statement, request: Request, version: str, *, grow: bool) -> Statement | None:
    """Return a statement that is about as much as it may be (`grow`), or as little; None where it is about nothing."""
    if any(map(_open_condition, statement.conditions)):
        if not grow:
            return None
        kept = tuple(each for each in statement.conditions if not _open_condition(each))
        statement = replace(statement, conditions=kept)
    if statement.principals is not None:
        principals = _principals(statement.principals, request.principal, grow=grow)
        if not principals.entries:
            return None
        statement = replace(statement, principals=principals)
    patterns = statement.resources
    if patterns is None or not any(map(DeployText.partial, patterns.texts)):
        return statement
    texts = []
    for text in patterns.texts:
        if not DeployText.partial(text):
            texts.append(text)
        elif matcher(tokens(text))(request.resource):
            # The same unknown parts in both: it matches whatever they will be.
            texts.append(_family(request.resource))
        elif grow != patterns.negated and not _apart(text, request.resource):
            texts.append(DeployText(text).pattern.replace("?*", "*"))
    if not texts:
        return (
            replace(statement, resources=resource_patterns(["*"], version, negated=False)) if patterns.negated else None
        )
    return replace(statement, resources=resource_patterns(texts, version, negated=patterns.negated))


def _apart(text: str, resource: str) -> bool:
    """Say whether a pattern cannot match a resource since they begin alike, unknown parts and all, and then differ."""
    rest = DeployText(text).known_parts[-1]
    head = text.removesuffix(rest)
    if "*" in head or "?" in head or not resource.startswith(head) or DeployText.partial(resource[len(head) :]):
        return False
    return not matcher(tokens(rest))(resource[len(head) :])


def _open_condition(condition: Condition) -> bool:
    return any(map(DeployText.partial, condition.values))


def _principals(principals: Principals, principal: str, *, grow: bool) -> Principals:
    entries = []
    for kind, value in principals.entries:
        if not DeployText.partial(value) or value == principal:
            entries.append((kind, value))
        elif grow != principals.negated:
            entries.append(("AWS", "*"))
    return Principals(tuple(entries), principals.negated)
