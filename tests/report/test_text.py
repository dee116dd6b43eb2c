"""The text report, held against pages that were read by people, and against what names could do to a terminal."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight.engine.result import Kind, Report, Verdict
from preflight.engine.rule import load_rule
from preflight.report.counting import summary
from preflight.report.terminal import clean, short, wrapped
from preflight.report.text import render
from preflight.report.view import View
from tests.report.reports import BLOCKED, NASTY, OPEN, READY

PAGES = Path(__file__).parent / "pages"
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


SHOWN = [
    ("ready", READY, View()),
    ("ready-verbose", READY, View(verbose=True)),
    ("blocked", BLOCKED, View()),
    ("blocked-quiet", BLOCKED, View(quiet=True)),
    ("open", OPEN, View()),
    ("nasty", NASTY, View()),
]


@pytest.mark.parametrize(("name", "report", "view"), SHOWN)
def test_the_page(name: str, report: Report, view: View) -> None:
    expected = (PAGES / f"{name}.txt").read_text(encoding="utf-8")
    assert render(report, view) == expected, "run make docs, then read the difference"


@pytest.mark.parametrize("report", [READY, BLOCKED, OPEN])
@pytest.mark.parametrize("width", [40, 80, 100])
def test_lines_fit_unless_a_word_does_not(report: Report, width: int) -> None:
    for line in render(report, View(width=width)).splitlines():
        is_json = line.lstrip().startswith(('"', "{", "}"))
        assert len(line) <= width or is_json or " " not in line.strip(), line


def test_the_statement_can_be_pasted_whole() -> None:
    text = render(BLOCKED, View(width=60))
    pasted = text[text.index("{\n") : text.rindex("}\n") + 1]
    actions = [each["Action"] for each in json.loads(f"[{pasted}]")]
    assert actions == ["sagemaker:CreateEndpoint"] * 2


def test_failures_come_first_then_what_is_open_then_what_passed_then_the_verdict() -> None:
    mixed = Report(Verdict.BLOCKED, (*READY.results, *OPEN.results, *BLOCKED.results), BLOCKED.plan)
    labels = re.findall(r"^(FAIL|WARN|UNKNOWN|pass|BLOCKED)", render(mixed), re.MULTILINE)
    assert labels == sorted(labels, key=["FAIL", "WARN", "UNKNOWN", "pass", "BLOCKED"].index)
    assert labels[0] == "FAIL" and labels[-1] == "BLOCKED"


def test_colour_only_adds_to_the_text() -> None:
    for report in (READY, BLOCKED, OPEN):
        painted = render(report, View(color=True))
        assert "\x1b[" in painted
        assert ESCAPES.sub("", painted) == render(report)


def test_names_cannot_give_the_terminal_orders() -> None:
    for options in ({}, {"verbose": True}, {"quiet": True}):
        text = render(NASTY, View(**options))
        assert all(character == "\n" or character.isprintable() for character in text)
        assert "\\x1b[2J" in text and "\\u202e" in text
        painted = ESCAPES.sub("", render(NASTY, View(color=True, **options)))
        assert painted == text


def test_ordinary_text_of_any_script_stays() -> None:
    assert clean("modèle 模型 😀\ttab\n") == "modèle 模型 😀\ttab\n"
    assert clean("a\x00b\x7fc\u200b\ud800") == "a\\x00b\\x7fc\\u200b\\ud800"


def test_nothing_is_broken_in_two() -> None:
    arn = "arn:aws:sagemaker:us-east-1:111122223333:endpoint-config/a-very-long-name-of-a-configuration"
    lines = list(wrapped(f"look at {arn} and --see-also", "label ", "      ", 40))
    assert any(line.strip() == arn for line in lines)
    assert list(wrapped(arn, "label ", "      ", 40)) == ["label", f"      {arn}"]


@given(
    st.text(alphabet="ab: -\u00e9\u00a0", min_size=1, max_size=120),
    st.sampled_from(["", "  ", "   = fix: "]),
    st.integers(40, 60),
)
def test_lines_are_those_of_textwrap(text: str, lead: str, width: int) -> None:
    paragraph = text.strip()
    if not paragraph:
        return
    expected = textwrap.wrap(
        paragraph, width, initial_indent=lead, subsequent_indent=lead, break_long_words=False, break_on_hyphens=False
    )
    assert list(wrapped(text, lead, lead, width)) == expected


def test_reminders_are_short() -> None:
    assert short("arn:aws:iam::111122223333:role/a (the role of x) exists") == "role/a exists"
    assert short("arn:aws-cn:sts::111122223333:assumed-role/a/b calls") == "assumed-role/a/b calls"


def test_nothing_checked_is_said() -> None:
    assert summary(Report(Verdict.OPEN, ())) == "UNKNOWN: nothing was checked"
    assert summary(BLOCKED) == "BLOCKED: 3 failed, 1 warning, 1 passed"


def test_a_rule_that_is_not_ours_is_shown_without_its_reasons() -> None:
    from dataclasses import replace

    result = replace(load_rule("PRE201").result(Kind.FAIL, "broken"), rule="ABC999", name="theirs")
    assert "FAIL  ABC999 theirs\n      broken\n" in render(Report(Verdict.BLOCKED, (result,)))


def test_rules_that_wait_for_one_thing_are_shown_together() -> None:
    rules = [load_rule(each) for each in ("PRE402", "PRE403", "PRE404", "PRE405")]
    waiting = [each.result(Kind.OPEN, "the configuration cannot be read", remedy="allow the read") for each in rules]
    other = load_rule("PRE503").result(Kind.OPEN, "the quotas cannot be read", remedy="allow the read")
    lines = render(Report(Verdict.OPEN, (*waiting, other))).splitlines()
    assert lines[0] == "UNKNOWN  PRE402 models-exist, PRE403 artifacts-ready, PRE404 images-exist,"
    assert lines[1] == "      PRE405 keys-usable" and "\n".join(lines).count("the configuration cannot") == 1
    assert "UNKNOWN  PRE503 endpoint-quota" in lines and lines[-1] == "UNKNOWN: 5 unknown"
