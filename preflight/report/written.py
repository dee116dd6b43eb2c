"""Reports in files: there is the old one or the whole new one, and a pipe or device takes it as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from preflight.documents.text.atomic_write import replace_file, replacing


def write(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a whole report, `private` for the owner's eyes only.

    Raises `OSError`; what was there is then still there.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(data)
    else:
        replace_file(path, data, private=private)


@contextmanager
def writing(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """Give a stream for a report of any size, which is there when the block ends, or not at all. Raises `OSError`."""
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            yield stream
    else:
        with replacing(path, private=private) as stream:
            yield stream
