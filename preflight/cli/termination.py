"""Ending a run that a build service, a closing terminal or `timeout` stops, as Ctrl-C ends it: with what was begun."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_NAMES = ("SIGTERM", "SIGHUP")
# Signals this close together are one wish to end: systemd sends SIGTERM and SIGHUP at once, and who starts a command on
# a terminal (`uv run`, `npm`) passes on the Ctrl-C that the command has too. The second would be raised while the first
# is dealt with. `_not_lost` of preflight.cli.app sends one again after a longer time.
_AT_ONCE = 0.03


@contextmanager
def ending_as_interrupted() -> Iterator[None]:
    """Raise KeyboardInterrupt for SIGTERM and SIGHUP too, until the block ends, and once for signals that come at once.
    Who ignores them (nohup) still does.
    """
    known = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    before = dict.fromkeys(known, signal.SIG_DFL) | {signal.SIGINT: signal.default_int_handler}
    ours = threading.current_thread() is threading.main_thread()
    taken = {each: usual for each, usual in before.items() if ours and signal.getsignal(each) is usual}
    handler = _once()
    for each in taken:
        signal.signal(each, handler)
    try:
        yield
    finally:
        for each, usual in taken.items():
            signal.signal(each, usual)


def _once() -> Callable[..., None]:
    last = -1.0

    def interrupt(*_: object) -> None:
        nonlocal last
        before, last = last, time.monotonic()
        if before < 0 or last - before > _AT_ONCE:
            raise KeyboardInterrupt

    return interrupt
