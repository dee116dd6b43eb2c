"""JSON pointers (RFC 6901): how a place in a document is written."""

from __future__ import annotations


def escape(part: str) -> str:
    """Return one member name as it is written in a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")


def unescape(part: str) -> str:
    """Return the member name that a part of a JSON pointer stands for."""
    return part.replace("~1", "/").replace("~0", "~")


def parts(pointer: str) -> list[str]:
    """Return the member names and indexes of a JSON pointer, from the outside in; none for the whole document."""
    return [unescape(part) for part in pointer.split("/")[1:]]
