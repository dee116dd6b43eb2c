"""Writing files that are either the old one or the whole new one, whatever happens meanwhile."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """Give a stream beside the file that takes its place when the block ends, which the file system does in one step.

    `private`: for the owner's eyes only. Raises `OSError`; what stood there is then still there.
    """
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        # No one may read for a moment what they may not read before or after.
        before = stat.S_IMODE(path.stat().st_mode) if not private and path.exists() else None
        mode = 0o600 if private else 0o666 if before is None else before | stat.S_IWUSR
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if before is not None:
            beside.chmod(before)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def replace_file(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file whole. Raises `OSError`; what stood there is then still there."""
    with replacing(path, private=private) as stream:
        stream.write(data)
