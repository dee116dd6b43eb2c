"""What a list of a snapshot has of each resource, found by identity: one entry, however often it was described."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import product
from typing import Any

from preflight.declared.resource_kinds import ResourceKind, members_of


class Entries:
    """The entries of a part by their identity, while what is described of one kind is put there.

    A member of the identity may have several names in what is described (`[KeyId, Arn]`): one that agrees is enough.
    """

    def __init__(self, part: list[Any], kind: ResourceKind, where: Mapping[str, Any]) -> None:
        self.kind = kind
        self._part = part
        self._paths: Mapping[str, str] = where.get("key", {})
        self._alone = next((name for name, path in self._paths.items() if path == "@"), None)
        self._names = [members_of(self._paths.get(name, name)) for name in kind.identity]
        self._first: dict[tuple[Any, ...], int] = {}
        self._indexed = 0

    def add(self, key: Mapping[str, str], value: Any) -> None:
        """Put a described resource in the place of its entry, or at the end."""
        if self._alone is not None and isinstance(value, Mapping):
            value = value[self._alone]
        if not isinstance(value, Mapping):
            if value not in self._part:
                self._part.append(value)
            return
        paths = ((self._paths.get(name, name), each) for name, each in key.items())
        whole = {**{path: each for path, each in paths if _is_name(path)}, **value}
        while self._indexed < len(self._part):
            self._index(self._indexed)
            self._indexed += 1
        position = self._position(whole)
        if position is None:
            self._part.append(dict(whole))
        else:
            self._part[position].update(whole)
            self._index(position)

    def _position(self, whole: Mapping[str, Any]) -> int | None:
        """Return where the first entry of a resource is; None where it has none."""
        try:
            found = min((self._first[each] for each in self._identities(whole) if each in self._first), default=None)
        except TypeError:  # A value that is no text, which no table takes.
            found = -1
        if found is None or self._is_of(found, whole):
            return found
        # What was found has another identity by now.
        return next((position for position in range(len(self._part)) if self._is_of(position, whole)), None)

    def _is_of(self, position: int, whole: Mapping[str, Any]) -> bool:
        entry = self._part[position] if position >= 0 else None
        return isinstance(entry, dict) and all(
            any(_same(entry.get(each), whole.get(each)) for each in own) for own in self._names
        )

    def _index(self, position: int) -> None:
        entry = self._part[position]
        if isinstance(entry, dict):
            for identity in self._identities(entry):
                with suppress(TypeError):
                    self._first[identity] = min(position, self._first.get(identity, position))

    def _identities(self, value: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
        given = ([(name, value[name]) for name in own if value.get(name) is not None] for own in self._names)
        return product(*given)


def _is_name(path: str) -> bool:
    return path.isidentifier()


def _same(one: Any, other: Any) -> bool:
    return one is not None and one == other
