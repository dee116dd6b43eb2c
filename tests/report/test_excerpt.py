"""The line that is shown of a document, and the carets below it: under the value, whatever the line holds."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight.engine.result import Location
from preflight.report.excerpt import Sources, value_end, window


def drawn(line: str, column: int, width: int) -> tuple[str, str]:
    shown, before, carets = window(line, column - 1, value_end(line, column) - 1, width)
    return shown, " " * before + "^" * carets


@pytest.mark.parametrize(
    ("line", "column", "width", "shown", "carets"),
    [
        ('  "a": "b",', 8, 40, '  "a": "b",', "       ^^^"),
        ('\t"a":\t"b"', 7, 40, '    "a":    "b"', "            ^^^"),
        ('"模型": "名"', 7, 40, '"模型": "名"', "        ^^^^"),
        ('"e\u0301": "b"', 7, 40, '"e\u0301": "b"', "     ^^^"),
        ('"\x1b[2J\u202e": "b"', 10, 40, '"\\x1b[2J\\u202e": "b"', " " * 17 + "^^^"),
        ('{"a": "' + "x" * 50 + '"}', 7, 20, '{"a": "xxxxxxxxxx...', "      ^^^^^^^^^^^"),
        ("x" * 50 + ' "here" ' + "y" * 50, 52, 26, '...xxxxxxx "here" yyyyy...', "           ^^^^^^"),
        ('{"a": ', 7, 20, '{"a":', "      ^"),
    ],
)
def test_a_line(line: str, column: int, width: int, shown: str, carets: str) -> None:
    assert drawn(line, column, width) == (shown, carets)


def columns(text: str) -> int:
    wide = {"W": 2, "F": 2}
    return sum(0 if unicodedata.combining(each) else wide.get(unicodedata.east_asian_width(each), 1) for each in text)


@given(st.text(alphabet="ab\"', :{[\t\x1b\u202e模e\u0301", max_size=120), st.integers(1, 120), st.integers(12, 60))
def test_a_line_fits_and_the_carets_are_within_it(line: str, column: int, width: int) -> None:
    line, column = line + "x", min(column, len(line) + 1)
    shown, before, carets = window(line, column - 1, value_end(line, column) - 1, width)
    assert columns(shown) <= width and carets >= 1
    assert before + carets <= max(width, columns(shown) + 1) + 5
    assert "\t" not in shown and "\x1b" not in shown


def test_a_line_of_megabytes_takes_no_time() -> None:
    line = '{"Statement": [' + '{"Action": "s3:GetObject"}, ' * 400_000
    sources = Sources({"p.json": line})
    began = time.thread_time()
    for _ in range(50):
        assert sources.excerpt(Location("p.json", "", 1, 5_000_000), 80) is not None
    assert time.thread_time() - began < 2


@pytest.mark.parametrize(
    "location",
    [
        Location("other.json", "", 1, 1),
        Location("p.json"),
        Location("p.json", "", 9, 1),
        Location("p.json", "", 1, 99),
        Location("p.json", "", 0, 1),
    ],
)
def test_what_is_not_at_hand_is_not_shown(location: Location) -> None:
    sources = Sources({"p.json": "{}\r\n"})
    assert sources.excerpt(location, 80) is None
    assert sources.end_column(location) is None


def test_line_ends_of_windows() -> None:
    assert Sources({"p": "a\r\nb\r\n"}).line("p", 2) == "b"
