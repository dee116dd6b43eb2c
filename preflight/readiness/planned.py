"""An account as it will be: what earlier requests of the plan create exists, what they delete is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from preflight.account.facts import Absent, Account, Ask, Fact, Known
from preflight.account.kinds import Kind
from preflight.engine.operation import Effect
from preflight.readiness.step import Step


class Planned:
    """An `Account` laid over another: one resource is there, changed or gone, everything else is as below.

    Nothing is asked of AWS for a resource that the plan creates or deletes.
    """

    def __init__(
        self, below: Account, kind: Kind, region: str, key: Mapping[str, str], effect: Effect, value: Mapping[str, Any]
    ) -> None:
        """Lay one effect over `below`. `value` is how AWS will describe the resource."""
        self._below = below
        self._kind = kind
        self._region = region
        self._key = dict(key)
        self._effect = effect
        self._value = dict(value)

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
        below = iter(self._below.read_many([ask for ask, fact in zip(asks, given, strict=True) if fact is None]))
        return [
            fact if fact is not None else self._changed(ask, next(below)) for ask, fact in zip(asks, given, strict=True)
        ]

    def creates(self, ask: Ask) -> bool:
        """Say whether the question is about a resource that a request of the plan creates and none deletes."""
        if self._is_about(ask):
            return self._effect == "create" or (self._effect == "update" and planned_in(self._below, ask))
        return planned_in(self._below, ask)

    def _is_about(self, ask: Ask) -> bool:
        if ask.kind != self._kind.id or ask.region != self._region:
            return False
        return self._same(dict(ask.key))

    def _same(self, entry: Mapping[str, Any]) -> bool:
        return all(self._fold(entry.get(name)) == self._fold(value) for name, value in self._key.items())

    def _fold(self, value: Any) -> Any:
        return value.lower() if isinstance(value, str) and self._kind.ignores_case else value

    def _given(self, ask: Ask) -> Fact[Any] | None:
        if not self._is_about(ask) or self._effect == "update":
            return None
        return (
            Known(dict(self._value))
            if self._effect == "create"
            else Absent("an earlier request of the plan deletes it")
        )

    def _changed(self, ask: Ask, fact: Fact[Any]) -> Fact[Any]:
        if self._is_about(ask):
            return Known({**fact.value, **self._value}, fact.reads) if isinstance(fact, Known) else fact
        wants_all = (
            ask.kind == self._kind.id and ask.region == self._region and not self._kind.identifies(dict(ask.key))
        )
        if not wants_all or not isinstance(fact, Known):
            return fact
        others = [entry for entry in fact.value if not self._same(entry)]
        if self._effect == "delete":
            return Known(others, fact.reads)
        known: Mapping[str, Any] = next((entry for entry in fact.value if self._same(entry)), {})
        if self._effect == "update" and not known:
            return fact
        return Known([*others, {**known, **self._value}], fact.reads)


def after(step: Step) -> Account:
    """Return the account as it will be after a step's request; a request that names nothing changes nothing."""
    operation = step.operation
    key = operation.key(step.request.parameters)
    if key is None:
        return step.account
    region = "" if operation.kind.declared.get("global") else step.region
    return Planned(step.account, operation.kind, region, key, operation.effect, step.described)


def planned_in(account: Account, ask: Ask) -> bool:
    """Say whether what is asked for is something that an earlier request of the plan creates."""
    return isinstance(account, Planned) and account.creates(ask)
