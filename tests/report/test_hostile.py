"""Names that policies hold give no orders to what shows a report: terminals, build services, Markdown, XML, JSON."""

from __future__ import annotations

import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from preflight.engine.result import Evidence, Kind, Level, Location, Report, Result, Verdict
from preflight.report.formats import FORMATS, rendered
from preflight.report.markup import block, code, inline
from preflight.report.terminal import inert
from preflight.report.view import View
from tests.report.test_sarif import OFFICIAL

HOSTILE = [
    "\x1b[2J\x1b]0;owned\x07\x9b1m",
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "a\r\n::error file=x::forged\r\n",
    "\n::set-env name=PATH::/evil\n::add-mask::a\n",
    "   ::stop-commands::x",
    "\u2028::error::x\u2029\x85::error::y\x0b::error::z",
    "%0A::error::x%0D%25",
    "##[error]x ##[set-env name=A;]b",
    "##vso[task.setvariable variable=A]b ##teamcity[message text='x']",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</code></details></summary><h1>x</h1><!-- ",
    "]]></failure></testsuite><?x?><!DOCTYPE a>&amp;&#0;",
    "[x](evil.html) ![x](evil.png) [x][y] [x](javascript:alert(1)) ![x](https://evil.example/a.png) <https://evil.example>",
    "https://evil.example www.evil.example a@evil.example mailto:a@evil.example",
    "@octocat @org/team #1 owner/repo#1 GH-1 !1 ~label",
    "`` ` ``` ~~~ ```\n```\n",
    "| a | b |\n|---|---|\n| c | d |",
    "\n# heading\n---\n===\n- item\n1. item\n> quote\n    code\n/close\n",
    "**b** __b__ ~~s~~ $x$ $$y$$ :smile: {{x}} \\ ^",
    "a, b: c::d%e;f]g",
    '"}],"results":[],"x":"',
    "\x00\x01\x7f\ufffe\uffff\ud800\udfff\U000e0001\u202e\u2066\u200b\ufeff",
    "a\tb\x0bc\x0cd",
    "模型" * 40,
    "=" * 300,
    "{0} {1} {\n{\n}\n[\n]",
    "",
]
PIECES = st.sampled_from(
    [*"`~#@!|<>&$*_[](){}:/\\%\n\r\t\x1b\x7f\u202e\ud800 ax1.=-+\"'", "::", "##[", "<!--", "-->", *HOSTILE]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=60)
EVERY_FORMAT = pytest.mark.parametrize("format_", FORMATS)


def reports(name: str) -> list[tuple[Report, View]]:
    """Return a check and a lint in which everything that comes from files or from AWS is the name."""
    name_or_more = name or "x"
    location = Location(f"p{name}.json", f"/{name}", 2, 3)
    result = Result(
        "ABC001",
        "a-rule",
        Kind.FAIL,
        Level.ERROR,
        name_or_more,
        subject=name,
        location=location,
        evidence=(Evidence(name, name),),
        remedy=f'{name}\n{{\n"{name}": 1\n}}\n{name}',
    )
    kinds = [replace(result, kind=kind) for kind in Kind] + [replace(result, location=None, remedy="")]
    told = tuple(replace(each, message=f"{start}{name_or_more}") for each in kinds for start in ("", "the name `"))
    plan = {"region": name, "account": name, "principal": name}
    view = View(sources={location.path: f"\n  {name}\n{name}", "-": name}, folder="/work", color=False)
    return [
        (Report(Verdict.BLOCKED, told, plan), view),
        (Report(Verdict.BLOCKED, told[:1], plan), replace(view, verbose=True, quiet=True)),
        (Report(Verdict.FINDINGS, tuple(each for each in told if each.kind is Kind.FAIL)), view),
    ]


def harmless(text: str, format_: str) -> None:
    """Hold a rendered report to what no text may do where it is printed, then to its format."""
    obeyed = {each for each in text if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert obeyed <= {"\n", "\t"}
    text.encode("utf-8")
    for line in text.split("\n"):
        if not (
            format_ == "github" and re.match(r"::(error|warning|notice) [^:]*title=ABC001 a-rule( is UNKNOWN)?::", line)
        ):
            assert not line.strip().startswith("::"), line
        assert not re.search(r"##\w*\[", line), line
    CHECKS.get(format_, lambda _: None)(text)


def github(text: str) -> None:
    commands = [line for line in text.splitlines() if line.startswith("::")]
    assert len(commands) == len(text.splitlines()) - 1
    for line in commands:
        properties = line[2:].partition("::")[0].partition(" ")[2]
        names = [each.partition("=")[0] for each in properties.split(",")]
        assert set(names) <= {"file", "line", "endLine", "col", "endColumn", "title"} and len(set(names)) == len(names)
        assert not re.search(r"%(?!0A|25|3A|2C)", line)


def markdown(text: str) -> None:
    assert len(text) < 65_536
    page = Page()
    page.feed(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text))
    page.close()
    assert page.bad == []
    assert page.open == []
    for shown in page.texts:
        assert not re.search(r"[@#!]\w|://|www\.|\$", shown.replace("\n", " "))
    outside = re.sub(r"(?ms)^ *(`{3,})json$.*?^ *\1$", "", text)
    assert not re.search(r"(?m)^\s*/\w", outside)


ALLOWED = {
    "h3", "h4", "p", "ul", "li", "strong", "em", "br", "code", "pre", "span", "details", "summary",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


class Page(HTMLParser):
    """What a browser would make of a page: its texts as GitHub scans them, node by node, and what must not be in it."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[Any] = []
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED or any(name not in ("class", "style") for name, _ in attrs):
            self.bad.append((tag, attrs))
        if tag == "li" and "li" in self.open:
            self.bad.append("a list in a list")
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.bad.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        if not {"pre", "span"} & set(self.open):
            self.texts.append(data)

    def handle_decl(self, decl: str) -> None:
        self.bad.append(decl)

    def handle_pi(self, data: str) -> None:
        self.bad.append(data)

    def handle_comment(self, data: str) -> None:
        if data != " ":
            self.bad.append(data)


def junit(text: str) -> None:
    assert text.isascii()
    tags = {each.tag for each in ET.fromstring(text).iter()}
    assert tags <= {"testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out"}


def sarif(text: str) -> None:
    log = json.loads(text)
    assert not list(OFFICIAL.iter_errors(log))
    for result in log["runs"][0]["results"]:
        assert not re.search(r"(?<!\\)\[[^\[\]]*\]\(", result["message"]["text"])
        assert re.fullmatch(r"[\w.~/%:()!*'-]+", result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])


CHECKS: dict[str, Any] = {
    "github": github,
    "markdown": markdown,
    "junit": junit,
    "sarif": sarif,
    "json": json.loads,
    "jsonl": lambda text: [json.loads(line) for line in text.splitlines()],
    "gitlab": json.loads,
}


@EVERY_FORMAT
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(name: str, format_: str) -> None:
    for report, view in reports(name):
        harmless(rendered(report, format_, view), format_)


@EVERY_FORMAT
@settings(max_examples=60, deadline=None)
@given(name=TEXTS)
def test_any_names(name: str, format_: str) -> None:
    for report, view in reports(name):
        harmless(rendered(report, format_, view), format_)


@pytest.mark.parametrize("name", HOSTILE)
def test_colours_are_ours_alone(name: str) -> None:
    for report, view in reports(name):
        painted = rendered(report, "text", replace(view, color=True))
        assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == rendered(report, "text", view)


@pytest.mark.parametrize("name", [each for each in HOSTILE if "\n" not in each and len(each) < 60])
def test_what_is_meant_to_be_read_is_still_there(name: str) -> None:
    """Whoever reads the page sees the name, not what was done to make it harmless."""
    shown = MarkdownIt("commonmark", {"html": True}).render(f"- {inline(name, 100)}")
    page = Page()
    page.feed(shown)
    visible = "".join(page.texts).replace("\n", "").replace("`", "")
    from preflight.report.terminal import clean

    expected = " ".join(clean(name).split()).replace("`", "").replace("$", "")
    assert " ".join(visible.split()) == " ".join(expected.split()) or "``" in name


def test_a_fence_is_longer_than_any_within() -> None:
    assert block("a\n````\nb", 100, "  ").splitlines() == ["  `````json", "  a", "  ````", "  b", "  `````"]
    assert code("", 10) == ""


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("  ::error::x", "  \\x3a:error::x"),
        ("a::b", "a::b"),
        ("x ##[error]y", "x \\x23#[error]y"),
        ("##vso[a]", "\\x23#vso[a]"),
        ("## heading [a]", "## heading [a]"),
    ],
)
def test_lines_that_a_build_service_would_obey(line: str, shown: str) -> None:
    assert inert(line) == shown
