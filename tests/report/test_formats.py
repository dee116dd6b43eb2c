"""Each format, held against pages that were read by people, and against what its readers require."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from preflight import __version__
from preflight.data_files import folder
from preflight.engine.result import Kind, Level, Location, Report, Result, Verdict
from preflight.errors import UsageError
from preflight.report.counting import in_order, summary
from preflight.report.formats import FORMATS, rendered, require_format
from preflight.report.view import View
from tests.report.reports import BLOCKED, CLEAN, FINDINGS, MIXED, NASTY, OPEN, READY, RULES, SOURCES

PAGES = Path(__file__).parent / "pages"
REPORTS = {"mixed": MIXED, "findings": FINDINGS, "nasty": NASTY, "clean": CLEAN}
SUFFIXES = {"text": "txt", "sarif": "sarif.json", "junit": "xml", "gitlab": "gitlab.json", "markdown": "md"}
VIEW = View(sources=SOURCES, rules=RULES, folder="/work/checkout/iam", root="/work/checkout")
ALL = [READY, BLOCKED, OPEN, NASTY, FINDINGS, CLEAN, MIXED, Report(Verdict.OPEN, ())]


def page_of(name: str, format_: str) -> Path:
    return PAGES / f"{name}.{SUFFIXES.get(format_, f'{format_}.txt' if format_ == 'github' else format_)}"


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("name", REPORTS)
def test_the_page(name: str, format_: str) -> None:
    if name == "nasty" and format_ == "text":
        return  # test_text has it
    expected = page_of(name, format_).read_text(encoding="utf-8").replace('"VERSION"', f'"{__version__}"')
    assert rendered(REPORTS[name], format_, VIEW) == expected, "run make docs, then read the difference"


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("report", ALL)
def test_a_report_is_the_same_text_each_time_and_ends_its_last_line(report: Report, format_: str) -> None:
    text = rendered(report, format_, VIEW)
    assert text == rendered(report, format_, VIEW)
    assert text.endswith("\n") or (format_ == "jsonl" and not report.results)
    assert rendered(report, format_) or not text, "every format does without sources"


def test_a_name_that_is_none() -> None:
    with pytest.raises(UsageError, match="unknown format 'Markdwon'; did you mean markdown"):
        rendered(READY, "Markdwon")
    with pytest.raises(UsageError, match="there are text, json, jsonl"):
        require_format("x")


@pytest.mark.parametrize("format_", FORMATS)
def test_a_format_loads_only_what_it_uses(format_: str) -> None:
    script = (
        "import sys; from preflight.engine.result import *; from preflight.report.formats import rendered;"
        f"rendered(Report(Verdict.CLEAN, ()), {format_!r}); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    names = set(done.stdout.split())
    others = {f"preflight.report.{each}" for each in FORMATS} - {f"preflight.report.{format_}"}
    shared = {"preflight.report.json"} if format_ in ("jsonl", "sarif", "gitlab") else set()
    assert names & others == shared
    assert names.isdisjoint({"jsonschema", "rich", "yaml", "boto3"})
    assert format_ == "junit" or "xml" not in names


@pytest.mark.parametrize("report", ALL)
def test_jsonl_is_a_result_of_the_schema_in_each_line(report: Report) -> None:
    schema = json.loads((folder("schemas") / "report.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator({"$defs": schema["$defs"], "$ref": "#/$defs/result"})
    results = [json.loads(line) for line in rendered(report, "jsonl").splitlines()]
    assert results == json.loads(rendered(report, "json"))["results"]
    assert not [error for each in results for error in validator.iter_errors(each)]


@pytest.mark.parametrize("report", ALL)
def test_junit_counts_what_it_holds(report: Report) -> None:
    whole = ET.fromstring(rendered(report, "junit", VIEW))
    (suite,) = whole
    cases = suite.findall("testcase")
    assert int(suite.get("tests", "")) == len(cases)
    counts = report.counts()
    said = {"failure": "failures", "error": "errors", "skipped": "skipped"}
    for (tag, attribute), kind in zip(said.items(), ("fail", "open", "notApplicable"), strict=True):
        assert len(suite.findall(f"testcase/{tag}")) == counts[kind] == int(suite.get(attribute, ""))
    assert all(len(case) <= 1 and case.get("name") and case.get("classname") for case in cases)
    assert cases or not report.results


def test_a_lint_without_findings_has_a_case_that_passed() -> None:
    (case,) = ET.fromstring(rendered(CLEAN, "junit")).findall("testsuite/testcase")
    assert case.get("name") == "no findings" and len(case) == 0


@pytest.mark.parametrize("report", ALL)
def test_gitlab_has_all_that_it_requires_and_no_fingerprint_twice(report: Report) -> None:
    found: list[dict[str, Any]] = json.loads(rendered(report, "gitlab", VIEW))
    assert len(found) == report.counts()["fail"] + report.counts()["open"]
    assert len({each["fingerprint"] for each in found}) == len(found)
    for each in found:
        assert each["description"] and each["check_name"]
        assert each["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert not each["location"]["path"].startswith(("/", "./"))
        assert each["location"]["lines"]["begin"] >= 1


@pytest.mark.parametrize("report", ALL)
def test_github_has_a_command_for_each_problem_the_worst_first(report: Report) -> None:
    *commands, last = rendered(report, "github", VIEW).splitlines()
    assert last == summary(report)
    assert len(commands) == report.counts()["fail"] + report.counts()["open"]
    names = [line.split(" ", 1)[0] for line in commands if "is UNKNOWN" not in line]
    assert names == sorted(names, key=["::error", "::warning", "::notice"].index)


def test_github_escapes_what_ends_a_command_or_a_property() -> None:
    location = Location("a,b:c%.json", "/", 1, 2)
    result = Result("ABC001", "x", Kind.FAIL, Level.ERROR, "100% of\n::set-env name=A::b", location=location)
    line = rendered(Report(Verdict.FINDINGS, (result,)), "github").splitlines()[0]
    assert line == (
        "::error file=a%2Cb%3Ac%25.json,line=1,endLine=1,col=2,title=ABC001 x::100%25 of%0A::set-env name=A::b"
    )


def many(count: int, length: int) -> Report:
    result = replace(FINDINGS.results[1], message="`$@#|" + "x" * length, remedy='{\n"`": 1\n}')
    return Report(Verdict.FINDINGS, tuple(replace(result, subject=str(number)) for number in range(count)))


@pytest.mark.parametrize(("count", "length"), [(1, 1_000_000), (60, 5_000), (5_000, 10), (26, 1_400)])
def test_a_comment_is_of_a_size_that_github_takes(count: int, length: int) -> None:
    text = rendered(many(count, length), "markdown", VIEW)
    assert len(text) < 65_536
    shown = text.count("\n- **ABC101**")
    assert shown >= 1
    assert (f"\n{count - shown} more results did not fit here" in text) == (shown < count)


def test_what_does_not_fit_is_what_matters_least() -> None:
    passes = tuple(replace(READY.results[0], message="fine " * 200) for _ in range(100))
    text = rendered(Report(Verdict.BLOCKED, (*passes, *BLOCKED.results)), "markdown")
    assert "#### Failed" in text and "PRE302" in text
    assert "more results did not fit here" in text and "</details>" in text


def test_what_needs_attention_comes_first() -> None:
    kinds = [(each.kind, each.level) for each in in_order(MIXED)]
    assert kinds[:4] == [(Kind.FAIL, Level.ERROR)] * 3 + [(Kind.FAIL, Level.WARNING)]
    assert [kind for kind, _ in kinds[4:]] == [Kind.OPEN, *[Kind.PASS] * 6, Kind.NOT_APPLICABLE]


def test_findings_are_together_by_file_and_in_the_order_of_their_lines() -> None:
    moved = Report(Verdict.FINDINGS, tuple(FINDINGS.results[index] for index in (1, 3, 0, 2)))
    text = rendered(moved, "text", View(quiet=True))
    heads = [line for line in text.splitlines() if line[:1] > " "]
    assert [head.split(" ")[0] for head in heads[:2]] == ["policies/deploy.json:2:14:", "policies/deploy.json:6:34:"]


def test_why_a_rule_is_there_is_said_once_unless_all_is_asked_for() -> None:
    assert rendered(FINDINGS, "text", VIEW).count("= why:") == 2
    assert rendered(FINDINGS, "text", replace(VIEW, verbose=True)).count("= why:") == 3
    assert "= why:" not in rendered(FINDINGS, "text", replace(VIEW, quiet=True))
