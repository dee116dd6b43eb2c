"""`preflight simulate`: decisions for cases, and unit tests for policies."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from preflight import api
from preflight.cli.options import AllowOpen, LiveEndpointUrl, LiveProfile, Output
from preflight.cli.output import require_writable, streaming
from preflight.report.terminal import presentable

if TYPE_CHECKING:
    from preflight.api import Answer


class DecisionFormat(StrEnum):
    """How the decisions are printed."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    JUNIT = "junit"


def simulate(
    cases: Annotated[list[str], typer.Argument(metavar="CASES...", help="JSON, JSON Lines or YAML; - reads stdin.")],
    format_: Annotated[
        DecisionFormat, typer.Option("--format", help="Output format of the decisions.")
    ] = DecisionFormat.TEXT,
    output: Output = None,
    snapshot: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Take policies that a case doesn't give from this snapshot."),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Take them from the account of the current credentials.")
    ] = False,
    profile: LiveProfile = None,
    endpoint_url: LiveEndpointUrl = None,
    coverage: Annotated[bool, typer.Option("--coverage", help="Report statements that decided no case.")] = False,
    allow_open: AllowOpen = False,
) -> None:
    """Evaluate requests against policies, and compare the decisions with what each case expects.

    A case that has "expect" is a unit test of its policies.
    """
    from preflight.report import simulation as report

    covered = api.Coverage() if coverage else None
    tally = _Tally()
    answers = api.simulate(
        *cases, snapshot=snapshot, live=live, profile=profile, endpoint_url=endpoint_url, coverage=covered
    )
    require_writable(output)
    with streaming(output) as stream:
        for piece in report.FORMATS[format_](tally.watch(answers)):
            stream.write(piece.encode("utf-8", "backslashreplace"))
    if covered is not None:
        said = report.coverage(covered.statements())
        print(said, end="", file=sys.stdout if format_ is DecisionFormat.TEXT and output is None else sys.stderr)
    if code := tally.code(allow_open=allow_open):
        raise typer.Exit(code)


class _Tally:
    """What the exit code depends on, gathered while the answers pass by; cases in error are told to stderr at once."""

    def __init__(self) -> None:
        self._wrong = self._unmet = self._open = False

    def watch(self, answers: Iterable[Answer]) -> Iterator[Answer]:
        for answer in answers:
            if answer.decision is None:
                self._wrong = True
                print(presentable(f"error: {answer.error}"), file=sys.stderr)
            elif not answer.met:
                self._unmet = True
            elif answer.open:
                self._open = True
            yield answer

    def code(self, *, allow_open: bool) -> int:
        if self._wrong:
            return 2
        if self._unmet:
            return 1
        return 3 if self._open and not allow_open else 0
