"""PRE110 and PRE122 of the deploy itself: may who deploys a stack make the calls, and pass its service role?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from preflight.engine.result import Kind, Level, Result
from preflight.engine.rule import Rule
from preflight.readiness.derived.decisions import results_of
from preflight.readiness.derived.deployment import StackStep


def allowed(each: StackStep, rule: Rule) -> Iterator[Result]:
    """Say whether the calls of one way to deploy the stack are allowed. Where it is not said who deploys it, what is
    certainly not allowed is a warning, and what can't be told is no more than that.
    """
    subject, where = each.stack.name, each.location
    if each.note:
        message = f"the calls that deploy {subject} aren't checked: {each.note}"
        yield rule.result(Kind.NOT_APPLICABLE, message, subject=subject, location=where)
        return
    for beside in each.beside:
        yield from results_of(beside, rule)
    found = _way(each, rule)
    if each.asked or {result.kind for result in found} <= {Kind.PASS, Kind.NOT_APPLICABLE}:
        yield from found
    elif Kind.FAIL in {result.kind for result in found}:
        yield from (replace(result, level=Level.WARNING) for result in found if result.kind is Kind.FAIL)
    else:
        first = next(result for result in found if result.kind is Kind.OPEN)
        say = "--stack-name NAME and --service-role ARN describe the deployment"
        yield replace(first, kind=Kind.NOT_APPLICABLE, message=f"{first.message}; {say}", remedy="")


def _way(each: StackStep, rule: Rule) -> list[Result]:
    """Return the results of the first way that is allowed, else of the first that may be, else of the first."""
    every = [list(results_of(way, rule)) for way in each.ways]
    for bad in ({Kind.FAIL, Kind.OPEN}, {Kind.FAIL}):
        for found in every:
            if not bad & {result.kind for result in found}:
                return found
    return every[0] if every else []


def passed(each: StackStep, rule: Rule) -> Iterator[Result]:
    """Give the result of passing the stack's service role to CloudFormation."""
    for way in each.ways[:1]:
        found = list(results_of(way, rule))
        yield from found if each.asked else [_mild(result) for result in found]


def _mild(result: Result) -> Result:
    return replace(result, level=Level.WARNING) if result.kind is Kind.FAIL else result
