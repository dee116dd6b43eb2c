"""What tools are given: documents as text or data, and files under the server's roots.

A document that is handed over is put in a folder of its own for as long as the call takes, so that it is read as a file
is: nothing beside it can be meant by it, and no settings of a project apply to it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from preflight.documents.policies.files import files_in
from preflight.errors import UsageError

MOST_BYTES = 4 << 20
"""How large a document, or a file, may be."""
MOST_FILES = 100
"""How many paths one call may name."""

Text: TypeAlias = dict[str, Any] | list[Any] | str


class Roots:
    """The folders from which tools may read files. What lies outside of all of them is refused, links included."""

    def __init__(self, folders: Sequence[str]) -> None:
        """Take the folders. Raises `UsageError` for one that is not there."""
        self.folders = tuple(Path(each).resolve() for each in folders)
        for given, folder in zip(folders, self.folders, strict=True):
            if not folder.is_dir():
                raise UsageError(f"--root {given} is not a directory; name one that files may be read from")

    def file(self, path: str) -> str:
        """Return the path of a regular file under a root. Raises `UsageError` for any other."""
        found = self._within(path)
        if not found.is_file():
            raise UsageError(f"{path} is not a file")
        if (size := found.stat().st_size) > MOST_BYTES:
            raise UsageError(f"{path} has {size:,} bytes; a tool reads files of up to {MOST_BYTES:,}")
        return str(found)

    def path(self, path: str) -> str:
        """Return the path of a file or directory under a root. Raises `UsageError` for any other."""
        found = self._within(path)
        if not found.is_dir():
            return self.file(path)
        files, errors = files_in([str(found)])
        for each in (*(file.path for file in files), *(error.path for error in errors)):
            if not any(Path(os.path.realpath(each)).is_relative_to(folder) for folder in self.folders):
                raise UsageError(
                    f"{self.shown(each)} in {path} leads out of the server's roots by a link; name the files to "
                    "read, or start the server with --root DIR for others"
                )
        return str(found)

    def shown(self, path: str) -> str:
        """Return a path as it is shown: relative to the root that it is under."""
        for folder in self.folders:
            if Path(path).is_relative_to(folder):
                return str(Path(path).relative_to(folder))
        return path

    def _within(self, path: str) -> Path:
        if not path or "\0" in path:
            raise UsageError("the path is empty or holds a NUL character")
        try:
            for folder in self.folders:
                found = (folder / path).resolve()
                if found.is_relative_to(folder) and found.exists():
                    return found
        except (OSError, ValueError, RuntimeError):
            raise UsageError(f"{path} can't be read") from None
        roots = ", ".join(map(str, self.folders))
        raise UsageError(f"there is no {path} under the server's roots ({roots}); start it with --root DIR for others")


@contextmanager
def handed_over(documents: Mapping[str, Text]) -> Iterator[dict[str, str]]:
    """Write documents to private files, by their names, and take them away again. Raises `UsageError` for a large one.

    Text is written as it is; its file has the suffix of YAML, which JSON is as well, unless its name has one.
    """
    with TemporaryDirectory(prefix="preflight-") as folder:
        written = {}
        for name, document in documents.items():
            text = document if isinstance(document, str) else json.dumps(document)
            data = text.encode("utf-8", "surrogatepass")
            if len(data) > MOST_BYTES:
                raise UsageError(f"{name} has {len(data):,} bytes; a tool takes up to {MOST_BYTES:,}")
            path = Path(folder).resolve() / (name if "." in name else f"{name}.{_suffix(text)}")
            path.write_bytes(data)
            written[name] = str(path)
        yield written


def _suffix(text: str) -> str:
    return "json" if text.lstrip()[:1] in ("{", "[") else "yaml"
