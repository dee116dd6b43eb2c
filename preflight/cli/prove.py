"""`preflight prove`: what policies grant for every request there can be."""

from __future__ import annotations

from typing import Annotated

import typer

from preflight.api import Claim
from preflight.api.proofs import prove as prove_claim
from preflight.cli.options import ColorWhen, Output, PolicyTypeOption, ReportFormat, TypeName
from preflight.cli.output import Color, deliver, format_named, require_writable, viewed
from preflight.errors import UsageError
from preflight.report.proof import rendered

_CODES = {"holds": 0, "fails": 1, "unknown": 3}


def prove(
    claim: Annotated[Claim, typer.Argument(metavar="CLAIM", help=f"One of {', '.join(Claim)}.")],
    paths: Annotated[
        list[str], typer.Argument(metavar="POLICY...", help="Files and directories; no-new-access: OLD and NEW.")
    ],
    against: Annotated[
        str | None,
        typer.Option(metavar="REF", help="no-new-access: compare with this git ref instead of OLD."),
    ] = None,
    action: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="not-granted: an action; repeatable.")
    ] = None,
    resource: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="not-granted: a resource; repeatable.")
    ] = None,
    principal: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="not-granted: a principal; repeatable.")
    ] = None,
    type_: PolicyTypeOption = TypeName.AUTO,
    assume: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Fix the value of a condition key; repeatable.")
    ] = None,
    today: Annotated[bool, typer.Option("--today", help="Count only actions that exist today.")] = False,
    format_: ReportFormat = None,
    output: Output = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Hide what was proved.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show everything in full.")] = False,
    color: ColorWhen = Color.AUTO,
) -> None:
    """Prove what policies grant, for every possible request. Exit code 0: proved; 1: disproved, with example requests;
    2: something could not be read; 3: UNKNOWN, with the reason.
    """
    name = format_named(format_)
    require_writable(output)
    answer = prove_claim(
        claim.value,
        paths,
        against=against,
        type_=None if type_ is TypeName.AUTO else type_.value,
        actions=action or (),
        resources=resource or (),
        principals=principal or (),
        assume=_assumed(assume or ()),
        today=today,
    )
    view = viewed(output, color, quiet=quiet, verbose=verbose, sources=answer.sources)
    deliver(rendered(answer, name, view), output)
    if code := _CODES[answer.verdict.value]:
        raise typer.Exit(code)


def _assumed(given: list[str] | tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not (key and equals):
            raise UsageError(f"--assume {each} isn't KEY=VALUE; write --assume aws:SourceIp=198.51.100.7")
        found.setdefault(key, []).append(value)
    return found
