"""`preflight lint`: are these policies valid, safe, and what their writer meant?"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from preflight.cli.output import Color, colored, deliver, require_writable, width
from preflight.engine.result import Level, failed
from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.documents.config import Config
    from preflight.documents.found import PolicyType
    from preflight.engine.heads import Head
    from preflight.lint.check import LintRun

FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130


class Type(StrEnum):
    """What a policy is for; `auto` tells it from its elements."""

    AUTO = "auto"
    IDENTITY = "identity"
    RESOURCE = "resource"
    TRUST = "trust"
    SCP = "scp"
    RCP = "rcp"
    BOUNDARY = "boundary"
    SESSION = "session"
    VPC_ENDPOINT = "vpc-endpoint"


def lint(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files and directories; - is stdin.")],
    type_: Annotated[
        Type, typer.Option("--type", help="What bare policies are for, where nothing around them says it.")
    ] = Type.AUTO,
    format_: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="How to print the report: text, json, sarif, ...")
    ] = None,
    output: Annotated[str | None, typer.Option(metavar="FILE", help="Where to print it instead of stdout.")] = None,
    select: Annotated[
        list[str] | None, typer.Option(metavar="ID,...", help="Lint with these rules only (ids or prefixes).")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="ID,...", help="Leave these rules out.")] = None,
    fail_on: Annotated[
        Level | None, typer.Option(help="The least level at which a finding counts.", show_default="error")
    ] = None,
    rules: Annotated[
        list[str] | None, typer.Option(metavar="DIR", help="A folder with rules of your own; repeatable.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="FILE", help="Findings that are known and do not count.")
    ] = None,
    write_baseline: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write what is found there, to count as known from now on.")
    ] = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 whatever is found.")] = False,
    allow_none: Annotated[bool, typer.Option("--allow-none", help="Exit 0 though there is no policy at all.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show each finding on one line.")] = False,
    color: Annotated[Color, typer.Option(help="When to use colours.")] = Color.AUTO,
) -> None:
    """Lint policies: are they valid, safe, and what was meant? Exit code 0: clean; 1: findings; 2: something could not
    be read.
    """
    from preflight.report.formats import require_format

    format_ = format_ or ("github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text")
    require_format(format_)
    require_writable(output)
    require_writable(write_baseline, "--write-baseline")
    if paths.count("-") > 1:
        raise UsageError("- stands for stdin, which can be read only once")
    from preflight.documents.config import find_config

    config = find_config(paths)
    added = _added([*config.rules, *(rules or ())])
    heads = _heads(_listed(select) or config.select, _listed(ignore) or config.ignore, added)
    wanted: PolicyType | None = None if type_ is Type.AUTO else type_.value  # type: ignore[assignment]
    known = None if write_baseline is not None else baseline or config.baseline
    try:
        done = _lint(paths, heads, config, wanted, known)
    except KeyboardInterrupt:
        print("preflight: interrupted; a lint only reads, so nothing has changed", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    _require_policies(done, allow_none=allow_none)
    if write_baseline is not None:
        _write_baseline(done, write_baseline)
    else:
        deliver(_rendered(done, added, format_, output, color, quiet=quiet), output)
        _tell(done, known, output, quiet=quiet, allow_none=allow_none)
    for error in done.errors:
        _say(error)
    if done.errors:
        raise typer.Exit(UNUSABLE)
    threshold = fail_on or (Level(config.fail_on) if config.fail_on else Level.ERROR)
    if write_baseline is None and not exit_zero and failed(done.report.results, threshold):
        raise typer.Exit(FAILED)


def _heads(select: Sequence[str], ignore: Sequence[str], added: Sequence[Head]) -> list[Head]:
    from preflight.lint.rules import lint_rules

    return lint_rules(select, ignore, added)


def _added(folders: Sequence[str]) -> list[Head]:
    from preflight.lint.rules_added import added_rules

    return added_rules(folders)


def _lint(
    paths: Sequence[str], heads: Sequence[Head], config: Config, wanted: PolicyType | None, known: str | None
) -> LintRun:
    from preflight.lint.baseline import read_baseline
    from preflight.lint.check import lint as lint_paths

    if known is None:
        return lint_paths(paths, heads, config=config, type_=wanted)
    folder = str(Path(known).absolute().parent)
    return lint_paths(paths, heads, config=config, type_=wanted, baseline=read_baseline(known), baseline_folder=folder)


def _write_baseline(done: LintRun, file: str) -> None:
    from preflight.lint.baseline import baseline_text, named_from

    folder = str(Path(file).absolute().parent)
    entries = [each.moved(named_from(folder, each.file)) for each in done.entries]
    deliver(baseline_text(entries), file, "--write-baseline")
    _say(f"{file}: {len(entries)} findings are known from now on with --baseline {file}")


def _require_policies(done: LintRun, *, allow_none: bool) -> None:
    """Raise `UsageError` where there was nothing to lint: that is no clean result."""
    if done.policies or done.errors or allow_none:
        return
    if done.without:
        raise UsageError(f"{done.without[0]} holds no policy{_more(done.without)}; name a file that does")
    raise UsageError("there is no policy in what was given; name a file or directory with one, or add --allow-none")


def _tell(done: LintRun, known: str | None, output: str | None, *, quiet: bool, allow_none: bool) -> None:
    """Say on stderr what the report does not."""
    if done.without and not allow_none:
        _say(f"{done.without[0]} holds no policy{_more(done.without)}: passed over")
    if done.stale:
        were = "1 finding is" if done.stale == 1 else f"{done.stale} findings are"
        _say(f"{known}: {were} not there any more; write it anew with --write-baseline {known}")
    if output is not None and not quiet:
        from preflight.report.counting import summary

        _say(f"{summary(done.report)} (in {output})")


def _more(paths: Sequence[str]) -> str:
    return f", nor do {len(paths) - 1} more" if len(paths) > 1 else ""


def _say(line: str) -> None:
    from preflight.report.terminal import clean

    print(f"preflight: {' '.join(clean(line).split())}", file=sys.stderr)


def _rendered(
    done: LintRun, added: Sequence[Head], format_: str, output: str | None, color: Color, *, quiet: bool
) -> str:
    from preflight.engine.rule import load_file
    from preflight.report.formats import rendered
    from preflight.report.view import View

    reported = {result.rule for result in done.report.results}
    view = View(
        sources=done.sources,
        rules={head.id: load_file(head.path) for head in added if head.id in reported},
        folder=str(Path.cwd()),
        root=_root(Path.cwd()),
        width=width(output),
        color=colored(color, output),
        quiet=quiet,
    )
    return rendered(done.report, format_, view)


def _root(folder: Path) -> str:
    """Return the repository's root; empty outside of one."""
    return next((str(each) for each in (folder, *folder.parents) if (each / ".git").exists()), "")


def _listed(given: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(part for each in given or () for piece in each.split(",") if (part := piece.strip()))
