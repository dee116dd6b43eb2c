"""A document as it was read: its value, its text, and where each node stands in it, worked out only when asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One parsed JSON or YAML document. `path` is as the user named it, `-` for stdin; `value` is plain Python data."""

    path: str
    value: Any
    text: str = field(repr=False, default="")
    syntax: str = "json"

    def position(self, pointer: str) -> tuple[int, int] | None:
        """Return the line and column, from 1, of the value at a JSON pointer, or None if there is no such place."""
        raise NotImplementedError  # filled in by documents/positions.py
