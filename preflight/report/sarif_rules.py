"""Rules as SARIF describes them, with what GitHub shows beside an alert and sorts alerts by."""

from __future__ import annotations

from typing import Any

from preflight.engine.result import Level, Result
from preflight.engine.rule import Rule, rule_ids

_LONGEST = 1024
_SECURITY = ("security", "escalation", "trust")
# A string from 0.1 to 10.0: from 7.0 high, from 4.0 medium, below low.
_SEVERITY = {Level.ERROR: "8.0", Level.WARNING: "5.5", Level.NOTE: "2.0"}
_PRECISION = {Level.ERROR: "very-high", Level.WARNING: "high", Level.NOTE: "medium"}
_PROBLEM = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "recommendation"}


def descriptor(result: Result, rule: Rule | None, pages: str = "") -> dict[str, Any]:
    """Return the `reportingDescriptor` of a result's rule; of a rule that is not known, what the result says of it.

    It links to the rule's page below the address `pages`, where there is one, else to AWS's.
    """
    if rule is None:
        named = {"text": result.name}
        return {
            "id": result.rule,
            "name": result.name,
            "shortDescription": named,
            "fullDescription": named,
            "help": named,
            "defaultConfiguration": {"level": result.level.value},
        }
    found: dict[str, Any] = {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": _short(rule.summary)},
        "fullDescription": {"text": _short(rule.why)},
        "help": {"text": _text(rule), "markdown": _markdown(rule)},
        "defaultConfiguration": {"level": rule.level.value},
        "properties": _properties(rule),
    }
    if link := rule_link(rule, pages):
        found["helpUri"] = link
    return found


def rule_link(rule: Rule, pages: str) -> str:
    """Return the address of a rule's page below `pages`; without that, AWS's first page about it; empty without any."""
    is_ours = pages and rule.id in rule_ids()
    return f"{pages}{rule.id}.html" if is_ours else (rule.references or ("",))[0]


def _properties(rule: Rule) -> dict[str, Any]:
    is_security = rule.category in _SECURITY
    properties: dict[str, Any] = {
        "tags": list(dict.fromkeys([*(["security"] if is_security else []), rule.category, "aws"])),
        "precision": _PRECISION[rule.level],
        "problem.severity": _PROBLEM[rule.level],
        "aliases": list(rule.aliases),
    }
    if is_security:
        properties["security-severity"] = _SEVERITY[rule.level]
    return properties


def _text(rule: Rule) -> str:
    links = "".join(f"\n{link}" for link in rule.references)
    return f"{rule.summary}.\n\n{rule.why}\n\nTo do: {rule.remedy}\n{links}".rstrip()


def _markdown(rule: Rule) -> str:
    links = "".join(f"\n- <{link}>" for link in rule.references)
    also = f"\n\nAlso known as {', '.join(f'`{alias}`' for alias in rule.aliases)}." if rule.aliases else ""
    return f"**{rule.summary}.**\n\n{rule.why}\n\n**To do:** {rule.remedy}{also}\n{links}".rstrip()


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
