"""An account as it will be: what the plan makes, or its earlier requests create, exists; what they delete is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from preflight.account.facts import Absent, Account, Ask, Fact, Known
from preflight.account.kinds import Kind, load_kind
from preflight.account.unsettled import Unsettled
from preflight.documents.plan import Plan
from preflight.readiness.step import Step

Effect: TypeAlias = Literal["create", "update", "delete", "extend"]


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one request, or the plan itself, does to one resource. `value` is how AWS will describe it.

    `key` may name it in several ways (`RoleName` and `RoleArn`). Of one that is extended, the lists in `value` are
    added to those that are there.
    """

    kind: Kind
    region: str
    key: Mapping[str, str]
    effect: Effect
    value: Mapping[str, Any]

    def is_about(self, ask: Ask) -> bool:
        if ask.kind != self.kind.id or ask.region != self.region or not self.kind.identifies(dict(ask.key)):
            return False
        shared = [(name, value) for name, value in ask.key if name in self.key]
        return bool(shared) and all(self._fold(self.key[name]) == self._fold(value) for name, value in shared)

    def given(self, ask: Ask) -> Fact[Any] | None:
        """Return what is known without asking below."""
        if self.effect in ("update", "extend") or not self.is_about(ask):
            return None
        return Known(dict(self.value)) if self.effect == "create" else Absent("the plan takes it away")

    def changed(self, ask: Ask, fact: Fact[Any]) -> Fact[Any]:
        """Return what is known from below as it is after the request."""
        if ask.kind != self.kind.id or ask.region != self.region:
            return fact
        if self.effect == "extend":
            return self._extended(ask, fact)
        if self.is_about(ask):
            return Known({**fact.value, **self.value}, fact.reads) if isinstance(fact, Known) else fact
        if self.kind.identifies(dict(ask.key)) or not isinstance(fact, Known):
            return fact
        others = [entry for entry in fact.value if not self._same(entry)]
        if self.effect == "delete":
            return Known(others, fact.reads)
        known: Mapping[str, Any] = next((entry for entry in fact.value if self._same(entry)), {})
        if self.effect == "update" and not known:
            return fact
        return Known([*others, {**known, **self.value}], fact.reads)

    def _extended(self, ask: Ask, fact: Fact[Any]) -> Fact[Any]:
        """Return a resource with what is added to it; a list of all of the kind says nothing of what is added."""
        if not isinstance(fact, Known) or not isinstance(fact.value, Mapping):
            return fact
        if not (self.is_about(ask) or self._same(fact.value)):
            return fact
        added = {
            name: [*fact.value.get(name, ()), *each] if isinstance(each, list) else each
            for name, each in self.value.items()
        }
        return Known({**fact.value, **added}, fact.reads)

    def _same(self, entry: Mapping[str, Any]) -> bool:
        named = [(name, self.key[name]) for name in self.kind.identity if name in self.key] or self.key.items()
        return all(self._fold(entry.get(name)) == self._fold(value) for name, value in named)

    def _fold(self, value: Any) -> Any:
        return value.lower() if isinstance(value, str) and self.kind.ignores_case else value


class Planned:
    """An `Account` laid over another: some resources are there, changed or gone, everything else is as below.

    Nothing is asked of AWS for a resource that the plan creates or deletes.
    """

    def __init__(self, below: Account, *layers: _Layer) -> None:
        """Lay effects over `below`, in order."""
        # One account with many layers rather than accounts within accounts: a plan may have thousands of requests.
        self._below: Account = below._below if isinstance(below, Planned) else below
        self._layers: tuple[_Layer, ...] = (*below._layers, *layers) if isinstance(below, Planned) else layers

    @property
    def partition(self) -> str:
        """The partition of the account below."""
        return self._below.partition

    @property
    def source(self) -> str:
        """Where the facts below come from."""
        return self._below.source

    def account_id(self) -> Fact[str]:
        """Return the account below."""
        return self._below.account_id()

    def caller(self) -> Fact[str]:
        """Return whose credentials are in use below."""
        return self._below.caller()

    def read(self, ask: Ask) -> Fact[Any]:
        """Answer one question as of after the request."""
        return self.read_many([ask])[0]

    def read_many(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        """Answer several questions in order; those about what the plan makes are not asked below."""
        given = [self._given(ask) for ask in asks]
        below = iter(self._below.read_many([ask for ask, (fact, _) in zip(asks, given, strict=True) if fact is None]))
        found = []
        for ask, (known, layers) in zip(asks, given, strict=True):
            fact = next(below) if known is None else known
            for layer in layers:
                fact = layer.changed(ask, fact)
            found.append(fact)
        return found

    def creates(self, ask: Ask) -> bool:
        """Say whether the question is about a resource that a request of the plan creates and none deletes."""
        effects = (layer.effect for layer in reversed(self._layers) if layer.is_about(ask))
        return next((effect == "create" for effect in effects if effect not in ("update", "extend")), False)

    def _given(self, ask: Ask) -> tuple[Fact[Any] | None, tuple[_Layer, ...]]:
        """Return what the last layer that settles it says, if any does, and the layers that come after it."""
        for at in range(len(self._layers) - 1, -1, -1):
            fact = self._layers[at].given(ask)
            if fact is not None:
                return fact, self._layers[at + 1 :]
        return None, self._layers


def after(step: Step) -> Account:
    """Return the account as it will be after a step's request; a request that names nothing changes nothing."""
    operation = step.operation
    key = operation.key(step.request.parameters)
    if key is None:
        return step.account
    region = _region(operation.kind, step.region)
    return Planned(step.account, _Layer(operation.kind, region, key, operation.effect, step.described))


def deployed(account: Account, plan: Plan, region: str) -> Account:
    """Return the account with what the plan makes beside its requests; names known by shape only are not asked for."""
    below: Account = Unsettled(account)
    if not plan.declared:
        return below
    # What adds to a role comes after the role, wherever it stands.
    ordered = sorted(plan.declared, key=lambda each: each.change == "extend")
    return Planned(
        below,
        *(
            _Layer(kind, _region(kind, region), dict(each.key), each.change, dict(each.value))
            for each in ordered
            for kind in (load_kind(each.kind),)
        ),
    )


def _region(kind: Kind, region: str) -> str:
    return "" if kind.declared.get("global") else region


def planned_in(account: Account, ask: Ask) -> bool:
    """Say whether what is asked for is something that an earlier request of the plan creates."""
    return isinstance(account, Planned) and account.creates(ask)
