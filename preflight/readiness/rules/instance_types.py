"""PRE505: does the region offer the instance types?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from preflight.account.facts import Absent, Ask, Known, Unknown
from preflight.declared.resource_kinds import load_kind
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.readiness.dependency_results import found_or_why_not, place_of
from preflight.readiness.references import Reference
from preflight.readiness.step import Step
from preflight.readiness.wording import subject


def types_offered(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of each instance type whether it is among those that are known to be offered in the region."""
    found, otherwise = found_or_why_not(step, rule)
    yield from otherwise
    for reference in found:
        yield _offered(step, rule, reference)


def _offered(step: Step, rule: Rule, reference: Reference) -> Result:
    name, fact = reference.name, reference.fact

    def result(kind: Kind, message: str, remedy: str = "") -> Result:
        place = place_of(step, reference)
        return rule.result(kind, message, subject=subject(step), location=place, remedy=remedy)

    if isinstance(fact, Known) or name in _by_quota(step, reference):
        return result(Kind.PASS, f"{name} ({reference.via}) is offered in {step.region}")
    if isinstance(fact, Unknown):
        return result(
            Kind.OPEN,
            f"Can't determine whether {name} is offered in {step.region}: {fact.reason}",
            fact.remedy,
        )
    listed = step.account.read(Ask.all(reference.kind, step.region))
    offered = listed.value if isinstance(listed, Known) else []
    if not offered:
        message = f"Can't determine whether {name} is offered in {step.region}: no instance type is listed"
        return result(Kind.OPEN, message, "Look it up on https://aws.amazon.com/sagemaker/ai/pricing/.")
    from difflib import get_close_matches

    near = get_close_matches(name, offered, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    because = f": {fact.detail}" if isinstance(fact, Absent) and fact.detail else ""
    return result(
        Kind.FAIL,
        f"{name} ({reference.via}) is not among the {len(offered)} instance types listed in {step.region}{because}",
        f"{hint}Use a type that the region offers, or another region.",
    )


def _by_quota(step: Step, reference: Reference) -> list[str]:
    """Return the types that have a quota in the region: where nothing lists the types, that tells of some."""
    if not isinstance(reference.fact, Unknown):
        return []
    derived = load_kind(reference.kind).section("read").get("derived", {})
    fact = step.account.read(Ask.all(derived["from"], step.region, **derived["scope"]))
    entries = fact.value if isinstance(fact, Known) else []
    matches = (re.fullmatch(derived["pattern"], str(entry.get(derived["member"], ""))) for entry in entries)
    return [match[1] for match in matches if match]
