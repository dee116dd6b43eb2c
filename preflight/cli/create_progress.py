"""Showing on stderr what `preflight create` does: one line that moves on a terminal, else a line for each change."""

from __future__ import annotations

import sys
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

from preflight.api import events
from preflight.report.terminal import presentable

if TYPE_CHECKING:
    from rich.status import Status


class EventDisplay:
    """Shows events. `tell` is what a `Creation` is given; it says nothing when `quiet`."""

    def __init__(self, *, quiet: bool, color: bool | None = None) -> None:
        """Write to stderr; `color` is None to let the terminal decide."""
        self._quiet = quiet
        self._status: Status | None = None
        self._last = ""
        self._color = color
        self._console: Any = None

    def __enter__(self) -> EventDisplay:
        if not self._quiet:
            from preflight.cli.stderr_console import StderrConsole

            options: dict[str, Any] = {} if self._color is None else {"no_color": not self._color}
            self._console = StderrConsole(stderr=True, highlight=False, soft_wrap=True, **options)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def tell(self, event: events.Event) -> None:
        """Show one event. A screen that takes nothing more is no reason to leave what was begun at AWS."""
        if self._quiet:
            return
        with suppress(OSError, ValueError):
            self._show(event)

    def _show(self, event: events.Event) -> None:
        match event:
            case events.There(what, status):
                self._line(f"{what} is already there{f', {status}' if status else ''}")
            case events.Calling(what, doing):
                self._spin(f"{doing} {what}")
            case events.Again(what, reason, attempt, delay):
                self._line(f"{what}: {reason}; trying again in {delay:g} s (attempt {attempt + 1})")
            case events.Accepted(what, arn):
                self._line(f"AWS accepted {what}{f': {arn}' if arn else ''}")
            case events.Refused(what, reason):
                self._line(f"AWS refused {what}: {reason}")
            case events.Progress(what, status, seconds):
                self._spin(f"{what}: {status}", f" ({seconds:.0f} s)")
            case events.NotSeen(what, reason):
                self._spin(f"{what}: {reason}")
            case events.Undoing(what):
                self._spin(f"deleting {what}")
            case events.Undone(what, reason):
                self._line(f"{what} is not deleted: {reason}" if reason else f"{what} is deleted")
            case events.Waiting(what):
                self._line(f"interrupted; waiting for AWS's answer about {what} (again to leave at once)")

    def _line(self, text: str) -> None:
        self.stop()
        self._last = text
        self._console.print(presentable(text), markup=False)

    def _spin(self, text: str, detail: str = "") -> None:
        from rich.markup import escape

        if not self._console.is_terminal:
            if text != self._last:
                self._line(text)
            return
        if self._status is None:
            self._status = self._console.status("")
            self._status.start()
        self._status.update(escape(presentable(text + detail)))

    def stop(self) -> None:
        """Take away the line that moves, for what is printed next."""
        status, self._status = self._status, None
        if status is not None:
            with suppress(OSError, ValueError):
                status.stop()


def say(text: str) -> None:
    """Write a line to stderr."""
    with suppress(OSError, ValueError):
        print(presentable(text), file=sys.stderr)
