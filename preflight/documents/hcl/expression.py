"""What working out the forms of an expression has in common: the names around it, and who works out its parts.

Source: https://developer.hashicorp.com/terraform/language/expressions
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, TypeAlias

from preflight.documents.hcl.module import Module, WrittenExpression
from preflight.documents.hcl.parse import Place, Source, text_of
from preflight.documents.hcl.values import HclList, HclValue, Mapped, Scalar, UnknownValue

if TYPE_CHECKING:
    from tree_sitter import Node

Scope: TypeAlias = Mapping[str, HclValue]
_MOST_ITEMS = 1_000


class Evaluating(Protocol):
    """Works out the expressions of a module."""

    @property
    def module(self) -> Module:
        """The module that is evaluated."""
        ...

    @property
    def bound(self) -> Scope:
        """The values of variables that the caller of the module gives."""
        ...

    @property
    def nothing_counts(self) -> bool:
        """Whether the branches of a conditional that are nothing are taken too."""
        ...

    def counting_nothing(self) -> AbstractContextManager[None]:
        """Let nothing count until the block ends."""
        ...

    def value(self, node: Node, source: Source, scope: Scope | None = None) -> HclValue:
        """Return what an expression is; `scope` are the names that are bound around it."""
        ...

    def named(self, name: str, written: WrittenExpression | None, place: Place) -> HclValue:
        """Return what a local or a variable is, by the name that it goes by."""
        ...

    def output(self, call: str, name: str) -> HclValue | None:
        """Return an output of a module that is called; None where it is not known."""
        ...

    def taken(self, branches: int) -> int:
        """Return which of so many branches is taken."""
        ...

    def spend(self, steps: int) -> None:
        """Count work that was done."""
        ...


def entries(collection: HclValue) -> Iterator[tuple[HclValue, HclValue]]:
    """Yield the keys and values of a list or map; of one that is not known, one that stands for all."""
    if isinstance(collection, HclList):
        for index, each in enumerate(collection.items[:_MOST_ITEMS]):
            yield Scalar(index, each.at), each
    elif isinstance(collection, Mapped):
        for name, member in list(collection.members.items())[:_MOST_ITEMS]:
            yield Scalar(name, member.name_at), member.value
    if not is_complete(collection):
        label = collection.label if isinstance(collection, UnknownValue) else "each"
        yield UnknownValue(f"{label}.key", collection.at), UnknownValue(f"{label}.value", collection.at)


def is_complete(collection: HclValue) -> bool:
    """Say whether all entries of a list or map are known to be there."""
    if isinstance(collection, HclList):
        return collection.complete and len(collection.items) <= _MOST_ITEMS
    return isinstance(collection, Mapped) and collection.complete and len(collection.members) <= _MOST_ITEMS


def is_nothing(value: HclValue) -> bool:
    """Say whether a value is null or an empty text."""
    return isinstance(value, Scalar) and value.value in (None, "")


def is_empty(value: HclValue) -> bool:
    """Say whether a value is nothing, or a collection of nothing."""
    empty = (isinstance(value, HclList) and not value.items) or (isinstance(value, Mapped) and not value.members)
    return empty or is_nothing(value)


def label(node: Node) -> str:
    """Return how an expression is written, in short."""
    text = " ".join(text_of(node).split())
    return text if len(text) <= 80 else f"{text[:79]}…"


def unknown(node: Node, source: Source) -> UnknownValue:
    """Return that an expression is not known before a plan."""
    return UnknownValue(label(node), source.place(node))
