"""What resources draw on quotas, in measures that `rules/resources/` declares (`usage`), as of when a request is made.

Amounts are ranges, for much is not known exactly: the configuration of an endpoint may be gone, a variant may take its
instances from one of several pools. Each doubt goes with the amount, so that an answer that depends on it can say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.declared.expressions import evaluate
from preflight.declared.operations import keys_in
from preflight.declared.resource_kinds import ResourceKind
from preflight.readiness.capacity.amounts import NOTHING, Amount, Draw, Uncertainty, perhaps
from preflight.readiness.references import name_of
from preflight.readiness.step import Step
from preflight.unresolved import DeployText, resolution


@dataclass(frozen=True, slots=True)
class User:
    """One resource that draws on quotas. `parts` is None where what it is made of cannot be known.

    `pending` are the parts of an update that is under way. `idle` says why it may draw nothing after all.
    """

    name: str
    value: Mapping[str, Any]
    parts: tuple[Mapping[str, Any], ...] | None
    pending: tuple[Mapping[str, Any], ...] = ()
    doubt: Uncertainty | None = None
    idle: Uncertainty | None = None
    _drawn: dict[str, list[Draw]] = field(init=False, default_factory=dict, compare=False, repr=False)

    def draws(self, kind: ResourceKind, measure: str) -> list[Draw]:
        """Return what the resource draws of a measure, part by part; worked out once."""
        if measure not in self._drawn:
            self._drawn[measure] = self._draws(kind, measure)
        return self._drawn[measure]

    def _draws(self, kind: ResourceKind, measure: str) -> list[Draw]:
        declared = kind.declared["usage"]["measures"][measure]
        if "of-all" in declared:
            found = [self._whole(declared)]
        elif self.parts is None:
            found = [Draw(self._unknown(), where=self.name, untyped=self.doubt)]
        else:
            found = [_draw(kind, declared, part, self, pending=False) for part in self.parts]
        if "of-all" not in declared:
            found += [_draw(kind, declared, part, self, pending=True) for part in self.pending]
        if self.idle is None:
            return found
        return [replace(each, amount=perhaps(each.amount, self.idle), shares=(), most=None) for each in found]

    def _whole(self, declared: Mapping[str, Any]) -> Draw:
        count = evaluate(declared["of-all"], {**self.value, "Parts": list(self.parts or ())})
        if count is None and self.parts is None:
            return Draw(self._unknown(1), where=self.name)
        return Draw(Amount(count or 0, count or 0), where=self.name)

    def _unknown(self, high: int | None = None) -> Amount:
        return Amount(0, high, (self.doubt or Uncertainty(f"the configuration of {self.name} is not known"),))


@dataclass(frozen=True, slots=True)
class Usage:
    """Every resource of a kind that draws on quotas; `doubt` where there may be more than are listed."""

    users: tuple[User, ...]
    doubt: Uncertainty | None = None

    def amount(self, kind: ResourceKind, measure: str, of: str | None) -> Amount:
        """Return what is in use of a measure, of one type or of all together."""
        start = Amount(0, None, (self.doubt,)) if self.doubt else NOTHING
        return sum((draw.of(of) for user in self.users for draw in user.draws(kind, measure)), start)


def in_use(step: Step) -> Usage:
    """Return what the resources of the operation's kind draw, as of when the request is made; read once for a step."""
    return step.memo.once(in_use, lambda: _in_use(step))


def _draw(
    kind: ResourceKind, declared: Mapping[str, str], part: Mapping[str, Any], user: User, *, pending: bool
) -> Draw:
    name = part.get(kind.declared["usage"].get("name"))
    where = user.name if name is None else f"variant `{name}` of {user.name}"
    if "unless" in declared and evaluate(declared["unless"], {**part, "Resource": user.value}):
        return Draw(NOTHING, where=where)
    types = tuple(dict.fromkeys(evaluate(declared["types"], part) or ())) if "types" in declared else ()
    count = evaluate(declared["count"], part)
    shares = (
        tuple((name, each) for name, each in evaluate(declared["shares"], part) or ()) if "shares" in declared else ()
    )
    most = evaluate(declared["most"], part) if "most" in declared else None
    if count is None and not types:
        return Draw(NOTHING, where=where)
    untyped = user.doubt
    if open_ := [each for each in types if DeployText.partial(each)]:
        types, shares, untyped = (), (), _hanging(f"the type of {where}", *open_)
    if DeployText.partial(count):
        amount = Amount(0, None, (_hanging(f"how many {where} asks for", str(count)),))
    elif count is None:
        amount = Amount(0, None, (Uncertainty(f"{where} does not say how many it has of {', '.join(types)}"),))
    elif pending:
        amount = Amount(
            0, int(count), (Uncertainty(f"{user.name} is being updated; its new fleet grows as its old one shrinks"),)
        )
    else:
        amount = Amount(int(count), int(count))
    return Draw(amount, types, shares, most if isinstance(most, int) else None, where, untyped)


def _hanging(what: str, *texts: str) -> Uncertainty:
    labels = dict.fromkeys(label for text in texts for label in DeployText(text).labels)
    return Uncertainty(f"{what} depends on {', '.join(labels)}", resolution(labels))


def _in_use(step: Step) -> Usage:
    kind = step.operation.kind
    usage, status = kind.declared["usage"], kind.section("status") or {}
    # What the checks of quotas will ask for as well is asked at the same time.
    lists = [Ask.all(kind.id, step.region, **scope) for scope in usage.get("among", ({},))]
    answers = step.account.read_many([*lists, *_beside(step)])[: len(lists)]
    entries: list[Mapping[str, Any]] = []
    for listed in answers:
        if not isinstance(listed, Known):
            reason = listed.reason if isinstance(listed, Unknown) else listed.detail
            resolution_ = getattr(listed, "resolution", "")
            return Usage((), Uncertainty(f"the {kind.label}s in use are not known: {reason}", resolution_))
        entries += listed.value
    identities = dict.fromkeys(tuple(str(each[name]) for name in kind.identity) for each in entries)
    keys = [dict(zip(kind.identity, identity, strict=True)) for identity in identities]
    facts = step.account.read_many([Ask.one(kind.id, step.region, key) for key in keys])
    there = [(key, fact) for key, fact in zip(keys, facts, strict=True) if not isinstance(fact, Absent)]
    if "from" not in usage:
        return Usage(tuple(_of_itself(kind, key, fact) for key, fact in there))
    asked = [({}, {}) if isinstance(fact, Unknown) else (usage["from"], fact.value) for _, fact in there]
    pending = [({}, {}) if isinstance(fact, Unknown) else (usage["pending"]["from"], fact.value) for _, fact in there]
    composed = composed_of(step, [*asked, *pending])
    users = []
    for index, (key, fact) in enumerate(there):
        label = f"{kind.label} `{name_of(kind.id, key)}`"
        if isinstance(fact, Unknown):
            users.append(
                User(label, key, None, doubt=Uncertainty(f"{label} cannot be read: {fact.reason}", fact.resolution))
            )
            continue
        value = fact.value
        parts, doubt = parts_of(usage, usage["each"], value, composed[index], label)
        under_way = usage["pending"]["each"]
        more, _ = parts_of(usage, under_way, value, composed[len(there) + index], label)
        state = value.get(status.get("member", ""))
        idle = None
        if state in status.get("not-live", ()):
            idle = Uncertainty(
                f"{label} is {state}; AWS does not say whether one in this state still counts",
                "Delete it, or wait until it is gone.",
            )
        users.append(User(label, value, parts, more or (), doubt, idle))
    return Usage(tuple(users))


def own_parts(usage: Mapping[str, Any], value: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...] | None:
    """Return the parts of a resource that nothing else describes; None where it does not tell them."""
    found = evaluate(usage["each"], value)
    return None if found is None else tuple(found)


def _of_itself(kind: ResourceKind, key: Mapping[str, str], fact: Fact[Any]) -> User:
    label = f"{kind.label} `{name_of(kind.id, key)}`"
    if not isinstance(fact, Known):
        reason, way = (fact.reason, fact.resolution) if isinstance(fact, Unknown) else ("it is gone", "")
        return User(label, key, None, doubt=Uncertainty(f"{label} cannot be read: {reason}", way))
    parts = own_parts(kind.declared["usage"], fact.value)
    doubt = None if parts is not None else Uncertainty(f"the instances of {label} are not known")
    return User(label, fact.value, parts, doubt=doubt)


def scaling_targets(step: Step) -> Ask | None:
    """Return the question for what makes parts grow, where the kind declares such a thing."""
    scaling = step.operation.kind.declared["usage"].get("autoscaling")
    if scaling is None:
        return None
    return Ask.all("application-autoscaling:scalable-target", step.region, ServiceNamespace=scaling["namespace"])


def _beside(step: Step) -> list[Ask]:
    services = dict.fromkeys(quota["service"] for quota in step.operation.declared.get("quotas", ()))
    targets = scaling_targets(step)
    quotas = [Ask.all("service-quotas:quota", step.region, ServiceCode=service) for service in services]
    return [*quotas, *([targets] if targets else [])]


def composed_of(step: Step, asked: Sequence[tuple[Mapping[str, str], Mapping[str, Any]]]) -> list[list[Fact[Any]]]:
    """Return, for each resource, the facts of what it takes its parts from; all read at the same time.

    What the request itself names may be new, and a read that does not find it stale: it is asked for as such.
    """
    usage = step.operation.kind.declared["usage"]
    own = [key for key, _ in keys_in(usage["from"]["each"], step.place.values(step.described))]
    questions = [
        [
            Ask.one(source["kind"], step.region, key, expected=key in own)
            for key, _ in keys_in(source["each"], step.place.values(value))
        ]
        if source
        else []
        for source, value in asked
    ]
    facts = iter(step.account.read_many([ask for asks in questions for ask in asks]))
    return [[next(facts) for _ in asks] for asks in questions]


def parts_of(
    usage: Mapping[str, Any],
    each: str,
    state: Mapping[str, Any],
    composed: Sequence[Fact[Any]],
    label: str,
    *,
    only_declared: bool = False,
) -> tuple[tuple[Mapping[str, Any], ...] | None, Uncertainty | None]:
    """Return the parts of a resource, each as declared and as it is now, and what is not known of them."""
    name = usage["name"]
    now = {str(part.get(name)): part for part in evaluate(each, state) or () if part}
    missing = next((fact for fact in composed if not isinstance(fact, Known)), None)
    doubt = None
    if missing is not None or not composed:
        gone = not isinstance(missing, Unknown)
        lacking = "does not exist" if only_declared else "is gone"
        reason = lacking if gone else f"cannot be read: {missing.reason}"  # type: ignore[union-attr]
        doubt = Uncertainty(f"the configuration of {label} {reason}", "" if gone else missing.resolution)  # type: ignore[union-attr]
        if not now or only_declared:
            return None, doubt
    declared: dict[str, Mapping[str, Any]] = {}
    for fact in composed:
        if isinstance(fact, Known):
            declared.update({str(part.get(name)): part for part in evaluate(usage["each"], fact.value) or () if part})
    names = declared if only_declared else {**declared, **now}
    return tuple({**declared.get(each, {}), **now.get(each, {})} for each in names), doubt
