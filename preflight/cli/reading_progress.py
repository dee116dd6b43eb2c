"""How far the reading of an account is, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from preflight.cli.output import looked_on


@contextmanager
def reading(*, wanted: bool) -> Iterator[Callable[[int, str], None] | None]:
    """Give what is told how many facts were read and the kind of the last; None where nobody looks on."""
    if not wanted or not looked_on():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.completed} facts"),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("asking AWS", total=None)
        yield lambda done, kind: bar.update(task, completed=done, description=f"read {kind}")
