"""Does what the call depends on exist?"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.engine.result import Result
from preflight.engine.rule import Rule
from preflight.readiness.dependency_results import existence, found_or_why_not
from preflight.readiness.step import Step


def exists(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of each resource that the rule reports whether it exists, and how many reads it took to tell."""
    found, otherwise = found_or_why_not(step, rule)
    yield from otherwise
    for reference in found:
        yield existence(step, rule, reference)
