"""A check that declares what it needs finds nothing in a policy without it: filtered or not, the findings are equal."""

from __future__ import annotations

from collections.abc import Iterator

from preflight.documents.policies.found_policy import POLICY_TYPES, FoundPolicy
from preflight.documents.text.document import Document
from preflight.engine.rule import load_examples, rule_file, rule_ids
from preflight.engine.rule_headers import heads
from preflight.lint.policy.needs import need_of
from preflight.lint.policy.subject import Subject
from preflight.lint.runner.one_policy import FAMILY, _function

CHECKS = [(each, _function(each)) for each in heads(rule_file(rule) for rule in rule_ids(FAMILY)) if each.check]


def policies() -> Iterator[FoundPolicy]:
    """Yield every example of every rule, as each type of policy in turn."""
    number = 0
    for rule in rule_ids(FAMILY):
        for cases in load_examples(rule).values():
            for example in cases:
                if isinstance(policy := example.get("policy"), dict):
                    number += 1
                    owner = {"service": example["service"]} if "service" in example else {}
                    yield FoundPolicy(
                        Document("p.json", policy), policy, POLICY_TYPES[number % len(POLICY_TYPES)], owner=owner
                    )
                    yield FoundPolicy(Document("p.json", policy), policy, "identity", owner=owner)


def test_nothing_is_found_without_what_is_needed() -> None:
    for policy in policies():
        subject = Subject(policy)
        for head, check in CHECKS:
            need = need_of(check)
            if need is not None and not subject.once(need) and (not head.types or policy.type in head.types):
                assert list(check(subject)) == [], (head.id, policy.value)


def test_a_good_part_of_the_checks_say_what_they_need() -> None:
    assert sum(need_of(check) is not None for _, check in CHECKS) > 50
