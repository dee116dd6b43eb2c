"""Ending a run that a build service, a closing terminal or `timeout` stops, as Ctrl-C ends it: with what was begun."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_NAMES = ("SIGTERM", "SIGHUP")


@contextmanager
def ending_as_interrupted() -> Iterator[None]:
    """Raise KeyboardInterrupt for SIGTERM and SIGHUP too, until the block ends. Who ignores them (nohup) still does."""
    known = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    ours = threading.current_thread() is threading.main_thread()
    taken = [each for each in known if ours and signal.getsignal(each) is signal.SIG_DFL]
    for each in taken:
        signal.signal(each, signal.default_int_handler)
    try:
        yield
    finally:
        for each in taken:
            signal.signal(each, signal.SIG_DFL)
