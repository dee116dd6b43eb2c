"""Every lint rule's own examples: what fails is found, where it says so; what passes is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from preflight.engine.rule import load_examples, load_rule, rule_file, rule_ids
from preflight.engine.rule_headers import head
from tests.lint.linting import found_policy, one_rule


def examples() -> Iterator[Any]:
    for rule in rule_ids("lint"):
        if load_rule(rule).reported_by is None:
            for kind, cases in load_examples(rule).items():
                for index, case in enumerate(cases):
                    yield pytest.param(rule, kind, case, id=f"{rule}-{kind}-{index}")


@pytest.mark.parametrize(("rule", "kind", "case"), list(examples()))
def test_an_example_is_what_it_says(rule: str, kind: str, case: dict[str, Any]) -> None:
    policy = found_policy(
        case["policy"], case.get("type", "identity"), case.get("service", ""), case.get("account", "")
    )
    types = head(rule_file(rule)).types
    assert not types or policy.type in types
    found = one_rule(rule).findings(policy)
    if kind == "pass":
        assert [each.finding.message for each in found] == []
        return
    assert found, "nothing is found"
    for each in found:
        result = each.result()
        assert result.location is not None and result.location.line is not None
        assert result.remedy and result.message and not result.message.endswith(".")
    if "at" in case:
        assert [each.finding.pointer for each in found] == case["at"]
    if "says" in case:
        assert any(case["says"] in each.finding.message for each in found)
