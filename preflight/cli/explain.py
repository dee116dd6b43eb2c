"""`preflight explain ID`: what a rule is about, with its own examples."""

from __future__ import annotations

from typing import Annotated

import typer

from preflight.cli import completing
from preflight.cli.output import deliver, width


def explain(
    rule: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="A rule's id or name, such as PRE110 or action-allowed.", autocompletion=completing.ids
        ),
    ],
    examples: Annotated[bool, typer.Option("--examples", help="Show its examples whole, as YAML.")] = False,
) -> None:
    """Explain a rule: why it is there, what to do when it fails, what it fails and passes on."""
    from preflight import api
    from preflight.report.rule_page import page

    found = api.explain(rule)
    deliver(page(found.rule, found.examples, width(None), whole=examples), None)
