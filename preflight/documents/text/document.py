"""A document as it was read: its value, its text, and where each node stands in it, worked out only when asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Syntax = Literal["json", "yaml", "hcl"]
# From a JSON pointer, and whether the member's name is meant, to line and column.
Search: TypeAlias = Callable[[str, bool], "tuple[int, int] | None"]


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One parsed JSON or YAML document. `path` is as the user named it, `-` for stdin; `value` is plain Python data."""

    path: str
    value: Any
    text: str = field(repr=False, default="")
    syntax: Syntax = "json"
    _search: list[Search] = field(default_factory=list, repr=False)

    def position(self, pointer: str, *, name: bool = False) -> tuple[int, int] | None:
        """Return the line and column, from 1, of the value at a JSON pointer (RFC 6901); None if there is none.

        With `name`, of the name that the value has in its object.
        """
        if not self.text:
            return None
        if not self._search:
            from preflight.documents.text.positions import search

            self._search.append(search(self.text, self.syntax))
        return self._search[0](pointer, name)

    def place(self, pointer: str) -> str:
        """Return how a message cites a place: `/a/0 (line 3, column 5)`; empty for a whole document without text."""
        found = self.position(pointer)
        where = f"line {found[0]}, column {found[1]}" if found else ""
        if not pointer:
            return where
        return f"{pointer} ({where})" if where else pointer
