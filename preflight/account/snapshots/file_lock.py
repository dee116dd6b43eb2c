"""A lock on an open file itself, which goes with the process that holds it and leaves no other file behind."""

from __future__ import annotations

import errno
import os
import sys

_TAKEN = (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)
_BEYOND = 1 << 40


def lock(fileno: int) -> bool:
    """Lock an open file until it is closed. Says whether no other process has it; yes where there are no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            # A byte that no file has: what is locked cannot be read by others.
            at = os.lseek(fileno, 0, os.SEEK_CUR)
            os.lseek(fileno, _BEYOND, os.SEEK_SET)
            try:
                msvcrt.locking(fileno, msvcrt.LK_NBLCK, 1)
            finally:
                os.lseek(fileno, at, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(fileno, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _TAKEN
    return True
