"""Standard streams that were closed before the command started, as `>&-` in a shell and some services do."""

from __future__ import annotations

import os
import sys


def occupy() -> None:
    """Open the null device in place of each closed stream: no file that is opened later gets its number, and with it
    what is printed. What is printed goes nowhere, and the exit code says how the command ended.

    `sys.stdin` stays None, so that a command that has to read it says that it is closed.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The system gives the lowest number that is free: this one. What preflight starts has it too.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 -- held until the end
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
