"""Writing mended files: each whole or not at all, in its own encoding."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path

from preflight.documents.text.atomic_write import replace_file
from preflight.documents.text.load import decode, read_bytes
from preflight.errors import PreflightError
from preflight.lint.runner.one_file import Fix

_ENCODINGS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def write_fixes(fixes: Iterable[Fix]) -> Iterator[tuple[str, str]]:
    """Write the files that were mended; yields each file that could not be written, with why in one line. The text of
    stdin is left to who asked for it.
    """
    for fix in fixes:
        if fix.path != "-" and fix.after != fix.before:
            try:
                _write(fix)
            except PreflightError as error:
                yield fix.path, str(error)
            except OSError as error:
                yield (
                    fix.path,
                    f"{fix.path}: it cannot be written ({error.strerror}); make it and its folder writable",
                )


def _write(fix: Fix) -> None:
    target = Path(fix.path).resolve()
    if fix.top and not target.is_relative_to(Path(fix.top).resolve()):
        raise PreflightError(f"{fix.path}: it is a link to a file outside {fix.top}; fix that file itself")
    data = read_bytes(fix.path)
    if decode(data, fix.path) != fix.before:
        raise PreflightError(f"{fix.path}: it changed while it was being linted; lint it again")
    bom, encoding = next(((bom, name) for bom, name in _ENCODINGS.items() if data.startswith(bom)), (b"", "utf-8"))
    replace_file(target, bom + fix.after.encode(encoding))
