"""An account as it will be: what the plan makes, or its earlier requests create, exists; what they delete is gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from preflight.account.facts import Absent, Account, Ask, Fact, Known, Unknown
from preflight.account.overlays.overlay import Over
from preflight.account.overlays.unresolved_names import Unsettled
from preflight.declared.resource_kinds import ResourceKind, load_kind
from preflight.documents.plans.plan import Plan
from preflight.unresolved import resolution

PlannedEffect: TypeAlias = Literal["create", "update", "delete", "extend", "remove"]
# In which order what a plan makes beside its requests is laid: what changes a role comes after the role.
_CHANGING = frozenset({"update", "extend", "remove"})
_ORDER: Mapping[str, int] = {"create": 0, "delete": 0, "update": 1, "remove": 2, "extend": 3}


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one request, or the plan itself, does to one resource. `value` is how AWS will describe it.

    `key` may name it in several ways (`RoleName` and `RoleArn`). Of one that is extended, the lists in `value` are
    added to those that are there. `at` is its place among the layers of an account; `depends_on` says what must be
    known before it is certain that anything is done at all.
    """

    kind: ResourceKind
    region: str
    key: Mapping[str, str]
    effect: PlannedEffect
    value: Mapping[str, Any]
    at: int = 0
    depends_on: tuple[str, ...] = ()

    def is_about(self, ask: Ask) -> bool:
        shared = [(name, value) for name, value in ask.key if name in self.key]
        return bool(shared) and all(fold(self.kind, self.key[name]) == fold(self.kind, value) for name, value in shared)

    def given(self) -> Fact[Any] | None:
        """Return what is known without asking below."""
        if self.effect in _CHANGING:
            return None
        if self.depends_on:
            does = "creates" if self.effect == "create" else "deletes"
            return Unknown(
                f"whether the plan {does} it depends on {', '.join(self.depends_on)}", resolution(self.depends_on)
            )
        return Known(dict(self.value)) if self.effect == "create" else Absent("the plan deletes it")

    def _unread(self) -> list[dict[str, str]]:
        """Return the members that may be changed, as what is not known of a role or user is told."""
        reason, way = f"whether it changes depends on {', '.join(self.depends_on)}", resolution(self.depends_on)
        return [{"Member": name, "Reason": reason, "Resolution": way} for name in self.value if name != "Unread"]

    def changed(self, fact: Fact[Any]) -> Fact[Any]:
        """Return what is known of the resource from below as it is after the request."""
        if not isinstance(fact, Known) or not isinstance(fact.value, Mapping):
            return fact
        if self.depends_on:
            return Known({**fact.value, "Unread": [*fact.value.get("Unread", ()), *self._unread()]}, fact.reads)
        if self.effect == "update":
            return Known({**fact.value, **self.value}, fact.reads)
        if self.effect == "remove":
            return Known({**fact.value, **_without(fact.value, self.value)}, fact.reads)
        added = {
            name: [*fact.value.get(name, ()), *each] if isinstance(each, list) else each
            for name, each in self.value.items()
        }
        return Known({**fact.value, **added}, fact.reads)


def _without(there: Mapping[str, Any], gone: Mapping[str, Any]) -> dict[str, Any]:
    """Return the lists of a resource without the elements that are taken out."""
    return {
        name: [each for each in there.get(name, ()) if not any(each.items() >= one.items() for one in out)]
        for name, out in gone.items()
        if name in there
    }


class _Layers:
    """Layers in order, found by what they are about. Accounts share them, each up to its own place: a plan may have
    thousands of requests, and each has an account of its own.
    """

    def __init__(self, layers: Iterable[_Layer] = ()) -> None:
        self.all: list[_Layer] = []
        self._of_kind: dict[tuple[str, str], list[_Layer]] = {}
        self._named: dict[tuple[str, str, str, Any], list[_Layer]] = {}
        for layer in layers:
            self.add(layer)

    def add(self, layer: _Layer) -> None:
        place = (layer.kind.id, layer.region)
        self.all.append(layer)
        self._of_kind.setdefault(place, []).append(layer)
        for name, value in layer.key.items():
            self._named.setdefault((*place, name, fold(layer.kind, value)), []).append(layer)

    def of_kind(self, ask: Ask, end: int) -> list[_Layer]:
        """Return the layers about any resource of a question's kind and region."""
        return [layer for layer in self._of_kind.get((ask.kind, ask.region), ()) if layer.at < end]

    def knows(self, ask: Ask) -> bool:
        """Say whether any layer is of a question's kind and region."""
        return (ask.kind, ask.region) in self._of_kind

    def about(self, kind: ResourceKind, ask: Ask, names: Iterable[tuple[str, Any]], end: int) -> list[_Layer]:
        """Return the layers about the resource of these names, in order."""
        found = {
            layer.at: layer
            for name, value in names
            for layer in self._named.get((ask.kind, ask.region, name, fold(kind, value)), ())
            if layer.at < end
        }
        return [found[at] for at in sorted(found)]


def fold(kind: ResourceKind, value: Any) -> Any:
    """Return a name as AWS compares it with others of its kind."""
    return value.lower() if isinstance(value, str) and kind.ignores_case else value


class Planned(Over):
    """An `Account` laid over another: some resources are there, changed or gone, everything else is as below.

    Nothing is asked of AWS for a resource that the plan creates or deletes.
    """

    def __init__(self, below: Account, *effects: _Layer) -> None:
        """Lay effects over `below`, in order."""
        super().__init__(below)
        layers, end = _Layers(), 0
        if isinstance(below, Planned):
            self._below, layers, end = below._below, below._layers, below._end
        if len(layers.all) != end:
            # Somebody else has gone on from the same account: the ways part here.
            layers = _Layers(layers.all[:end])
        for layer in effects:
            layers.add(replace(layer, at=end))
            end += 1
        self._layers: _Layers = layers
        self._end: int = end

    @property
    def beneath(self) -> Account:
        """The account that is laid over: as it is before the plan."""
        return self._below

    def read_many(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        """Answer several questions in order; those about what the plan makes are not asked below."""
        given = [self._given(ask) for ask in asks]
        below = iter(self._below.read_many([ask for ask, (fact, _) in zip(asks, given, strict=True) if fact is None]))
        found = []
        for ask, (known, layers) in zip(asks, given, strict=True):
            fact = next(below) if known is None else known
            if layers is not None:
                fact = self._changed(ask, fact, layers)
            found.append(fact)
        return found

    def creates(self, ask: Ask) -> bool:
        """Say whether the question is about a resource that a request in the plan creates and none deletes."""
        certain = (layer for layer in reversed(self._about(ask)) if not layer.depends_on)
        effects = (layer.effect for layer in certain if layer.effect not in _CHANGING)
        return next(effects, None) == "create"

    def _about(self, ask: Ask) -> list[_Layer]:
        kind = load_kind(ask.kind)
        if not kind.identifies(dict(ask.key)):
            return []
        return [layer for layer in self._layers.about(kind, ask, ask.key, self._end) if layer.is_about(ask)]

    def _given(self, ask: Ask) -> tuple[Fact[Any] | None, list[_Layer] | None]:
        """Return what the last layer that settles it says, if any does, and the layers that come after it.

        No layers at all, None, where nothing of the kind is touched; an empty list where something is.
        """
        if not self._layers.knows(ask):
            return None, None
        layers = self._about(ask)
        for at in range(len(layers) - 1, -1, -1):
            if (fact := layers[at].given()) is not None:
                return fact, layers[at + 1 :]
        return None, layers

    def _changed(self, ask: Ask, fact: Fact[Any], layers: list[_Layer]) -> Fact[Any]:
        if not isinstance(fact, Known):
            return fact
        kind = load_kind(ask.kind)
        if not kind.identifies(dict(ask.key)):
            return Known(self._listed(kind, ask, fact.value), fact.reads)
        if isinstance(fact.value, Mapping):
            # What is added to a role is known by the role's name, whatever name was asked for.
            names = [(name, fact.value[name]) for name in kind.identity if isinstance(fact.value.get(name), str)]
            seen = {layer.at for layer in layers}
            more = self._layers.about(kind, ask, names, self._end)
            layers = [*layers, *(each for each in more if each.effect in _CHANGING and each.at not in seen)]
        for layer in layers:
            fact = layer.changed(fact)
        return fact

    def _listed(self, kind: ResourceKind, ask: Ask, entries: Sequence[Any]) -> list[Any]:
        """Return the list of all of a kind as it is after the requests."""
        listed = dict(_identified(kind, entries))
        for layer in self._layers.of_kind(ask, self._end):
            identity = tuple(fold(kind, layer.key.get(name)) for name in kind.identity)
            known = listed.get(identity, {})
            if layer.depends_on:
                continue
            if layer.effect not in ("extend", "remove") and (known or layer.effect != "update"):
                listed.pop(identity, None)
                if layer.effect != "delete":
                    listed[identity] = {**known, **layer.value}
        return list(listed.values())


def _identified(kind: ResourceKind, entries: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    for at, entry in enumerate(entries):
        named = isinstance(entry, Mapping) and all(name in entry for name in kind.identity)
        yield (tuple(fold(kind, entry[name]) for name in kind.identity) if named else at), entry


def deployed(account: Account, plan: Plan, region: str) -> Account:
    """Return the account with what the plan makes beside its requests; names known by shape only are not asked for."""
    below: Account = Unsettled(account)
    if not plan.declared:
        return below
    ordered = sorted(plan.declared, key=lambda each: _ORDER[each.change])
    kinds = [load_kind(each.kind) for each in ordered]
    layers = (
        _Layer(kind, _region(kind, region), each.key, each.change, each.value, depends_on=each.depends_on)
        for kind, each in zip(kinds, ordered, strict=True)
    )
    return Planned(below, *layers)


def _region(kind: ResourceKind, region: str) -> str:
    return "" if kind.declared.get("global") else region


def planned_in(account: Account, ask: Ask) -> bool:
    """Say whether what is asked for is something that an earlier request in the plan creates."""
    return isinstance(account, Planned) and account.creates(ask)
