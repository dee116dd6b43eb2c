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
            metavar="ID", help="A rule's ID or name, or a constraint of PRE304.", autocompletion=completing.ids
        ),
    ],
    examples: Annotated[bool, typer.Option("--examples", help="Show the examples in full, as YAML.")] = False,
) -> None:
    """Explain a rule: why it exists, how to fix a failure, and examples that pass and fail."""
    from preflight import api
    from preflight.report.rule_page import constraint_page, page

    if "/" in rule:
        one = api.explain_constraint(rule)
        deliver(constraint_page(one.declared_by, one.constraint, one.examples, width(None)), None)
        return
    found = api.explain(rule)
    deliver(page(found.rule, found.examples, width(None), whole=examples, constraints=found.constraints), None)
