"""`preflight rules`: what is checked."""

from __future__ import annotations

from preflight.cli.options import TextFormat, TextOrJson
from preflight.cli.output import deliver, width


def rules(
    format_: TextFormat = TextOrJson.TEXT,
) -> None:
    """List all rules: ID, level, name and summary."""
    from preflight import api
    from preflight.report.rule_page import rendered

    deliver(rendered(api.rules(), format_.value, width(None)), None)
