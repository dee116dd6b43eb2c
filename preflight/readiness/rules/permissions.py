"""May the principal make the calls, and pass the roles?"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.readiness.permissions.authorization import NeededPermission, _cannot_tell, _judge, needs, required
from preflight.readiness.step import Step


def allowed(step: Step, rule: Rule) -> Iterator[Result]:
    """Give one result for each action and resource of the permissions that `rule` reports, nothing if there is none."""
    for permission in required(step):
        if permission.rule != rule.id:
            continue
        for target in permission.on:
            for need in needs(step, permission, target):
                if isinstance(need, NeededPermission):
                    yield _judge(step, rule, need)
                else:
                    yield _cannot_tell(step, rule, permission, need)


def passed(step: Step, rule: Rule) -> Iterator[Result]:
    """Give the results of PRE122, or say that the call passes no role."""
    found = list(allowed(step, rule))
    yield from found
    if not found:
        yield rule.result(Kind.NOT_APPLICABLE, f"{step.operation.id} passes no role here", location=step.location)
