"""Placeholders where a value would stand, outside quotes: `"aws:SourceVpc": [${VPC_ID}]`, `Resource: {{ arn }}`.

What fills such a file in puts a whole value there, quotes and all, so that the file is no JSON or YAML before.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_FORM = r"[$#%]\{[^{}\"\n]{1,200}\}|\{\{[^{}\"\n]{1,200}\}\}|<[A-Za-z][\w .:/-]{0,60}>|__[A-Z][A-Z0-9_]*__"
_IN_JSON = re.compile(rf'"(?:[^"\\\n]|\\.)*"|({_FORM})')
# In YAML, what begins a value or an entry and has nothing behind it.
_IN_YAML = re.compile(rf"(?:(?<=: )|(?<=- )|(?<=\[)|(?<=, ))({_FORM})(?=\s*(?:[\],]|#|$))", re.MULTILINE)


class Quoted(NamedTuple):
    """A text with such placeholders in quotes, and what they are. Lines stay; columns behind one on its line move."""

    text: str
    placeholders: tuple[str, ...]


def quoted(text: str) -> Quoted | None:
    """Put the placeholders of a text into quotes; None if it has none outside of them."""
    found: dict[str, None] = {}

    def in_quotes(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        found[match[1]] = None
        return f'"{match[1]}"'

    form = _IN_JSON if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[") else _IN_YAML
    made = form.sub(in_quotes, text)
    return Quoted(made, tuple(found)) if found else None
