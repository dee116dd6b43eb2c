"""JSON pointers (RFC 6901): how a place in a document is written."""

from __future__ import annotations


def escape(part: str) -> str:
    """Return one member name as it stands in a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")
