"""The `preflight` command: which commands there are, and how errors end. Each command is loaded when it is run."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from preflight.errors import PreflightError

_COMMANDS = {
    "check": "Is this plan going to work?",
    "create": "Check a plan, make its calls and follow them to their end.",
    "lint": "Lint policies: are they valid, safe, and what was meant?",
    "policy": "Print the least-privilege policy that a plan needs.",
    "simulate": "Decide whether requests are allowed: unit tests for policies.",
    "rules": "List the rules.",
    "explain": "Explain a rule: why it is there, what breaks it, what to do.",
}
_USAGE, _DEFECT, _INTERRUPTED = 2, 70, 130


class _Commands(typer.core.TyperGroup):
    """A group whose commands are imported one by one, so that none pays for another."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = _load(cmd_name)
        return self.commands[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(args[0], _COMMANDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(_COMMANDS)}"
            ctx.fail(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


def _load(name: str) -> Any:
    one = typer.Typer(add_completion=False, rich_markup_mode=None)
    function = getattr(import_module(f"preflight.cli.{name}"), name)
    one.command(name, short_help=_COMMANDS[name])(function)
    return typer.main.get_command(one)


def _version(wanted: bool) -> None:
    if wanted:
        from preflight import __version__

        print(f"preflight {__version__}")
        raise typer.Exit


app = typer.Typer(cls=_Commands, add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def preflight(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Will this AWS call work, and is what allows it safe? Answered before anything is deployed."""


def main() -> None:
    """Run the command line and exit with its code."""
    # Reading models and rules makes many objects that stay: looking them through for cycles took a fifth of the time.
    gc.set_threshold(100_000)
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks is no reason to fail.
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    code = run(sys.argv[1:])
    # At its end the interpreter would look all of them through again, several times.
    gc.freeze()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every error is one line on stderr."""
    try:
        code = typer.main.get_command(app).main(list(arguments), prog_name="preflight", standalone_mode=False)
        sys.stdout.flush()
    except PreflightError as error:
        return _end(_USAGE, str(error))
    except KeyboardInterrupt:
        return _end(_INTERRUPTED, "interrupted")
    except typer.Abort:
        return _end(_INTERRUPTED, "interrupted")
    except BrokenPipeError:
        return _unread()
    except Exception as error:
        if said := getattr(error, "format_message", None):
            return _usage(error, said())
        return _defect(error)
    return code if isinstance(code, int) else 0


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
        f"a defect of preflight: {what} ({where}); please report it with the command, and what PREFLIGHT_DEBUG=1 adds",
    )


def _unread() -> int:
    """End quietly when whoever reads the output has left; nothing may be flushed to it at exit either."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _end(code: int, said: str) -> int:
    from preflight.report.terminal import clean

    with suppress(OSError):
        print(f"preflight: {' '.join(clean(said).split())}", file=sys.stderr)
    return code
