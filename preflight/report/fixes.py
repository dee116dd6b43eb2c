"""What `lint --fix` mended, in a line each, and as a unified diff."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import unified_diff
from typing import TYPE_CHECKING

from preflight.report.terminal import clean

if TYPE_CHECKING:
    from preflight.lint.runner.one_file import Fix


def diff_of(fixes: Iterable[Fix], *, terminal: bool) -> str:
    """Return what would be written as a unified diff; for a `terminal`, without what could steer it."""
    return "".join(line for fix in fixes for line in _diff(fix, terminal=terminal))


def _diff(fix: Fix, *, terminal: bool) -> Iterator[str]:
    name = " ".join(clean(fix.path).split(" "))
    before, after = _lines(fix.before), _lines(fix.after)
    for line in unified_diff(before, after, f"a/{name}", f"b/{name}"):
        shown = clean(line.rstrip("\n")) if terminal else line.rstrip("\n")
        yield f"{shown}\n" if line.endswith("\n") else f"{shown}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Take a text apart at its line feeds alone, as diff does."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def told(fixes: Sequence[Fix], *, written: bool) -> Iterator[str]:
    """Yield what was mended, if it is `written`, and what was not, a line each."""
    for fix in fixes:
        if fix.rules and written:
            rules = ", ".join(f"{rule} ({count})" for rule, count in sorted(Counter(fix.rules).items()))
            yield f"{fix.path}: fixed {rules}"
        yield from fix.left
