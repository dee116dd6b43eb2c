"""Texts of which only the shape is known: what a template leaves to the deploy (a parameter, a name AWS will give).

The part that is not known stands in the text between two characters of Unicode's private use area, with a label that
says what it hangs on. So it goes through formatting, lower-casing and splitting as any text does, and an ARN that is
made of such a name is itself known by shape.
"""

from __future__ import annotations

import re

_OPEN, _CLOSE = "\ue000", "\ue001"
_PART = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")


def unresolved(label: str) -> str:
    """Return a text of which nothing is known but what it hangs on: `parameter EndpointName`, a Terraform address."""
    return f"{_OPEN}{label.replace(_OPEN, '').replace(_CLOSE, '')}{_CLOSE}"


def is_unresolved(value: object) -> bool:
    """Say whether a value is a text that is, wholly or in part, not known."""
    return isinstance(value, str) and _OPEN in value


def hangs_on(text: str) -> tuple[str, ...]:
    """Return the labels of the unknown parts of a text, each once, in order."""
    return tuple(dict.fromkeys(_PART.findall(text)))


def shown(text: str) -> str:
    """Return a text as messages show it: `endpoint/${parameter Name}`."""
    return _PART.sub(lambda part: f"${{{part[1]}}}", text)


def as_pattern(text: str) -> str:
    """Return the pattern that a text is known to match: `?*` for each part that is not known."""
    return _PART.sub("?*", text)
