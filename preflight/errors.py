"""The errors that preflight raises on purpose; only the command line turns them into text and exit codes."""

from __future__ import annotations

import re

_PLACE = re.compile(r"line (\d+), column (\d+)\)?$")


class PreflightError(Exception):
    """The root of every error raised on purpose. `str(error)` is one line that a user can act on."""


class UsageError(PreflightError):
    """Options that do not fit together, or that name something that is not there (exit code 2)."""


class InputError(PreflightError):
    """A document cannot be used: names the file, the place in it, what is wrong and the mend (exit code 2).

    `path` is the file as the user named it (`-` for stdin); `place` is a JSON pointer or `line L, column C`;
    `mend` is an imperative that says how to put it right.
    """

    def __init__(self, path: str, problem: str, *, place: str = "", mend: str = "") -> None:
        self.path, self.problem, self.place, self.mend = path, problem, place, mend
        where = f"{path}: {place}" if place else path
        super().__init__(_one_line(f"{where}: {problem}" + (f"; {mend}" if mend else "")))

    @property
    def position(self) -> tuple[int, int] | None:
        """Line and column of the place, from 1; None where it has none."""
        found = _PLACE.search(self.place)
        return (int(found[1]), int(found[2])) if found else None


def _one_line(text: str) -> str:
    """Return a text with what would break a line or steer a terminal written out: names in a document can hold any."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
