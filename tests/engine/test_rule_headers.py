"""A rule that says which elements it is about finds nothing where no statement has one of them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from preflight.documents.policies.found_policy import POLICY_TYPES, FoundPolicy
from preflight.documents.text.document import Document
from preflight.engine.rule import load_examples, rule_file, rule_ids
from preflight.engine.rule_headers import Head, heads
from preflight.lint.policy.subject import Subject
from preflight.lint.runner.one_policy import FAMILY, _function

HEADS = heads(rule_file(rule) for rule in rule_ids(FAMILY))
POLICIES = [
    (example["policy"], example.get("service", ""))
    for rule in rule_ids(FAMILY)
    for cases in load_examples(rule).values()
    for example in cases
    if isinstance(example.get("policy"), dict)
]


def without(policy: Any, elements: frozenset[str]) -> Any:
    changed = copy.deepcopy(policy)
    statements = changed.get("Statement")
    for statement in statements if isinstance(statements, list) else [statements]:
        if isinstance(statement, dict):
            for element in elements:
                statement.pop(element, None)
    return changed


@pytest.mark.parametrize("head", [each for each in HEADS if each.elements], ids=lambda head: head.id)
def test_nothing_is_found_without_the_elements(head: Head) -> None:
    check = _function(head)
    for policy, service in POLICIES:
        bare = without(policy, head.elements)
        for type_ in head.types or POLICY_TYPES:
            found = FoundPolicy(Document("p.json", bare), bare, type_, owner={"service": service} if service else {})
            assert list(check(Subject(found))) == [], (type_, bare)


def test_most_rules_on_conditions_say_so() -> None:
    assert sum("Condition" in each.elements for each in HEADS) > 40
