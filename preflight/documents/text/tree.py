"""Files that a document names: read only inside the tree of the one that the user named, and only so much of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from preflight.documents.text.document import Document
from preflight.documents.text.load import load
from preflight.errors import InputError
from preflight.relative_paths import lies_in

_MOST_BYTES = 64 << 20
_MOST_FILES = 1000
_WITHIN: ContextVar[tuple[Path, ...]] = ContextVar("_WITHIN", default=())


@contextmanager
def within(folders: Sequence[Path]) -> Iterator[None]:
    """Let no tree reach out of these folders, given without links, however large the work tree is."""
    token = _WITHIN.set(tuple(folders))
    try:
        yield
    finally:
        _WITHIN.reset(token)


class Tree:
    """The work tree of git that a file lies in, else its folder. Reads regular files in it; one total is for them all.

    A document that is named again is not read again.
    """

    def __init__(self, named: str) -> None:
        self._top = work_tree_of(os.path.dirname(named) if named != "-" else ".")  # noqa: PTH120
        self._read: dict[str, Document] = {}
        self._bytes = self._files = 0

    def load(self, path: str, by: str) -> Document | None:
        """Read the file that a document (`by`) names, which may be a template; None where there is none in the tree.

        Raises `InputError` for one that cannot be used, and where documents name too much.
        """
        try:
            real = os.path.realpath(path)
            about = os.stat(real)  # noqa: PTH116
        except (OSError, ValueError):
            return None
        if not lies_in(real, self._top) or not stat.S_ISREG(about.st_mode):
            return None
        document = self._read.get(real)
        self._files += 1
        self._bytes += about.st_size
        if self._files <= _MOST_FILES and self._bytes <= _MOST_BYTES and document is None:
            document = self._read[real] = load(path, template=True)
            self._bytes += max(len(document.text) - about.st_size, 0)
        if document is None or self._files > _MOST_FILES or self._bytes > _MOST_BYTES:
            limit = f"{_MOST_FILES} files or {_MOST_BYTES >> 20} MiB"
            raise InputError(
                by, f"it refers to more than {limit}, directly or indirectly", mend="check its parts one by one"
            )
        return document


def work_tree_of(named: str) -> str:
    """Return the work tree of git that a folder lies in, else the folder; without links."""
    folder = Path(os.path.realpath(named))
    top = next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)
    limits = [each for each in _WITHIN.get() if folder.is_relative_to(each)]
    return str(max([top, *limits], key=lambda each: len(each.parts)))
