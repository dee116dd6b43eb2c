"""One part of a snapshot, found by identity: an index is made when a set of parameters is first asked for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from preflight.declared.expressions import evaluate


class Listing:
    """The entries of one part. `paths` says where in an entry a parameter stands, where it has not its own name.

    A parameter may have several values in one entry (an image's tags): the entry is found by each of them.
    """

    def __init__(self, entries: Sequence[Any], paths: Mapping[str, str], *, ignores_case: bool = False) -> None:
        self.entries = entries
        self._paths = paths
        self._ignores_case = ignores_case
        self._indexes: dict[tuple[str, ...], dict[tuple[str, ...], Any]] = {}
        self._sorted: dict[str, list[tuple[str, int]]] = {}

    def find(self, key: Mapping[str, str]) -> Any:
        """Return the first entry with this identity, or None."""
        names = tuple(sorted(key))
        index = self._indexes.get(names)
        if index is None:
            index = self._indexes[names] = self._index(names)
        return index.get(tuple(self._fold(key[name]) for name in names))

    def find_under(self, member: str, prefix: str, key: Mapping[str, str]) -> Any:
        """Return an entry with this identity whose `member` begins with `prefix`, or None."""
        names = tuple(sorted(key))
        ordered = self._sorted.get(member)
        if ordered is None:
            ordered = sorted(
                (str(value), at) for at, entry in enumerate(self.entries) for value in self._values(entry, member)
            )
            self._sorted[member] = ordered
        wanted = tuple(self._fold(key[name]) for name in names)
        for value, at in ordered[bisect_left(ordered, (prefix, -1)) :]:
            if not value.startswith(prefix):
                return None
            if wanted in self._identities(self.entries[at], names):
                return self.entries[at]
        return None

    def where(self, key: Mapping[str, str]) -> list[Any]:
        """Return every entry whose members have these values, in order."""
        names = tuple(sorted(key))
        wanted = tuple(self._fold(key[name]) for name in names)
        return [entry for entry in self.entries if wanted in self._identities(entry, names)]

    def _index(self, names: tuple[str, ...]) -> dict[tuple[str, ...], Any]:
        index: dict[tuple[str, ...], Any] = {}
        for entry in self.entries:
            for identity in self._identities(entry, names):
                index.setdefault(identity, entry)
        return index

    def _identities(self, entry: Any, names: tuple[str, ...]) -> list[tuple[str, ...]]:
        return [tuple(map(self._fold, values)) for values in product(*(self._values(entry, name) for name in names))]

    def _values(self, entry: Any, name: str) -> list[Any]:
        path = self._paths.get(name)
        value = evaluate(path, entry) if path else entry.get(name)
        values = value if isinstance(value, list) else [value]
        return [value for value in values if value is not None]

    def _fold(self, value: Any) -> str:
        return str(value).lower() if self._ignores_case else str(value)
