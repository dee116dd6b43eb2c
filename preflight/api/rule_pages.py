"""`rules` and `explain`: what is checked, and what a rule is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.engine.rule import Rule


@dataclass(frozen=True, slots=True)
class Explained:
    """A rule with its own examples: lists under `fail`, `pass` and perhaps `open`."""

    rule: Rule
    examples: Mapping[str, Sequence[Mapping[str, Any]]]


def rules() -> list[Rule]:
    """Return every rule, in the order of their ids."""
    from preflight.engine.rule import load_rules, rule_ids

    return load_rules(rule_ids())


def rule_ids() -> list[str]:
    """Return the ids of every rule, without loading the rules."""
    from preflight.engine.rule import rule_ids as ids

    return ids()


def explain(rule: str) -> Explained:
    """Return a rule by its id or name, with its examples. Raises `UsageError` for one that does not exist."""
    from preflight.engine.rule import load_examples, load_rule, nearest

    wanted = rule.upper()
    if wanted not in rule_ids():
        wanted = next((each.id for each in rules() if each.name == rule.lower()), "")
    if not wanted:
        raise UsageError(f"there is no rule {rule!r}; {nearest(rule)}")
    return Explained(load_rule(wanted), load_examples(wanted))
