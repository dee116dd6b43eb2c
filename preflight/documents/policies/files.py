"""Which files are read for what was given: files as they are, directories with all that may hold a policy."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from preflight.errors import InputError

HCL = (".tf", ".tofu", ".tf.json", ".tofu.json")
_PLAIN = (".json", ".yaml", ".yml", ".template", ".tfstate")
SUFFIXES = (*(f"{name}{packed}" for packed in ("", ".gz") for name in _PLAIN), *HCL)
_PASSED_BY = frozenset({"node_modules", "__pycache__", "site-packages"})


class FoundFile(NamedTuple):
    """A file to read. `named`: the user named it, rather than a directory that it is in, which is `top` then."""

    path: str
    named: bool
    top: str = ""


def files_in(
    paths: Iterable[str], passed_by: Callable[[str], bool] = lambda _: False, *, named: bool = True
) -> tuple[list[FoundFile], list[InputError]]:
    """Return the files that are given or lie in the directories that are given, each once, and what cannot be read.

    Directories are walked by name; those that are hidden, or hold what others wrote (`node_modules`), are passed by,
    as is every file that `passed_by` says. Links are followed, and no directory is entered twice. Without `named`, what
    is given is taken as what directories hold: files that may be policies.
    """
    found: dict[str, FoundFile] = {}
    errors: list[InputError] = []
    entered: set[tuple[int, int]] = set()
    for path in paths:
        if path != "-" and os.path.isdir(path):  # noqa: PTH112 -- a path of bytes that are no text stays as it is
            for each in _walk(path, entered, errors):
                if not passed_by(each):
                    found.setdefault(os.path.normpath(each), FoundFile(each, named=False, top=path))
        else:
            key = path if path == "-" else os.path.normpath(path)
            found[key] = FoundFile(path, named=named)
    return list(found.values()), errors


def _walk(top: str, entered: set[tuple[int, int]], errors: list[InputError]) -> Iterator[str]:
    folders = [top]
    while folders:
        folder = folders.pop()
        try:
            status = os.stat(folder)  # noqa: PTH116
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            errors.append(_unreadable(folder, error))
            continue
        below = []
        for entry in entries:
            path = entry.name if folder == "." else os.path.join(folder, entry.name)  # noqa: PTH118
            try:
                if entry.is_dir():
                    if not entry.name.startswith(".") and entry.name not in _PASSED_BY:
                        below.append(path)
                elif entry.name.endswith(SUFFIXES) and stat.S_ISREG(entry.stat().st_mode):
                    yield path
            except OSError as error:
                if entry.name.endswith(SUFFIXES):
                    errors.append(_unreadable(path, error))
        folders.extend(reversed(below))


def _unreadable(path: str, error: OSError) -> InputError:
    return InputError(path, f"it cannot be read ({error.strerror})", mend="make it readable, or leave it out")
