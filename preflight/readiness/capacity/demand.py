"""What a request asks for of quotas: what its resource will draw, and by how much that raises what is in use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from preflight.account.facts import Ask, Known
from preflight.declared.expressions import evaluate, fill
from preflight.readiness.capacity.amounts import NOTHING, Amount, Uncertainty, batch_of
from preflight.readiness.capacity.usage import Usage, User, composed_of, in_use, own_parts, parts_of, scaling_targets
from preflight.readiness.references import name_of
from preflight.readiness.step import Step


def wanted(step: Step) -> User:
    """Return what the request's own resource will draw once the call is made; worked out once for a step."""
    return step.memo.once(wanted, lambda: _wanted(step))


def _wanted(step: Step) -> User:
    kind, now = step.operation.kind, current(step)
    label = f"{kind.label} `{name_of(kind.id, step.operation.key(step.request.parameters) or {})}`"
    value = step.request.parameters if now is None else {**now, **step.described}
    usage = kind.declared["usage"]
    if "from" not in usage:
        return User(label, value, own_parts(usage, value) or ())
    state: Mapping[str, Any] = {}
    if now is not None and evaluate(_rolling(step)["retained"], step.request.parameters):
        state = now
    (facts,) = composed_of(step, [(usage["from"], value)])
    if now is not None and (changes := _capacity(step).get("changes")):
        parts, doubt = parts_of(usage, usage["each"], now, facts, label)
        return User(
            label, value, _changed(parts, usage["name"], evaluate(changes, step.request.parameters)), doubt=doubt
        )
    parts, doubt = parts_of(usage, usage["each"], state, facts, label, only_declared=True)
    return User(label, value, parts, doubt=doubt)


def _capacity(step: Step) -> Mapping[str, Any]:
    """Return what the operation declares of an update that changes capacity in place (`capacity`)."""
    declared: Mapping[str, Any] = step.operation.declared.get("capacity", {})
    return declared


def _changed(
    parts: tuple[Mapping[str, Any], ...] | None, name: str, changes: Sequence[Mapping[str, Any]] | None
) -> tuple[Mapping[str, Any], ...] | None:
    """Return the parts as a request changes them: the members that it gives, of the parts that it names."""
    given = {
        each.get(name): {member: value for member, value in each.items() if value is not None} for each in changes or ()
    }
    return None if parts is None else tuple({**part, **given.get(part.get(name), {})} for part in parts)


def current(step: Step) -> Mapping[str, Any] | None:
    """Return how the resource that an update is about is described now; None if it is not known, or is created."""
    key = step.operation.key(step.request.parameters)
    if step.operation.effect != "update" or key is None:
        return None
    fact = step.account.read(Ask.one(step.operation.kind.id, step.region, key, expected=True))
    return fact.value if isinstance(fact, Known) else None


def asked_for(step: Step, measure: str, of: str | None) -> Amount:
    """Return by how much the request raises what is in use at its peak: AWS's "request delta"."""
    kind = step.operation.kind
    draws = wanted(step).draws(kind, measure)
    new = sum((draw.of(of) for draw in draws), NOTHING)
    if step.operation.effect != "update":
        return new
    how = _capacity(step).get("on-update") or kind.declared["usage"]["measures"][measure]["on-update"]
    batch = evaluate(_rolling(step)["batch"], {**(current(step) or {}), **step.request.parameters})
    if how == "beside" and batch is None:
        return new
    name = name_of(kind.id, step.operation.key(step.request.parameters) or {})
    old = _of_now(step, name).amount(kind, measure, of)
    more = new.beyond(old)
    if how == "instead":
        return more
    if how == "beside-or-instead":
        return Amount(
            more.low,
            new.high,
            (*new.doubts, Uncertainty("AWS does not say whether the replaced instances count until the update ends")),
        )
    step_by_step = sum((batch_of(draw.of(of), batch) for draw in draws), NOTHING)
    together = step_by_step + more
    high = new.high if together.high is None or new.high is None else min(new.high, together.high)
    doubt = Uncertainty("a rolling update adds one batch, and the difference if the new fleet is larger")
    return Amount(max(step_by_step.low, more.low), high, (*together.doubts, doubt))


def growth(step: Step, measure: str, of: str | None) -> Iterator[tuple[str, int]]:
    """Give the parts that something may make grow, and by how much: auto scaling, or the part's own scaling."""
    kind = step.operation.kind
    scaling = kind.declared["usage"].get("autoscaling")
    targets: dict[str, int] = {}
    asked = scaling_targets(step)
    if asked and scaling["measure"] == measure:
        fact = step.account.read(asked)
        for target in fact.value if isinstance(fact, Known) else ():
            if target.get("ScalableDimension", scaling["dimension"]) == scaling["dimension"]:
                targets[target["ResourceId"]] = int(target.get("MaxCapacity", 0))
    planned = () if step.operation.effect == "update" else (wanted(step),)
    for user in (*in_use(step).users, *planned):
        for draw, part in zip(user.draws(kind, measure), user.parts or (), strict=False):
            registered = targets.get(fill(scaling["resource"], {**user.value, **part}) or "", 0) if scaling else 0
            most = max(draw.most or 0, registered)
            now = draw.of(of)
            if most > now.low and (of is None or draw.types == (of,)):
                yield draw.where, most - now.low


def _rolling(step: Step) -> Mapping[str, str]:
    rolling: Mapping[str, str] = step.operation.kind.declared["usage"]["rolling"]
    return rolling


def _of_now(step: Step, name: str) -> Usage:
    label, usage = f"{step.operation.kind.label} `{name}`", in_use(step)
    mine = tuple(replace(user, pending=()) for user in usage.users if user.name.lower() == label.lower())
    return Usage(mine, usage.doubt if not mine else None)
