"""Conditions that AWS refuses, or that say something else than they seem to, for their form alone.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from preflight.engine.result import Level
from preflight.json_pointer import escape
from preflight.lint.policy.finding import Edit, Finding, shown
from preflight.lint.policy.statements import ConditionEntry, StatementView
from preflight.lint.policy.subject import Subject

_ONE_BOOLEAN = frozenset({"bool", "null"})


def keys_distinct(subject: Subject) -> Iterator[Finding]:
    """Find keys that stand twice under an operator, in different case."""
    for view in subject.statements:
        if len(view.conditions) < 2:
            continue
        first: dict[tuple[str, str], ConditionEntry] = {}
        for each in view.conditions:
            before = first.setdefault((each.operator, each.lower_key), each)
            if before is not each:
                problem = f"{each.key} and {before.key} under {each.operator} are the same key, whatever the case"
                yield Finding(each.pointer, problem, "keep one of them, with the values of both", on_name=True)


def single_boolean(subject: Subject) -> Iterator[Finding]:
    """Find conditions on true or false that have several values."""
    for view in subject.statements:
        for each in view.conditions:
            if isinstance(each.raw, list) and len(each.raw) > 1 and each.lower_base in _ONE_BOOLEAN:
                problem = f"{each.operator} of {each.key} has {len(each.raw)} values, {shown(each.raw)}"
                yield Finding(each.pointer, problem)


def null_without_if_exists(subject: Subject) -> Iterator[Finding]:
    """Find NullIfExists."""
    for view, operator in _operators(subject):
        qualifier, colon, bare = operator.rpartition(":")
        if bare.lower() == "nullifexists":
            place = f"{view.pointer}/Condition/{escape(operator)}"
            edits = (Edit("rename", place, f"{qualifier}{colon}Null"),) if "Null" not in view.raw["Condition"] else ()
            yield Finding(place, f"unknown operator {operator}: Null already tests whether the key is present",
                          'write "Null"', on_name=True, edits=edits)  # fmt: skip


def null_without_qualifier(subject: Subject) -> Iterator[Finding]:
    """Find ForAllValues:Null and ForAnyValue:Null."""
    for view, operator in _operators(subject):
        qualifier, _, bare = operator.rpartition(":")
        if qualifier.lower() in ("forallvalues", "foranyvalue") and bare.lower() == "null":
            always = "true" if qualifier.lower() == "forallvalues" else "false"
            place = f"{view.pointer}/Condition/{escape(operator)}"
            yield Finding(place, f"{operator} is always {always}", on_name=True)


def qualifier_present(subject: Subject) -> Iterator[Finding]:
    """Find keys of several values that are compared without ForAllValues or ForAnyValue."""
    for view in subject.statements:
        for each in view.conditions:
            if _several(each.key) and not each.qualifier and each.lower_base != "null":
                problem = f"{each.key} is a multivalued key, but {each.operator} compares a single value"
                remedy = (
                    f'write "ForAnyValue:{each.operator}" if any value must match, or '
                    f'"ForAllValues:{each.operator}" if all values must match'
                )
                # Of its own services' keys AWS's policies compare some so.
                level = None if each.lower_key.startswith("aws:") else Level.WARNING
                yield Finding(each.pointer, problem, remedy, on_name=True, level=level)


@lru_cache(maxsize=65_536)
def _several(name: str) -> bool:
    from preflight.catalog.condition_keys import condition_key

    found = condition_key(name)
    return found is not None and found.several


def _operators(subject: Subject) -> Iterator[tuple[StatementView, str]]:
    for view in subject.statements:
        block = view.raw.get("Condition")
        if isinstance(block, dict):
            for operator in block:
                if "ull" in operator or "ULL" in operator:
                    yield view, operator
