"""`rules` and `explain`: what is checked, and what a rule is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.declared.constraints import Constraint, Example
    from preflight.engine.rule import Rule

_CONSTRAINTS = "PRE304"


@dataclass(frozen=True, slots=True)
class Explained:
    """A rule with its own examples: lists under `fail`, `pass` and perhaps `open`.

    `constraints` are those that the rule holds requests to, by name: `sagemaker:CreateModel/has-a-container`.
    """

    rule: Rule
    examples: Mapping[str, Sequence[Mapping[str, Any]]]
    constraints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExplainedConstraint:
    """A constraint of PRE304, with the operation or kind that declares it and its examples under `pass` and `fail`."""

    declared_by: str
    constraint: Constraint
    examples: Mapping[Literal["pass", "fail"], Example]


def rules() -> list[Rule]:
    """Return every rule, in the order of their ids."""
    from preflight.engine.rule import load_rules, rule_ids

    return load_rules(rule_ids())


def rule_ids() -> list[str]:
    """Return the ids of every rule, without loading the rules."""
    from preflight.engine.rule import rule_ids as ids

    return ids()


def pages_address(*paths: str) -> str:
    """Return the address below which rules have pages, as the settings that apply to files say; empty without one."""
    from preflight.documents.config import find_config

    return find_config(paths).rule_pages


def explain(rule: str) -> Explained:
    """Return a rule by its id or name, with its examples. Raises `UsageError` for one that does not exist."""
    from preflight.engine.rule import load_examples, load_rule, nearest

    wanted = rule.upper()
    if wanted not in rule_ids():
        wanted = next((each.id for each in rules() if each.name == rule.lower()), "")
    if not wanted:
        raise UsageError(f"unknown rule {rule!r}; {nearest(rule)}")
    constraints = tuple(_constraints()) if wanted == _CONSTRAINTS else ()
    return Explained(load_rule(wanted), load_examples(wanted), constraints)


def explain_constraint(name: str) -> ExplainedConstraint:
    """Return a constraint by the name that PRE304's explanation lists. Raises `UsageError` where there is none."""
    from difflib import get_close_matches

    from preflight.declared.constraints import examples_of

    known = _constraints()
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"preflight explain {_CONSTRAINTS} lists them"
        raise UsageError(f"unknown constraint {name!r}; {hint}")
    declared_by, constraint = known[name]
    return ExplainedConstraint(declared_by, constraint, examples_of(declared_by, constraint.name))


def _constraints() -> dict[str, tuple[str, Constraint]]:
    from preflight.declared.constraints import all_constraints

    return {f"{declared_by}/{each.name}": (declared_by, each) for declared_by, each in all_constraints()}
