"""What `preflight lint --fix` writes, and what `--diff` shows of it."""

from __future__ import annotations

import codecs
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from preflight.cli.output import deliver
from preflight.documents.text.atomic_write import replace_file
from preflight.documents.text.load import decode, read_bytes
from preflight.errors import PreflightError
from preflight.report.terminal import clean

if TYPE_CHECKING:
    from preflight.lint.runner.one_file import Fix

_ENCODINGS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def write_fixes(fixes: Iterable[Fix]) -> Iterator[str]:
    """Write the files that were mended, each whole or not at all, in their own encoding; the text of stdin goes to
    stdout. Yields in one line each what could not be written.
    """
    for fix in fixes:
        if fix.path == "-":
            deliver(fix.after, None)
        elif fix.after != fix.before:
            try:
                _write(fix)
            except PreflightError as error:
                yield str(error)
            except OSError as error:
                yield f"{fix.path}: it cannot be written ({error.strerror}); make it and its folder writable"


def _write(fix: Fix) -> None:
    data = read_bytes(fix.path)
    if decode(data, fix.path) != fix.before:
        raise PreflightError(f"{fix.path}: it has changed while it was linted; lint it again")
    bom, encoding = next(((bom, name) for bom, name in _ENCODINGS.items() if data.startswith(bom)), (b"", "utf-8"))
    replace_file(Path(fix.path).resolve(), bom + fix.after.encode(encoding))


def diff_of(fixes: Iterable[Fix]) -> str:
    """Return what would be written as a unified diff."""
    return "".join(line for fix in fixes for line in _diff(fix))


def _diff(fix: Fix) -> Iterator[str]:
    name = " ".join(clean(fix.path).split(" "))
    before, after = _lines(fix.before), _lines(fix.after)
    for line in unified_diff(before, after, f"a/{name}", f"b/{name}"):
        shown = clean(line.rstrip("\n")) if sys.stdout.isatty() else line.rstrip("\n")
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
            yield f"{fix.path}: mended {rules}"
        yield from fix.left
