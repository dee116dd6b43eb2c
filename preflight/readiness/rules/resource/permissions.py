"""PRE110 and PRE122 for resources and calls of which no operation is declared: what they need is derived."""

from __future__ import annotations

from collections.abc import Iterator

from preflight.engine.result import Result
from preflight.engine.rule import Rule
from preflight.readiness.derived.accounts import ResourceStep
from preflight.readiness.derived.decisions import results_of


def allowed(each: ResourceStep, rule: Rule) -> Iterator[Result]:
    """Give one result for each action and resource that is needed, and for what may be needed and is not allowed."""
    return results_of(each, rule)


def passed(each: ResourceStep, rule: Rule) -> Iterator[Result]:
    """Give the results of the roles that a resource passes to services."""
    return results_of(each, rule)
