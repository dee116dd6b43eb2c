"""Checking a plan against an account: what is behind `preflight check`, from Python.

plan = read_plan(["create-endpoint.json"])
report = check(plan, Snapshot.load("snapshot.json"))
print(report.verdict)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from typing import Any

from preflight.account.facts import Account, Known
from preflight.account.overlays.planned import deployed
from preflight.account.overlays.policy_overrides import Overrides, with_overrides
from preflight.account.overlays.vouched import with_sts_active
from preflight.account.sessions import Session, require_session
from preflight.declared.expressions import arn_part
from preflight.declared.operations import load_operation
from preflight.documents.cloudformation.sam.places import written_at
from preflight.documents.plans.plan import Plan
from preflight.documents.text.document import Document
from preflight.engine.result import Evidence, Level, Location, Report, Result, Verdict, check_verdict
from preflight.engine.rule import load_rules
from preflight.engine.run import RuleProgress, Task, run
from preflight.engine.selection import select_rules
from preflight.readiness.call_site import Settled, calling, placed, settled
from preflight.readiness.capacity.usage import in_use
from preflight.readiness.derived.accounts import accounted, coverage_of, step_without_request
from preflight.readiness.derived.deployment import deployments
from preflight.readiness.permissions.authorization import caller_facts
from preflight.readiness.references import references
from preflight.readiness.settings import CheckSettings
from preflight.readiness.step import Step, after
from preflight.thread_pool import Pool
from preflight.unresolved import DeployText

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
    settings: CheckSettings | None = None,
    progress: RuleProgress | None = None,
) -> Report:
    """Check every request of a plan by every selected rule; results are ordered by request, then by rule.

    `overrides` are policies that count in place of the principal's, `settings` what the team vouches for. Raises
    `InputError` where plan and account are not of the same AWS account, `UsageError` where the region cannot be told or
    a rule is not known.
    """
    rules = [rule for rule in load_rules(select_rules(FAMILY, select, ignore)) if rule.check or rule.check_resource]
    settings = settings or CheckSettings()
    with _reading_ahead(plan, account):
        place = settled(plan, account)
        principal = plan.principal or calling(account)
    plan = placed(plan, place)
    principal = plan.principal or principal
    require_session(settings.session, principal)
    overridden = with_overrides(account, principal, overrides or Overrides())
    facts = deployed(with_sts_active(overridden, settings.sts_active), plan, place.region)
    service_role = settings.service_role if plan.stacks else None
    acting = service_role or principal
    session = settings.session if service_role is None else Session()
    steps = list(steps_of(plan, facts, place, acting, session))
    nothing = not (plan.requests or plan.gaps) and all(each.handler == "none" for each in plan.resources)
    # A stack that somebody names is deployed whatever is in it.
    nothing = nothing and service_role is None and not any(each.named for each in plan.stacks)
    first = steps[0] if steps else step_without_request(plan, facts, place, acting, session)
    resources = [accounted(each, first, settings.allow_unchecked) for each in plan.resources]
    tasks: list[Task[Any]] = [
        Task(rule, rule.function(), step, step.location)
        for step in steps or ([] if nothing else [first])
        for rule in rules
        if rule.check and (steps or rule.once)
    ]
    tasks += [
        Task(rule, rule.resource_function(), each, each.location)
        for each in resources
        for rule in rules
        if rule.check_resource
    ]
    caller = step_without_request(plan, facts, place, principal, settings.session)
    tasks += [
        Task(rule, rule.stack_function(), each, each.location)
        for each in ([] if nothing else deployments(plan, caller, service_role))
        for rule in rules
        if rule.check_stack
    ]
    # Where facts are at hand, threads would only cost; AWS is waited for, so all that can be is asked together.
    threads = _THREADS if account.waits else 1
    results = located(run(tasks, threads=threads, progress=progress), plan)
    about = {"region": place.region, "account": place.account, "principal": principal}
    known = {name: value for name, value in about.items() if value is not None}
    covered = coverage_of(resources, Counter(request.operation for request in plan.requests if not request.name))
    verdict = Verdict.READY if nothing else check_verdict(results, fail_on)
    return Report(verdict, results, known, settings.vouched(), covered)


@contextmanager
def _reading_ahead(plan: Plan, account: Account) -> Iterator[None]:
    """Let AWS be asked for what the checks will need while it is found out whose account this is and who calls.

    What is read is remembered by the account, whatever becomes of it here: the checks ask again, and tell.
    """
    home = account.home_region()
    region = plan.region or (home.value if isinstance(home, Known) else None)
    if not account.waits or region is None:
        yield
        return
    presumed = Settled(region, plan.account or arn_part(plan.principal, "account") or "", account.partition)
    works: list[Callable[[], object]] = []
    for step in steps_of(plan, deployed(account, plan, region), presumed, plan.principal):
        works.append(partial(references, step))
        if step.operation.declared.get("quotas"):
            works.append(partial(in_use, step))
        if plan.principal is not None:
            works.append(partial(caller_facts, step))
    ahead = Pool(len(works))
    try:
        for work in works:
            ahead.submit(partial(copy_context().run, _quietly, work))
        yield
    finally:
        ahead.close()


def _quietly(work: Callable[[], object]) -> None:
    with suppress(Exception):
        work()


def steps_of(
    plan: Plan, account: Account, place: Settled, principal: str | None, session: Session | None = None
) -> Iterator[Step]:
    """Give each request with the account as the requests before it leave it."""
    session = session or Session()
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
            session=session,
        )
        yield step
        account = after(step)


def located(results: Sequence[Result], plan: Plan) -> tuple[Result, ...]:
    """Return results with line and column: of the place itself, or of the nearest that is around it.

    What is known by shape only is written as people read it.
    """
    held = [each.document for each in plan.requests] + [each.document for each in plan.gaps]
    held += [each.document for each in plan.resources]
    documents = {document.path: document for document in held}
    # Results of one resource stand at one place: most places are looked up once for many.
    lined: dict[Location, Location] = {}
    for location in {result.location for result in results if result.location is not None}:
        lined[location] = _lined(location, documents)
    return tuple(_spoken(each, None if each.location is None else lined[each.location]) for each in results)


def _spoken(result: Result, location: Location | None) -> Result:
    resource = "" if result.need is None else result.need.resource
    if all(text.isascii() for text in (result.message, result.subject, result.remedy, resource)):
        return result if location is None else replace(result, location=location)
    evidence = tuple(
        Evidence(DeployText(each.policy).shown, DeployText(each.statement).shown) for each in result.evidence
    )
    return replace(
        result,
        message=DeployText(result.message).shown,
        subject=DeployText(result.subject).shown,
        location=location,
        remedy=DeployText(result.remedy).shown,
        evidence=evidence,
        need=None if result.need is None else replace(result.need, resource=DeployText(result.need.resource).shown),
    )


def _lined(location: Location, documents: Mapping[str, Document]) -> Location:
    document = documents.get(location.path)
    pointer = location.pointer
    while document is not None:
        for each in (pointer, *written_at(document.value, pointer)):
            found = document.position(each)
            if found is not None:
                return Location(location.path, location.pointer if each == pointer else each, found[0], found[1])
        if not pointer:
            break
        pointer = pointer.rpartition("/")[0]
    return location
