"""PRE401 and PRE402: does what the request names exist? And what every check of a dependency shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from preflight.account.facts import Absent, Known, Unknown
from preflight.declared.expressions import evaluate
from preflight.declared.operations import Operation
from preflight.declared.resource_kinds import load_kind
from preflight.engine.result import Kind, Level, Location, Result
from preflight.engine.rule import Rule
from preflight.json_pointer import escape
from preflight.readiness.references import Reference, references, reported
from preflight.readiness.step import Step
from preflight.readiness.wording import subject
from preflight.sentence import sentence
from preflight.unresolved import DeployText, resolution


def existence(step: Step, rule: Rule, reference: Reference) -> Result:
    """Say whether one resource exists."""
    what, fact = f"{reference.label} ({reference.via})", reference.fact
    if reference.planned:
        maker = "the plan" if by_plan(step, reference) else "an earlier request in the plan"
        return said(step, rule, reference, Kind.PASS, f"{what} is created by {maker}")
    if reference.same_region and reference.region not in ("", step.region):
        message = f"{what} is in {reference.region}; it must be in {step.region}"
        return said(step, rule, reference, Kind.FAIL, message, f"Use one in {step.region}.")
    if isinstance(fact, Unknown):
        return not_known(step, rule, reference)
    if isinstance(fact, Absent):
        noun = load_kind(reference.kind).label
        article = "an" if noun[0] in "aeiou" else "a"
        region = reference.region or step.region
        return said(
            step,
            rule,
            reference,
            Kind.FAIL,
            f"{what} does not exist in account {step.account_id} in {region}{after_reads(fact.reads)}",
            f"Name {article} {noun} that exists, or remove the call: there is nothing to delete."
            if step.operation.effect == "delete" and reference.kind == step.operation.declared["resource"]
            else f"Create it first (the same plan can do it), or use {article} {noun} that exists.",
        )
    return said(step, rule, reference, Kind.PASS, f"{what} exists{after_reads(fact.reads)}")


def by_plan(step: Step, reference: Reference) -> bool:
    """Say whether a resource that is planned is made beside the requests, rather than by one of them."""
    return any(each.kind == reference.kind for each in step.plan.declared)


def found_or_why_not(step: Step, rule: Rule) -> tuple[list[Reference], list[Result]]:
    """Return the references that a rule reports for this step, or the result that says why there is none.

    There is none because the request relies on nothing of the kind (notApplicable), because what would name it could
    not be read (open), or because an earlier request in the plan answers for it (no result at all).
    """
    found = reported(step, rule.id)
    if found or any(each.rule == rule.id for each in references(step)):
        return found, []
    if rule.id not in leads_to_from(step.operation):
        return [], []
    unread = next((each for each in references(step) if _hides(step, rule, each)), None)
    if unread is None:
        why = f"{step.operation.id} has no such dependency here"
        return [], [rule.result(Kind.NOT_APPLICABLE, why, subject=subject(step), location=step.location)]
    fact = unread.fact
    state = "does not exist" if isinstance(fact, Absent) else f"cannot be read: {fact.reason}"  # type: ignore[union-attr]
    message = f"what the request relies on depends on {unread.label}, which {state}"
    remedy = fact.remedy if isinstance(fact, Unknown) else "Create it, or use one that exists."
    return [], [rule.result(Kind.OPEN, message, subject=subject(step), location=step.location, remedy=remedy)]


def said(
    step: Step,
    rule: Rule,
    reference: Reference,
    kind: Kind,
    message: str,
    remedy: str = "",
    level: Level | None = None,
) -> Result:
    """Return a result about a reference, at the place in the request that names it, if it is the request that does."""
    return rule.result(
        kind,
        message,
        subject=reference.arn(step),
        location=place_of(step, reference),
        remedy=remedy,
        level=level or rule.level,
    )


def not_known(step: Step, rule: Rule, reference: Reference) -> Result:
    """Say that a resource could not be read, and what would settle it."""
    fact = reference.fact
    reason, remedy = (fact.reason, fact.remedy) if isinstance(fact, Unknown) else ("", "")
    message = f"{reference.label} ({reference.via}) cannot be read: {reason}"
    return said(step, rule, reference, Kind.OPEN, message, remedy)


def faults(step: Step, rule: Rule) -> Iterator[Result]:
    """Give what AWS documents that it refuses of the described shapes, as `rules/resources/` declares it (`faults`)."""
    operation = step.operation
    described: list[tuple[str, Mapping[str, Any], str]] = [
        (each.kind, each.fact.value, each.arn(step))
        for each in references(step)
        if isinstance(each.fact, Known) and isinstance(each.fact.value, Mapping) and not (each.planned or each.covered)
    ]
    if operation.effect != "delete":
        described.insert(0, (operation.kind.id, step.described, subject(step)))
    for kind, value, about in described:
        for fault in load_kind(kind).section("faults") or ():
            if fault["rule"] != rule.id:
                continue
            for found in evaluate(fault["each"], step.place.values(value)) or ():
                if unknown := DeployText.partial(found):
                    yield rule.result(
                        Kind.OPEN,
                        f"`{found}` is not known before deployment: {fault['says']}",
                        subject=about,
                        location=_place(step, lambda text, found=found: text == found),
                        remedy=sentence(resolution(unknown.labels)),
                    )
                    continue
                yield rule.result(
                    Kind(fault.get("kind", "fail")),
                    f"`{found}`: {fault['says']}",
                    subject=about,
                    location=_place(step, lambda text, found=found: text == found),
                    remedy=fault["remedy"],
                )


def place_of(step: Step, reference: Reference) -> Location:
    """Return where the request itself names a resource; the whole request where something else names it."""
    values = list(reference.key.values())
    if len(values) == 1:
        return _place(step, lambda text: text == values[0])
    return _place(step, lambda text: all(value in text for value in values if value != "latest"), values)


def after_reads(reads: int) -> str:
    """Say how many reads it took, where it was more than one."""
    return "" if reads == 1 else f" (after {reads} reads)"


def leads_to_from(operation: Operation) -> frozenset[str]:
    """Return the rules that report what an operation may rely on, directly or through what it names."""
    own = [] if operation.effect == "delete" else [operation.kind.id]
    direct = operation.declared.get("references", ())
    through = frozenset(rule for kind in own for rule in leads_to(kind))
    return through | {entry["rule"] for entry in direct}


@cache
def leads_to(kind: str) -> frozenset[str]:
    """Return the rules that report what a resource of a kind names, directly or through others."""
    rules: set[str] = set()
    seen, waiting = {kind}, [kind]
    while waiting:
        for entry in load_kind(waiting.pop()).section("references") or ():
            if not entry.get("incidental"):
                rules.add(entry["rule"])
            if entry["to"] not in seen:
                seen.add(entry["to"])
                waiting.append(entry["to"])
    return frozenset(rules)


def _hides(step: Step, rule: Rule, reference: Reference) -> bool:
    """Say whether a resource that could not be read may name what a rule reports."""
    own = reference.kind == step.operation.kind.id
    return not own and not isinstance(reference.fact, Known) and rule.id in leads_to(reference.kind)


def _place(step: Step, is_it: Any, parts_of: Sequence[str] = ()) -> Location:
    """Return where a text stands in a request, or the object that has all the parts of what is named as members."""

    def search(value: Any, pointer: str) -> str | None:
        if isinstance(value, str):
            return pointer if is_it(value) else None
        if isinstance(value, Mapping):
            members = [each for each in value.values() if isinstance(each, str)]
            if parts_of and all(each in members for each in parts_of):
                return pointer
            parts = ((escape(str(name)), each) for name, each in value.items())
        elif isinstance(value, list):
            parts = ((str(index), each) for index, each in enumerate(value))
        else:
            return None
        return next((at for name, each in parts if (at := search(each, f"{pointer}/{name}")) is not None), None)

    pointer = search(step.request.parameters, "")
    return Location(step.request.document.path, step.request.pointer + (pointer or ""))
