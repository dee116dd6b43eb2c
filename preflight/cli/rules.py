"""`preflight rules`: what is checked."""

from __future__ import annotations

from typing import Annotated

import typer

from preflight.cli.output import deliver, width


def rules(
    format_: Annotated[str, typer.Option("--format", metavar="text|json", help="Output format.")] = "text",
) -> None:
    """List the rules: id, level, name, and what each says."""
    from preflight import api
    from preflight.report.rule_page import rendered

    deliver(rendered(api.rules(), format_, width(None)), None)
