"""The `preflight` command: how it is started, and how errors end."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

from preflight.errors import PreflightError, UsageError

_FLAGS = {
    "--allow-none": ("allow_none", True),
    "--exit-zero": ("exit_zero", True),
    "--no-cache": ("cache", False),
    "--quiet": ("quiet", True),
    "--strict": ("strict", True),
    "-q": ("quiet", True),
}
_USAGE, _DEFECT, _INTERRUPTED = 2, 70, 130
# A name, a right or a limit of the system: what the user can change, not preflight.
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP, errno.EMFILE, errno.ENFILE)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main() -> None:
    """Run the command line and exit with its code."""
    # Reading models and rules makes many objects that stay: looking them through for cycles took a fifth of the time.
    gc.set_threshold(100_000)
    if None in (sys.stdin, sys.stdout, sys.stderr):
        from preflight.cli.closed_streams import occupy

        occupy()
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks is no reason to fail.
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.unraisablehook = _not_lost
    sys.excepthook = _without_credentials
    code = invoke(sys.argv[1:])
    if code == _INTERRUPTED:
        # Where an `exec` of text was interrupted (a dataclass in the making), CPython would end the process by the
        # signal, whatever the code: another `exec` makes it forget.
        exec("")
    # At its end the interpreter would look all of them through again, several times.
    gc.freeze()
    try:
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        # What a closed pipe did not take would be flushed at the end once more, and change the code.
        with suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    sys.exit(code)


def _without_credentials(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print a traceback (PREFLIGHT_DEBUG): it is for a report of a defect, so no credentials are in it."""
    import traceback

    from preflight.report.terminal import presentable

    print(presentable("".join(traceback.format_exception(kind, error, trace))), end="", file=sys.stderr)


def _not_lost(lost: sys.UnraisableHookArgs) -> None:
    """Deliver a Ctrl-C once more that hit a callback of the interpreter's own (an import's), where exceptions end."""
    if lost.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(lost)
        return
    import signal
    import threading

    def interrupt() -> None:
        if sys.platform == "win32":
            signal.raise_signal(signal.SIGINT)
        else:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    again = threading.Timer(0.05, interrupt)
    again.daemon = True
    again.start()


def invoke(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every error is one line on stderr."""
    try:
        _require_names_apart(arguments)
        code = _ended(arguments)
        if not sys.stdout.closed:  # as a server does where the client leaves
            sys.stdout.flush()
    except PreflightError as error:
        return _end(_USAGE, str(error))
    except KeyboardInterrupt:
        return _end(_INTERRUPTED, "interrupted")
    except BrokenPipeError:
        return _unread()
    except OSError as error:
        if refused := _refused(error):
            return _end(_USAGE, refused)
        if error.errno not in _NO_ROOM or error.filename is not None:
            return _defect(error)
        _unread()
        return _end(_USAGE, f"the output cannot be written ({error.strerror}); make room")
    except Exception as error:
        if type(error).__name__ == "Abort":
            return _end(_INTERRUPTED, "interrupted")
        if said := getattr(error, "format_message", None):
            return _usage(error, said())
        return _defect(error)
    return code if isinstance(code, int) else 0


def _refused(error: OSError) -> str:
    """Return what the system refuses, and what to do; empty for an error that is preflight's own."""
    if error.errno in _REFUSED and error.filename is not None:
        return f"{error.filename}: it cannot be used ({error.strerror}); name another file, or make it accessible"
    if error.errno == errno.ENOENT and error.filename is None:
        return "the current directory does not exist any more; change to another one"
    return ""


def _require_names_apart(arguments: Sequence[str]) -> None:
    """Refuse, in pre-commit's hooks, a committed file whose name is an option: `--write-baseline=x.json`.

    pre-commit puts the names of files behind the hook's `args`, which end with `--` by default.
    """
    if "PRE_COMMIT" not in os.environ or "--" in arguments:
        return
    for each in arguments:
        if each.startswith("-") and os.path.lexists(each):
            raise UsageError(f'{each} is the name of a file, not an option; end the args of the hook with "--"')


def _ended(arguments: Sequence[str]) -> object:
    """Run the command. To load what parses options takes as long as to lint a policy: a lint that is given nothing but
    files and flags, as pre-commit and editors call it, goes without.
    """
    if arguments[:1] == ["lint"] and (lint := _only_files(arguments[1:])):
        from preflight.cli.lint_run import LintOptions, run_lint

        files, flags = lint
        return run_lint(LintOptions(files, **flags))
    from preflight.cli.commands import started

    return started(arguments)


def _only_files(arguments: Sequence[str]) -> tuple[list[str], dict[str, Any]] | None:
    """Return the files and the flags of a lint without other options; None where there is any, or no file.

    What follows `--` is the name of a file, whatever it looks like.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    before, named = arguments[:end], arguments[end + 1 :]
    files = [*(each for each in before if each not in _FLAGS), *named]
    if not all(files) or not files or any(each.startswith("-") for each in files[: len(files) - len(named)]):
        return None
    return files, dict(_FLAGS[each] for each in before if each in _FLAGS)


def _usage(error: Exception, said: str) -> int:
    """End for what typer refuses; no command at all gets the help, which is then what it says."""
    if type(error).__name__ == "NoArgsIsHelpError":
        print(said, file=sys.stderr)
        return _USAGE
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "preflight"
    said = said.replace("Value error, ", "").rstrip(".")
    return _end(_USAGE, f"{said}{'' if said.endswith('?') else ';'} see {command} --help")


def _defect(error: Exception) -> int:
    if os.environ.get("PREFLIGHT_DEBUG"):
        raise error
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f"{frame.tb_frame.f_globals.get('__name__')}:{frame.tb_lineno}" if frame is not None else "?"
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return _end(
        _DEFECT,
        f"internal error: {what} ({where}); please report it with the command and the output of PREFLIGHT_DEBUG=1",
    )


def _unread() -> int:
    """End quietly when whoever reads the output has left; nothing may be flushed to it at exit either."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _end(code: int, said: str) -> int:
    from preflight.report.terminal import presentable

    with suppress(OSError):
        print(f"preflight: {' '.join(presentable(said).split())}", file=sys.stderr)
    return code
