"""Checking a plan against an account: what is behind `preflight check`, from Python.

plan = read_plan(["create-endpoint.json"])
report = check(plan, Snapshot.load("snapshot.json"))
print(report.verdict)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from contextvars import copy_context
from dataclasses import replace
from functools import partial

from preflight.account.facts import Account
from preflight.account.live_pool import Pool
from preflight.account.overrides import Overrides, with_overrides
from preflight.account.snapshot import Snapshot
from preflight.documents.document import Document
from preflight.documents.plan import Plan
from preflight.engine.operation import load_operation
from preflight.engine.result import Level, Location, Report, Result, check_verdict
from preflight.engine.rule import load_rules
from preflight.engine.run import Progress, Task, run
from preflight.engine.select import select_rules
from preflight.readiness.planned import after
from preflight.readiness.references import references
from preflight.readiness.settled import Settled, calling, settled
from preflight.readiness.step import Step

FAMILY = "readiness"
_THREADS = 64


def check(
    plan: Plan,
    account: Account,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    fail_on: Level = Level.ERROR,
    overrides: Overrides | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check every request of a plan by every selected rule; results are ordered by request, then by rule.

    `overrides` are policies that count in place of the principal's. Raises `InputError` where plan and account are not
    of the same AWS account, `UsageError` where the region cannot be told or a rule is not known.
    """
    rules = [rule for rule in load_rules(select_rules(FAMILY, select, ignore)) if rule.check is not None]
    place = settled(plan, account)
    principal = plan.principal or _calling(plan, account, place)
    facts = with_overrides(account, principal, overrides or Overrides())
    steps = list(_steps(plan, facts, place, principal))
    tasks = [Task(rule, rule.function(), step, step.location) for step in steps for rule in rules]
    # A snapshot answers at once, so threads would only cost; AWS is waited for, so all that can be is asked together.
    threads = 1 if isinstance(account, Snapshot) else _THREADS
    results = _located(run(tasks, threads=threads, progress=progress), plan)
    about = {"region": place.region, "account": place.account, "principal": principal}
    known = {name: value for name, value in about.items() if value is not None}
    return Report(check_verdict(results, fail_on), results, known)


def _calling(plan: Plan, account: Account, place: Settled) -> str | None:
    """Find out who calls. Meanwhile what the requests rely on is read, which takes as long and hangs on nobody."""
    if isinstance(account, Snapshot):
        return calling(account)
    ahead = Pool(len(plan.requests))
    try:
        for step in _steps(plan, account, place, None):
            ahead.submit(partial(copy_context().run, _read_ahead, step))
        return calling(account)
    finally:
        ahead.close()


def _read_ahead(step: Step) -> None:
    # What goes wrong here goes wrong again in the checks, which tell.
    with suppress(Exception):
        references(step)


def _steps(plan: Plan, account: Account, place: Settled, principal: str | None) -> Iterator[Step]:
    """Give each request with the account as the requests before it leave it."""
    for request in plan.requests:
        step = Step(
            plan=plan,
            request=request,
            operation=load_operation(request.operation),
            account=account,
            region=place.region,
            account_id=place.account,
            partition=place.partition,
            principal=principal,
        )
        yield step
        account = after(step)


def _located(results: Sequence[Result], plan: Plan) -> tuple[Result, ...]:
    """Return the results with line and column: of the place itself, or of the nearest that is around it."""
    documents = {request.document.path: request.document for request in plan.requests}
    return tuple(
        result if result.location is None else replace(result, location=_lined(result.location, documents))
        for result in results
    )


def _lined(location: Location, documents: Mapping[str, Document]) -> Location:
    document = documents.get(location.path)
    pointer = location.pointer
    while document is not None:
        found = document.position(pointer)
        if found is not None:
            return replace(location, line=found[0], column=found[1])
        if not pointer:
            break
        pointer = pointer.rpartition("/")[0]
    return location
