"""Which commands there are; each is loaded when it is run."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
import typer.core
import typer.main

_COMMANDS = {
    "check": "Will this plan work?",
    "create": "Check a plan, make its calls and wait until the resources are in service.",
    "lint": "Lint policies: are they valid and safe, and do they do what you intended?",
    "snapshot": "Save an account's state to a file, to check and audit without credentials.",
    "audit": "Audit an account: who can do what, what is failing, what is close to a quota.",
    "policy": "Print the least-privilege policy that a plan needs.",
    "simulate": "Evaluate requests against policies: unit tests for policies.",
    "prove": "Prove what policies grant, for every possible request.",
    "why": "Explain an access denied message: which policy denied it, and the smallest fix.",
    "server": "Serve an editor: findings as you type, fixes, help, completion (Language Server Protocol).",
    "mcp": "Serve checks, lints and proofs to agents (Model Context Protocol).",
    "rules": "List the rules.",
    "explain": "Explain a rule: why it exists, what fails it, how to fix it.",
}

# What an option takes that has one of these as its value in the help.
_NAMED = {"FILE": "file", "OLD": "file", "DIR": "folder"}


class _Commands(typer.core.TyperGroup):
    """A group whose commands are imported one by one, so that none pays for another."""

    def invoke(self, ctx: Any) -> Any:
        # typer ends for Ctrl-C with its code, and says nothing: a command that has more to say says it itself.
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Abort from None

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = _load(cmd_name)
        return self.commands[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS and not ctx.resilient_parsing:
            from difflib import get_close_matches

            near = get_close_matches(args[0], _COMMANDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(_COMMANDS)}"
            ctx.fail(f"unknown command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


class _Command(typer.core.TyperCommand):
    """A command whose usage shows its arguments without the braces that typer puts around them.

    An option that names a file or folder is given a name: an empty one, as of a variable that isn't set, would be the
    current folder to some, and nothing to others.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, args)
        for each in self.params:
            given = ctx.params.get(each.name or "")
            kind = _NAMED.get(getattr(each, "metavar", None) or "")
            if kind and "" in (given if isinstance(given, (list, tuple)) else [given]):
                ctx.fail(f"{each.opts[0]} has an empty name; name a {kind}, or leave the option out")
        return rest

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [piece.removeprefix("{").removesuffix("}") for piece in super().collect_usage_pieces(ctx)]


def _load(name: str) -> Any:
    one = typer.Typer(add_completion=False, rich_markup_mode=None)
    function = getattr(import_module(f"preflight.cli.{name}"), name)
    one.command(name, cls=_Command, short_help=_COMMANDS[name])(function)
    return typer.main.get_command(one)


def _version(wanted: bool) -> None:  # noqa: FBT001 -- typer gives it
    if wanted:
        from preflight import __version__

        print(f"preflight {__version__}")
        raise typer.Exit


app = typer.Typer(cls=_Commands, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def preflight(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Will this AWS call work, and is what allows it safe? Answered before anything is deployed."""


def started(arguments: Sequence[str]) -> object:
    """Parse the arguments, run their command and return what it ends with; raises what typer raises for bad usage."""
    if any(each.startswith(("--install-completion", "--show-completion")) for each in arguments):
        from preflight.cli.completing import complete_at_first_tab

        complete_at_first_tab()
    ended: object = typer.main.get_command(app).main(list(arguments), prog_name="preflight", standalone_mode=False)
    return ended
