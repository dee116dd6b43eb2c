"""Files and texts: read as JSON or YAML, or refused with one error that says where and what to do."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from preflight.documents.text.load import DEEPEST, load, load_text
from preflight.errors import InputError
from preflight.simulate.case_files import read_cases
from preflight.simulate.cases import BadCase


def refused(text: str, path: str) -> InputError:
    with pytest.raises(InputError) as caught:
        load_text(text, path)
    assert caught.value.path == path
    assert caught.value.mend
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ('{"a": 1,}', "line 1, column 8", "trailing comma; remove the comma"),
        ('{"a": [\n1,\n]}', "line 2, column 2", "trailing comma"),
        ('[1,, 2]', "line 1, column 4", "trailing comma"),
        ('{ // why\n"a": 1}', "line 1, column 3", "comments aren't allowed; remove it: JSON has no comments"),
        ('{"a": 1 /* why */}', "line 1, column 9", "comments aren't allowed"),
        ('{"a": 1}\n# why', "line 2, column 1", "comments aren't allowed"),
        ("{'a': 1}", "line 1, column 2", "single-quoted string; use double quotes"),
        ("{a: 1}", "line 1, column 2", "unquoted key"),
        ('{"a" 1}', "line 1, column 6", "missing colon"),
        ('{"a": 1 "b": 2}', "line 1, column 9", "missing comma or closing bracket"),
        ('{"a": True}', "line 1, column 7", "True isn't a value; write true"),
        ('{"a": None}', "line 1, column 7", "None isn't a value; write null"),
        ('{"a": yes}', "line 1, column 7", "yes isn't a value; put it in double quotes"),
        ('{"a": .5}', "line 1, column 7", "value expected"),
        ('{"a": "x', "line 1, column 7", "unterminated string"),
        ('{"a": "x\ny"}', "line 1, column 9", "unescaped line break or control character in a string"),
        ('{"a": "\\d"}', "line 1, column 8", "invalid escape"),
        ('{"a": [1', "line 1, column 9", "unexpected end of the document; complete it"),
        ('{"a": 1} {"b": 2}', "line 1, column 10", "unexpected text after the document"),
        ('{"a": [NaN]}', "line 1, column 8", "NaN is out of range"),
        ('{"a": -Infinity}', "line 1, column 7", "-Infinity is out of range"),
        ('{"a": 1e999}', "line 1, column 7", "1e999 is out of range"),
        ('{"a": ' + "9" * 5000 + "}", "line 1, column 7", "a number of 5000 digits"),
        ('{"a": "\\ud83d"}', "line 1, column 8", "an escape is half of a surrogate pair"),
        ('{"a": {"b": [{"c": 1,\n"c": 2}]}}', "line 2, column 1", "duplicate key /a/b/0/c; remove one"),
        ("", "", "it is empty"),
        (" \n\t", "", "it is empty"),
    ],
)  # fmt: skip
def test_what_is_not_json(text: str, place: str, says: str) -> None:
    error = refused(text, "request.json")
    assert error.place == place
    assert says in str(error)


def test_nesting_is_bounded_however_it_is_written() -> None:
    deep = DEEPEST + 1
    for text, path in (
        ("[" * deep + "]" * deep, "a.json"),
        ("[" * 10_000_000, "a.json"),
        ('{"a":' * 2_000_000, "a.json"),
        ("[" * deep + "]" * deep, "a.yaml"),
        ("[" * 10_000_000, "a.yaml"),
        ("- " * 5_000_000, "a.yaml"),
        ("? " * 100_000, "a.yaml"),
        ("".join(" " * level + "a:\n" for level in range(2000)), "a.yaml"),
    ):
        error = refused(text, path)
        assert f"nested deeper than {DEEPEST} levels" in error.problem
        assert error.place, text[:20]
    assert load_text("[" * DEEPEST + "]" * DEEPEST, "a.json").value
    assert load_text("[" * DEEPEST + "]" * DEEPEST, "a.yaml").value


def test_brackets_in_strings_are_no_nesting() -> None:
    assert load_text(json.dumps(["[" * 1000]), "a.json").value == ["[" * 1000]
    assert load_text(json.dumps(["[" * 1000]), "a.yaml").value == ["[" * 1000]


def test_what_decides_between_json_and_yaml() -> None:
    assert load_text('{"a": 1}', "-").syntax == "json"
    assert load_text(" [1]", "request").syntax == "json"
    assert load_text('{"a": "\\ud83d\\ude00"}', "a.yaml").value == {"a": "\U0001f600"}
    assert load_text("{a: 1}", "a.yaml").syntax == "yaml"
    assert load_text("a: 1", "-").syntax == "yaml"
    assert load_text("a: 1", "a.yml.gz").syntax == "yaml"
    assert load_text("{a: 1, }", "a.yaml").value == {"a": 1}
    refused("{a: 1}", "-")
    refused("a: 1", "a.json")


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": "\xc3\xa9"}', {"a": "\u00e9"}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('{"a": "\u00e9"}'.encode("utf-16"), {"a": "\u00e9"}),
        (b"\xfe\xff" + '{"a": 1}'.encode("utf-16-be"), {"a": 1}),
    ],
)
def test_encodings(tmp_path: Path, data: bytes, value: object) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(data)
    assert load(str(file)).value == value


@pytest.mark.parametrize(
    ("data", "place", "says"),
    [
        (b'{"a":\n "\xe9"}', "line 2, column 3", "not UTF-8 text; save it as UTF-8"),
        (b"\xff\xfe{\x00\xd8", "line 1, column 2", "not UTF-16 text"),
        (b"\x89PNG\r\n\x1a\n", "line 1, column 1", "not UTF-8 text"),
        (b"", "", "it is empty"),
        (b"\xef\xbb\xbf", "", "it is empty"),
    ],
)
def test_what_is_no_text(tmp_path: Path, data: bytes, place: str, says: str) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(data)
    with pytest.raises(InputError) as caught:
        load(str(file))
    assert caught.value.place == place
    assert says in str(caught.value)


def test_names_in_a_document_cannot_break_the_line() -> None:
    error = refused('{"a\\nb\\u001b[31m": 1, "a\\nb\\u001b[31m": 2}', "a.json")
    assert "duplicate key /a\\nb\\x1b[31m" in str(error)
    assert str(InputError("caf\udce9.json", "\u00e9")) == "caf\\udce9.json: \u00e9"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    def says(path: str) -> str:
        with pytest.raises(InputError) as caught:
            load(path)
        return str(caught.value)

    assert says(str(tmp_path / "none.json")).endswith("none.json: there is no such file; check the path")
    assert says(str(tmp_path)).endswith("it is a directory; name a file in it")
    (tmp_path / "file").write_text("{}")
    assert "it cannot be read (Not a directory)" in says(str(tmp_path / "file" / "below.json"))
    assert "it cannot be read" in says("a\0b.json")
    (tmp_path / "half.json.gz").write_bytes(gzip.compress(b'{"a": 1}')[:-4])
    assert "the gzip file is incomplete or damaged" in says(str(tmp_path / "half.json.gz"))
    (tmp_path / "plain.json.gz").write_bytes(b'{"a": 1}')
    assert "the gzip file is incomplete or damaged" in says(str(tmp_path / "plain.json.gz"))


def test_what_is_compressed_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preflight.documents.text.load.MOST_BYTES", 1 << 20)
    file = tmp_path / "bomb.json.gz"
    file.write_bytes(gzip.compress(b"[" + b" " * (2 << 20) + b"]"))
    with pytest.raises(InputError, match="it holds more than 1 MiB when it is decompressed"):
        load(str(file))


def test_what_has_no_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="it is a device"):
        load("/dev/zero")
    for module in ("preflight.documents.text.load", "preflight.simulate.case_files"):
        monkeypatch.setattr(f"{module}.MOST_BYTES", 1 << 20)
    for text in (b" " * (2 << 20), b" " * 999 + b"\n" * (2 << 20)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        (case,) = read_cases(["-"])
        assert isinstance(case, BadCase) and "it holds more than 1 MiB" in str(case.error)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        with pytest.raises(InputError, match="it holds more than 1 MiB"):
            load("-")


def test_no_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="stdin is closed"):
        load("-")


def test_compressed_and_stdin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.yaml.gz"
    file.write_bytes(gzip.compress(b"a: 2012-10-17"))
    assert load(str(file)).value == {"a": "2012-10-17"}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"a": 1}')))
    document = load("-")
    assert (document.path, document.value) == ("-", {"a": 1})


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["a.json", "a.yaml", "a", "a.json.gz", "a.yaml.gz"]))
@example(b"\xff\xfe\x00\xd8", "a")
@example(b"a: &a [*a]", "a.yaml")
@example(b"? - a\n: b", "a.yaml")
def test_no_bytes_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str) -> None:
    file = tmp_path_factory.getbasetemp() / name
    file.write_bytes(data)
    try:
        load(str(file))
    except InputError as error:
        assert error.problem
        assert error.mend


_MARKS = st.text(alphabet="{}[],:\"'\\-?&*!|>%@`#~<= \n\taé0.:1e-true\x00\x85\ud83d", max_size=60)


@settings(deadline=None, max_examples=300)
@given(_MARKS, st.sampled_from(["a.json", "a.yaml"]))
def test_no_text_raises_anything_else(text: str, name: str) -> None:
    try:
        json.dumps(load_text(text, name).value, ensure_ascii=False).encode()
    except InputError as error:
        assert error.mend


_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_NUMBERS = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
)


@settings(deadline=None)
@given(_JSON)
def test_json_is_read_as_python_reads_it(value: object) -> None:
    assert load_text(json.dumps(value), "a.json").value == value
