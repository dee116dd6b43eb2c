"""Loading rules, selecting them, and the results they make."""

from __future__ import annotations

import pytest

from preflight.engine.result import Evidence, Kind, Level, Location
from preflight.engine.rule import Rule, load_examples, load_rule, load_rules, nearest, rule_ids
from preflight.engine.selection import select_rules
from preflight.errors import PreflightError, UsageError


def test_a_rule_is_what_its_file_says() -> None:
    rule = load_rule("PRE302")
    assert (rule.id, rule.name, rule.level, rule.category) == ("PRE302", "name-free", Level.ERROR, "names")
    assert (rule.family, rule.check) == ("readiness", "preflight.readiness.rules.name_free:name_free")
    assert rule.references[0].startswith("https://docs.aws.amazon.com/")
    assert set(load_examples("PRE302")) == {"pass", "fail", "open"}
    assert load_rule("PRE901").check is None and load_examples("PRE901") == {}


def test_every_rule_can_be_loaded_in_order() -> None:
    assert [rule.id for rule in load_rules(["PRE302", "PRE101"])] == ["PRE101", "PRE302"]
    assert rule_ids() == sorted(rule_ids()) and "PRE110" in rule_ids("readiness")
    assert rule_ids("nowhere") == []


def test_a_result_carries_its_rule() -> None:
    rule = load_rule("PRE110")
    evidence = (Evidence("p", "Statement[0]"),)
    result = rule.result(Kind.FAIL, "no", subject="arn:x", location=Location("a.json"), evidence=evidence, remedy="do")
    assert (result.rule, result.name, result.level, result.aliases) == ("PRE110", rule.name, rule.level, rule.aliases)
    assert (result.subject, result.evidence, result.remedy) == ("arn:x", evidence, "do")
    assert rule.result(Kind.FAIL, "no", level=Level.WARNING).level is Level.WARNING


@pytest.mark.parametrize(
    ("wanted", "said"),
    [("PRE111", "PRE110"), ("pre302", "PRE302"), ("name-fre", "PRE302"), ("zzz", "preflight rules lists them")],
)
def test_a_rule_that_is_not_there_is_answered_with_the_nearest(wanted: str, said: str) -> None:
    assert said in nearest(wanted)
    with pytest.raises(PreflightError, match="unknown rule"):
        load_rule(wanted)


@pytest.mark.parametrize(
    "check", ["preflight.nowhere:check", "preflight.readiness.rules.name_free:nothing", "", "noColon"]
)
def test_a_check_that_is_not_there_is_said(check: str) -> None:
    rule = Rule("PRE999", "n", Level.ERROR, "c", "s", "w", "r", "readiness", check=check)
    with pytest.raises(PreflightError, match="PRE999 names the check"):
        rule.function()


def test_all_rules_of_the_family_are_selected_unless_some_are() -> None:
    assert select_rules("readiness") == rule_ids("readiness")
    assert select_rules("readiness", ["PRE302"]) == ["PRE302"]
    assert select_rules("readiness", ["pre12", " PRE302 "]) == ["PRE120", "PRE121", "PRE122", "PRE302"]
    assert select_rules("readiness", ["PRE12"], ["PRE121"]) == ["PRE120", "PRE122"]
    assert "PRE501" not in select_rules("readiness", ignore=["PRE5", ""])


@pytest.mark.parametrize(
    ("select", "ignore", "said"),
    [
        (["PRE77"], [], "'PRE77'"),
        ([], ["PRE31O"], "did you mean PRE"),
        (["PRE302"], ["PRE3"], "no rule is selected by --select PRE302 --ignore PRE3"),
    ],
)
def test_what_selects_nothing_is_refused(select: list[str], ignore: list[str], said: str) -> None:
    with pytest.raises(UsageError) as error:
        select_rules("readiness", select, ignore)
    assert said in str(error.value)
