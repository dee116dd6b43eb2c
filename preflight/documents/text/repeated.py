"""Members that a document states more than once."""

from __future__ import annotations

from typing import NamedTuple


class Repeated(NamedTuple):
    """A member that stands in its object once more: its JSON pointer, and where its name stands this time."""

    pointer: str
    line: int
    column: int
