"""rich's console on a stderr that may be closed."""

from __future__ import annotations

from rich.console import Console


class StderrConsole(Console):
    """A console that raises BrokenPipeError where nobody reads on; rich's own ends the program there, with code 1."""

    def on_broken_pipe(self) -> None:
        """Raise again what rich is handling when it calls this."""
        raise
