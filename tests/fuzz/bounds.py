"""What every command keeps to: it ends in time, with an exit code of its own, and without a traceback."""

from __future__ import annotations

import io
import signal
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from preflight.cli.app import invoke

SECONDS = 20


class TooLong(BaseException):
    """A command that does not end."""


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Raise `TooLong` where the block takes longer than these seconds of the processor, or ten times as many in all."""

    def late(*_: object) -> None:
        raise TooLong(f"more than {seconds} seconds")

    # Seconds of the processor, which others cannot take; and of a clock, for what waits without end.
    before = signal.signal(signal.SIGPROF, late), signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.alarm(10 * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        signal.signal(signal.SIGPROF, before[0])
        signal.signal(signal.SIGALRM, before[1])


def ended(arguments: tuple[str, ...], seen: str) -> None:
    """Run a command in this process, and require that it ends as commands do."""
    out, err = io.TextIOWrapper(io.BytesIO(), errors="backslashreplace"), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), at_most(SECONDS):
        code = invoke(arguments)
    assert code in (0, 1, 2, 3, 4), f"{seen}: {arguments}: {code}: {err.getvalue()[-600:]}"
    assert "Traceback" not in err.getvalue(), f"{seen}: {arguments}"
