"""`preflight rules`: what is checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from preflight.cli.output import deliver, width
from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.engine.rule import Rule

_FORMATS = ("text", "json")


def rules(
    format_: Annotated[str, typer.Option("--format", metavar="text|json", help="How to print them.")] = "text",
) -> None:
    """List the rules: id, level, name, and what each says."""
    from preflight.engine.rule import load_rules, rule_ids

    if format_ not in _FORMATS:
        raise UsageError(f"there is no format {format_!r}; there are {' and '.join(_FORMATS)}")
    found = load_rules(rule_ids())
    deliver(json.dumps([plain(rule) for rule in found], indent=2) + "\n" if format_ == "json" else _table(found), None)


def plain(rule: Rule) -> dict[str, Any]:
    """Return a rule as plain data."""
    return {
        "id": rule.id,
        "name": rule.name,
        "level": rule.level.value,
        "category": rule.category,
        "summary": rule.summary,
        "why": rule.why,
        "remedy": rule.remedy,
        "references": list(rule.references),
        "aliases": list(rule.aliases),
    }


def _table(found: list[Rule]) -> str:
    from preflight.report.terminal import wrapped

    longest = max(len(rule.name) for rule in found)
    lines: list[str] = []
    for rule in found:
        first = f"{rule.id}  {rule.level.value:<7}  {rule.name:<{longest}}  "
        lines.extend(wrapped(rule.summary, first, " " * len(first), max(width(None), len(first) + 40)))
    return "\n".join(lines) + "\n"
