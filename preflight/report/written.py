"""What commands write to a file that the user names: there is the old one or the whole new one, written through links,
and a pipe or device takes it as it comes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from preflight.documents.text.atomic_write import replace_file, replacing


def takes_as_it_comes(path: Path | str) -> bool:
    """Say whether it is a pipe or a device, of which there is no old and new, and beside which nothing can be kept."""
    path = Path(path)
    return path.exists() and not path.is_file()


def write(path: Path | str, data: bytes, *, private: bool = False) -> None:
    """Write a whole report, `private` for the owner's eyes only.

    Raises `OSError`; what was there is then still there.
    """
    path = Path(os.path.realpath(path))
    if takes_as_it_comes(path):
        path.write_bytes(data)
    else:
        replace_file(path, data, private=private)


@contextmanager
def writing(path: Path | str, *, private: bool = False) -> Iterator[BinaryIO]:
    """Give a stream for a report of any size, which is there when the block ends, or not at all. Raises `OSError`."""
    path = Path(os.path.realpath(path))
    if takes_as_it_comes(path):
        with path.open("wb") as stream:
            yield stream
    else:
        with replacing(path, private=private) as stream:
            yield stream
