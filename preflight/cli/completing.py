"""What a shell offers to complete: ids of rules, names of formats."""

from __future__ import annotations


def ids(incomplete: str) -> list[str]:
    """Return the ids of rules that begin as what is written, in capitals or not; after a comma, of the next one."""
    from preflight.api.rule_pages import rule_ids

    given, comma, begun = incomplete.rpartition(",")
    return [f"{given}{comma}{rule}" for rule in rule_ids() if rule.startswith(begun.upper())]


def formats(incomplete: str) -> list[str]:
    """Return the formats that begin as what is written."""
    from preflight.report.formats import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]
