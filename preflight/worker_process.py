"""What a process that works for another one owes it: not to be interrupted in its place, and to end with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from multiprocessing.process import BaseProcess


def serve_parent() -> None:
    """Prepare a process. An interruption is for the one that started it, which stops them all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()


def _end_with(parent: BaseProcess | None) -> None:
    """End this process when the one that started it was killed: it would wait for work for ever."""
    if parent is not None:
        parent.join()
        os._exit(1)
