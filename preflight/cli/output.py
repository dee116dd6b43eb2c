"""Where a report goes: stdout, or a file that is either the old one or the whole new one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import BinaryIO

from preflight.errors import UsageError
from preflight.report.formats import FORMATS, require_format
from preflight.report.view import View
from preflight.report.written import write, writing

FORMAT_NAMES = "|".join(FORMATS)
_WIDEST = 100
_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


class Color(StrEnum):
    """When to use color."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def format_named(name: str | None) -> str:
    """Return the format to print in: as told, else GitHub's where its Actions run the command, else text.

    Raises `UsageError` for a name that is no format's.
    """
    if name is not None:
        require_format(name)
        return name
    return "github" if os.environ.get("GITHUB_ACTIONS") else "text"


def viewed(
    output: str | None, color: Color, *, quiet: bool, verbose: bool, sources: Mapping[str, str] | None = None
) -> View:
    """Return how a report is to be shown here: `sources` are the texts that results are about, by their paths.

    Reports for code hosts name files from the root of the checkout, where GitHub's or GitLab's runners say where it
    is and the command runs in it; else from the current folder.
    """
    folder = Path.cwd()
    roots = [Path(told).resolve() for name in _ROOTS if (told := os.environ.get(name))]
    root = next((each for each in roots if folder.is_relative_to(each)), folder)
    real = {path: os.path.realpath(path) for path in sources or () if path != "-"}
    return View(
        sources=sources or {},
        real={path: target for path, target in real.items() if target != os.path.normpath(folder / path)},
        folder=str(folder),
        root=str(root),
        width=width(output),
        color=colored(color, output),
        quiet=quiet,
        verbose=verbose,
        rule_pages=partial(_pages_address, tuple(sources or ())),
    )


def _pages_address(paths: tuple[str, ...]) -> str:
    from preflight.api.rule_pages import pages_address

    return pages_address(*paths)


def require_writable(output: str | None, option: str = "--output") -> None:
    """Check before the work that a file can be written there. Raises `UsageError`."""
    if output is None:
        return
    folder = Path(output).absolute().parent
    try:
        with suppress(OSError):
            os.stat(output)  # noqa: PTH116
    except ValueError as error:  # A NUL, or half of a surrogate pair.
        raise UsageError(f"{option}: no file can have this name ({error}); name another file") from None
    if os.path.isdir(output):  # noqa: PTH112 -- takes every text
        raise UsageError(f"{option} {output} is a directory; name a file in it")
    if not os.path.isdir(folder):  # noqa: PTH112
        raise UsageError(f"{option} {output}: there is no directory {folder}; create it, or name another file")
    if not os.access(output if os.path.exists(output) else folder, os.W_OK):  # noqa: PTH110
        raise UsageError(f"{option} {output} may not be written; name another file")


def deliver(text: str, output: str | None, option: str = "--output", *, private: bool = False) -> None:
    """Write a report to stdout, or whole to a file, `private` for the owner's eyes only.

    Raises `UsageError` when the file cannot be written; what stood there is then still there.
    """
    if output is None:
        _print(text)
        return
    try:
        write(output, text.encode(), private=private)
    except OSError as error:
        raise UsageError(f"{option} {output} cannot be written ({error.strerror}); name another file") from None


def _print(text: str) -> None:
    """Print, and let a reader that has left (`| head`) not change how the command ends."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        discard_stdout()


def printed(text: str) -> bool:
    """Print where that is possible; says whether it was, all of it."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except (OSError, ValueError):
        discard_stdout()
        return False
    return True


def discard_stdout() -> None:
    """Let what is still to be printed go nowhere: nothing may be flushed to a stream at exit that takes nothing."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def colored(choice: Color, output: str | None) -> bool:
    """Say whether to use colours: as told, else on a terminal unless NO_COLOR is set (https://no-color.org)."""
    if choice is Color.AUTO:
        wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return output is None and wanted and sys.stdout.isatty()
    return choice is Color.ALWAYS


def looked_on() -> bool:
    """Say whether somebody looks on, on a terminal that can show how far something is."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def width(output: str | None) -> int:
    """Return how wide text may be: the terminal, up to where lines are hard to follow; 80 in files and pipes."""
    if output is not None or not sys.stdout.isatty():
        return 80
    import shutil

    return min(shutil.get_terminal_size().columns, _WIDEST)


@contextmanager
def streaming(output: str | None, option: str = "--output", *, private: bool = False) -> Iterator[BinaryIO]:
    """Give a stream for a report of any size: stdout, or a file that is there whole when the block ends, or not at all.

    Raises `UsageError` when the file cannot be written.
    """
    if output is None:
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            discard_stdout()
        return
    try:
        with writing(output, private=private) as stream:
            yield stream
    except OSError as error:
        raise UsageError(f"{option} {output} cannot be written ({error.strerror}); name another file") from None
