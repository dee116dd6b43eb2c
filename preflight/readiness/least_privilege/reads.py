"""What preflight itself must be allowed to check a plan: the reads that its checks make, as the kinds declare them.

The checks are run on the facts that there are, and every question that they ask is noted. What a resource leads to that
is not known is given by pattern: which kinds those can be is declared too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from preflight import catalog
from preflight.account.facts import Account, Ask, Fact, Known, Unknown
from preflight.account.overlays.overlay import Over
from preflight.account.overlays.planned import deployed
from preflight.account.sessions import Session
from preflight.declared.expressions import evaluate, fill
from preflight.declared.operations import Environment
from preflight.declared.resource_kinds import ResourceKind, load_kind
from preflight.declared.stack_data import stack_type
from preflight.documents.plans.plan import Plan
from preflight.documents.plans.planned_request import require_readable
from preflight.engine.result import Result
from preflight.engine.rule import load_rules
from preflight.engine.selection import select_rules
from preflight.iam.statement import resource_patterns
from preflight.readiness.call_site import calling, placed, settled
from preflight.readiness.check import FAMILY, steps_of
from preflight.readiness.derived.accounts import accounted, step_without_request
from preflight.readiness.derived.deployment import deployments
from preflight.readiness.least_privilege.grants import Doubt, Grant
from preflight.readiness.least_privilege.narrowing import exactly
from preflight.readiness.permissions.authorization import unresolved
from preflight.readiness.references import described_arn
from preflight.readiness.step import Step


class _Noted(Over):
    """An account that notes what it is asked, and what it answered."""

    def __init__(self, below: Account) -> None:
        super().__init__(below)
        self.asked: dict[Ask, Fact[Any]] = {}

    def read_many(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        facts = self._below.read_many(asks)
        self.asked.update(zip(asks, facts, strict=True))
        return facts


def reads_of(plan: Plan, account: Account) -> tuple[list[Grant], list[Doubt]]:
    """Return what preflight reads to check a plan and make it, each action on resources as narrow as AWS allows.

    A doubt is about reads that cannot be told at all. Raises as `needed_by` does.
    """
    settled_place = settled(plan, account)
    place = Environment(settled_place.partition, settled_place.region, settled_place.account)
    noted = _Noted(account)
    plan = placed(plan, settled_place)
    require_readable(plan)
    principal = plan.principal or calling(noted)
    rules = load_rules(select_rules(FAMILY, (), ()))
    own: list[Grant] = []
    facts = deployed(noted, plan, settled_place.region)
    for step in steps_of(plan, facts, settled_place, principal):
        own += _of_create(step, place)
        _asked_by(rule.function()(step, rule) for rule in rules if rule.check)
    first = step_without_request(plan, facts, settled_place, principal, Session())
    for each in [accounted(resource, first) for resource in plan.resources]:
        _asked_by(rule.resource_function()(each, rule) for rule in rules if rule.check_resource)
    for stack in deployments(plan, first, None):
        _asked_by(rule.stack_function()(stack, rule) for rule in rules if rule.check_stack)
    doubts = []
    if principal is None:
        doubts.append(Doubt("whose policies are read is not known, so the reads of IAM for the caller are left out",
                            "Name the role or user with --principal ARN"))  # fmt: skip
    grants = dict.fromkeys(grant for ask, fact in noted.asked.items() for grant in _asked(ask, fact, place))
    return list(_without_covered(dict.fromkeys([*grants, *own]))), doubts


def _asked_by(checks: Iterable[Iterable[Result]]) -> None:
    """Run checks for what they ask."""
    for check in checks:
        for _ in check:
            pass


def _of_create(step: Step, place: Environment) -> Iterator[Grant]:
    """Give what `preflight create` reads beside what checks do: the tags of what it may have created before, and what
    may use by the time of a rollback what it creates.
    """
    kind, key = step.operation.kind, step.operation.key(step.request.parameters)
    tags = kind.section("tags")
    if tags is not None and key is not None and step.operation.effect == "create":
        yield from _on(kind, tags["permission"], _arns(kind, key, place))
    for user in map(load_kind, step.operation.call.kept_for if step.operation.effect == "create" else ()):
        yield from _lists(user, {}, place)
        yield from _reads(user, None, None, place)


def _asked(ask: Ask, fact: Fact[Any], place: Environment) -> Iterator[Grant]:
    kind, key = load_kind(ask.kind), dict(ask.key)
    here = Environment(place.partition, ask.region or place.region, place.account)
    if key and kind.identifies(key):
        # Of a role's name or a key's alias only what is described tells the ARN; without that it may be any.
        described = described_arn(kind, fact) or _own_arn(fact)
        known = described is not None or not unresolved(kind, key)
        yield from _reads(kind, key if known else None, described, here)
    else:
        yield from _lists(kind, key, here)
    if kind.id == "cloudcontrol:resource" and "TypeName" in key:
        yield from _by_handler(key["TypeName"])
    if isinstance(fact, Unknown):
        for each in _reachable(kind, followed=ask.expected):
            yield from _reads(each, None, None, here)


def _by_handler(type_name: str) -> Iterator[Grant]:
    """Give what the handler of a type reads it by, of the type's own service: Cloud Control API calls it with the
    caller's credentials (https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/security.html).
    """
    known = stack_type(type_name)
    listed = [each.action for each in known.listed("read")] if known else []
    core = known.core("create") if known else None
    prefix = (core or next(iter(listed), "")).partition(":")[0]
    for action in listed:
        service, _, name = action.partition(":")
        if service == prefix and catalog.action(service, name) is not None:
            yield Grant(action, "*", (), ("Read", "WhatHasNoArn"))


def _own_arn(fact: Fact[Any]) -> str | None:
    return fact.value.get("Arn") if isinstance(fact, Known) and isinstance(fact.value, Mapping) else None


def _reads(
    kind: ResourceKind, key: Mapping[str, str] | None, described: str | None, place: Environment
) -> Iterator[Grant]:
    """Give what reading one resource takes; any resource of the kind without a key."""
    read: Mapping[str, Any] = kind.section("read") or {}
    arns = [exactly(described)] if described else _arns(kind, key, place)
    if "one" in read:
        variants = read["one"] if isinstance(read["one"], list) else [read["one"]]
        if key is not None:
            variants = [next(each for each in variants if "when" not in each or evaluate(each["when"], key))]
        for variant in variants:
            yield from _calls(kind, variant, key, arns, place)
        if kind.ignores_case and "all" in read:
            yield from _calls(kind, read["all"], None, arns, place)
    elif "all" in read and "python" not in read:
        yield from _calls(kind, read["all"], None, arns, place)
    else:
        yield from _indirect(kind, arns, place)


def _lists(kind: ResourceKind, scope: Mapping[str, str], place: Environment) -> Iterator[Grant]:
    """Give what listing a kind takes, and reading whatever the list turns out to hold."""
    read: Mapping[str, Any] = kind.section("read") or {}
    if "python" in read or "derived" in read:
        yield from _indirect(kind, _arns(kind, None, place), place)
    elif "all" in read:
        yield from _calls(kind, read["all"], scope, _arns(kind, None, place), place)
        usage = kind.section("usage") or {}
        followed = {source["from"]["kind"] for source in (usage, usage.get("pending", {})) if "from" in source}
        for each in (kind, *map(load_kind, sorted(followed))) if "one" in read and usage else ():
            yield from _reads(each, None, None, place)


def _indirect(kind: ResourceKind, arns: Iterable[str], place: Environment) -> Iterator[Grant]:
    """Give what reads take that are Python's, or that are found in the names of other resources."""
    read: Mapping[str, Any] = kind.section("read") or {}
    for action in read.get("permissions", ()):
        yield from _on(kind, action, arns)
    if "derived" in read:
        sources = (read["derived"]["from"], read["derived"].get("complete-by"))
        for source in sources:
            if source is not None:
                yield from _lists(load_kind(source), {}, place)


def _calls(
    kind: ResourceKind, spec: Mapping[str, Any], key: Mapping[str, str] | None, arns: Iterable[str], place: Environment
) -> Iterator[Grant]:
    on = list(arns)
    if "resource" in spec:
        values = _values(kind, key)
        on = [fill(spec["resource"], place.values(values)) or "*"]
    yield from _on(kind, spec["permission"], on)
    if "otherwise" in spec:
        yield from _calls(kind, spec["otherwise"], key, arns, place)


def _on(kind: ResourceKind, action: str, arns: Iterable[str]) -> Iterator[Grant]:
    service, _, name = action.partition(":")
    known = catalog.action(service, name)
    purpose = "".join(word.capitalize() for word in kind.id.partition(":")[2].split("-"))
    for arn in arns if known is None or known.resources else ("*",):
        yield Grant(action, arn, (), ("Read", "WhatHasNoArn" if arn == "*" else purpose))


def _arns(kind: ResourceKind, key: Mapping[str, str] | None, place: Environment) -> list[str]:
    """Return the ARN of a resource, or patterns for any of the kind; `*` for a kind without ARNs."""
    if key is None and (templates := kind.section("arn-of-any")):
        return [found for each in templates if (found := fill(each, place.values({})))]
    found = kind.arn(_values(kind, key), partition=place.partition, region=place.region, account=place.account)
    return [found or "*"]


def _values(kind: ResourceKind, key: Mapping[str, str] | None) -> dict[str, str]:
    if key is None:
        return dict.fromkeys(kind.identity, "*")
    return {name: exactly(value) for name, value in key.items()}


def _reachable(kind: ResourceKind, *, followed: bool) -> list[ResourceKind]:
    """Return the kinds that a resource of a kind can lead to, each once: its policies, and with `followed` all that it
    names. What a plan relies on is followed (`Ask.expected`), what merely has a name that should be free is not.
    """
    found: dict[str, ResourceKind] = {}
    ahead = [kind]
    while ahead:
        each = ahead.pop()
        names = [entry["to"] for entry in each.section("references") or () if followed]
        names += (each.section("read") or {}).get("then", ())
        if policy := each.section("resource-policy"):
            names.append(policy["kind"])
        for name in names:
            if name not in found:
                found[name] = load_kind(name)
                ahead.append(found[name])
    return list(found.values())


def _without_covered(grants: Iterable[Grant]) -> Iterator[Grant]:
    """Give the grants without those of resources that a pattern of the same action is about as well."""
    kept = list(grants)
    patterns: dict[str, set[str]] = {}
    for grant in kept:
        if "*" in grant.resource.replace("${*}", ""):
            patterns.setdefault(grant.action, set()).add(grant.resource)
    for grant in kept:
        others = patterns.get(grant.action, set()) - {grant.resource}
        if not any(resource_patterns([other], "2008-10-17", negated=False).fixed(grant.resource) for other in others):
            yield grant
