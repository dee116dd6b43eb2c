"""`preflight lint`: are these policies valid, safe, and what their writer meant?"""

from __future__ import annotations

from typing import Annotated

import typer

from preflight.api import POLICY_TYPES, Level
from preflight.cli.lint_run import LintOptions, run_lint
from preflight.cli.options import (
    ChangedOnly,
    ColorWhen,
    Ignore,
    Output,
    PolicyTypeOption,
    ReportFormat,
    Select,
    Summary,
    TypeName,
    listed,
)
from preflight.cli.output import Color


def lint(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files and directories; - reads stdin.")],
    type_: PolicyTypeOption = TypeName.AUTO,
    format_: ReportFormat = None,
    output: Output = None,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: Annotated[
        Level | None, typer.Option(help="The lowest level that fails the run; defaults to the settings, or error.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Report security warnings as errors.")] = False,
    rules: Annotated[
        list[str] | None, typer.Option(metavar="DIR", help="A folder with custom rules; repeatable.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="FILE", help="A file of known findings, which don't count.")
    ] = None,
    write_baseline: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write all findings to a baseline file.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Fix what can be fixed without changing what is granted.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what --fix would change, without writing.")] = False,
    changed_only: ChangedOnly = None,
    summary: Summary = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 even if there are findings.")] = False,
    allow_none: Annotated[bool, typer.Option("--allow-none", help="Skip files without policies.")] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Lint every file, even if unchanged since the last run.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Maximum number of processes; defaults to one per core.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show each finding on one line.")] = False,
    color: ColorWhen = Color.AUTO,
) -> None:
    """Lint policies: are they valid and safe, and do they do what you intended? Exit code 0: clean; 1: findings; 2:
    something could not be read.
    """
    options = LintOptions(
        paths,
        next((each for each in POLICY_TYPES if each == type_.value), None),
        format_,
        output,
        listed(select),
        listed(ignore),
        fail_on,
        tuple(rules or ()),
        baseline,
        write_baseline,
        fix="show" if diff else "write" if fix else None,
        changed_only=changed_only,
        summary=summary,
        exit_zero=exit_zero,
        allow_none=allow_none,
        quiet=quiet,
        color=color,
        cache=not no_cache,
        jobs=jobs,
        strict=strict,
    )
    if code := run_lint(options):
        raise typer.Exit(code)
