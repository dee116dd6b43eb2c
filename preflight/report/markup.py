"""Text that nobody vouches for, as Markdown that shows it and does nothing else, on GitHub, GitLab and their like.

What is returned follows other text in its line: at the start of one it could still be a list or an order.
"""

from __future__ import annotations

import re

from preflight.report.terminal import clean, inert

_CUT = "..."
# A comment is shown as nothing, and what stands on its two sides is no mention, link or command any more.
_BREAK = "<!-- -->"
_LIVE = re.compile(r"[@#!]|:(?=//)|www(?=\.)", re.IGNORECASE)
_MARKS = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "<span>$</span>"}
    | {mark: f"&#{ord(mark)};" for mark in "\\`*_[]|~^{}"}
)
_QUOTED = re.compile(r"`([^`]+)`")


def inline(text: str, longest: int) -> str:
    """Return text as one line of Markdown; what is in backticks is shown as code."""
    parts = _QUOTED.split(_line(text, longest))
    return "".join(
        f"<code>{_literal(part)}</code>" if index % 2 else _literal(part) for index, part in enumerate(parts)
    )


def code(text: str, longest: int) -> str:
    """Return text as one line of code; nothing for no text."""
    line = _line(text, longest)
    return f"<code>{_literal(line)}</code>" if line else ""


def block(text: str, longest: int, indent: str) -> str:
    """Return text as a block of code, its lines as they are, in a fence that it cannot end."""
    lines = [inert(line) for line in clean(cut(text, longest)).splitlines()]
    runs = [len(run) for line in lines for run in re.findall("`+", line)]
    fence = "`" * max([3, *(run + 1 for run in runs)])
    return "\n".join(f"{indent}{line}" for line in [f"{fence}json", *lines, fence])


def cut(text: str, longest: int) -> str:
    """Return a text, or the beginning of one that is too long."""
    return text if len(text) <= longest else text[: longest - len(_CUT)] + _CUT


def _line(text: str, longest: int) -> str:
    return " ".join(clean(cut(text, longest)).split())


def _literal(text: str) -> str:
    pieces = _LIVE.sub(lambda found: f"{found.group()}\0", text).split("\0")
    return _BREAK.join(piece.translate(_MARKS) for piece in pieces)
