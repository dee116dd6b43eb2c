"""The page of all rules is current, and every finding of the tools that people come from is in it."""

from __future__ import annotations

import json

import pytest

from preflight.engine.rule import load_rules, rule_ids
from tools import rules_page


def test_the_page_is_what_the_tool_writes() -> None:
    assert rules_page.page() == rules_page.PAGE.read_text(encoding="utf-8"), "run make docs"


def test_every_rule_has_an_anchor_and_every_link_leads_to_one() -> None:
    page = rules_page.PAGE.read_text(encoding="utf-8")
    anchors = {part.partition('"')[0] for part in page.split('<a id="')[1:]}
    assert anchors == {rule.lower() for rule in rule_ids()}
    assert {part.partition(")")[0] for part in page.split("](#")[1:]} <= anchors


def test_a_finding_that_is_no_rule_of_ours_needs_a_reason() -> None:
    found = rules_page.Aliases(load_rules(rule_ids()), {"OTHER": "not ours"})
    assert found.rules("Invalid action") == "[IAM101](#iam101)"
    assert found.rules("OTHER") == "not ours"
    with pytest.raises(LookupError, match="no rule has 'FROBNICATED' as alias"):
        found.rules("FROBNICATED")


def test_all_checks_of_access_analyzer_are_listed() -> None:
    others = json.loads(rules_page.OTHERS.read_text(encoding="utf-8"))
    assert sum(map(len, others["access-analyzer"].values())) >= 138
    assert len(others["parliament"]["findings"]) == 23
