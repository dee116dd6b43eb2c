"""YAML as plain data: what the writer meant, and nothing that grows, runs or hides."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.documents.text.load import DEEPEST, load_text
from preflight.documents.text.yaml_nodes import YamlError, compose, construct, light
from preflight.errors import InputError


def read(text: str) -> object:
    return load_text(text, "a.yaml").value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Version: 2012-10-17", {"Version": "2012-10-17"}),
        ("at: 2012-10-17 10:00:00", {"at": "2012-10-17 10:00:00"}),
        ("a: on\nb: yes\nc: No\nd: off\ne: y", {"a": "on", "b": "yes", "c": "No", "d": "off", "e": "y"}),
        ("a: true\nb: False\nc: ~\nd: null\ne:", {"a": True, "b": False, "c": None, "d": None, "e": None}),
        ("account: 011122223333", {"account": "011122223333"}),
        ("account: 111122223333", {"account": 111122223333}),
        ("a: 0x1F\nb: 1_000\nc: 1:30\nd: 0o17", {"a": "0x1F", "b": "1_000", "c": "1:30", "d": "0o17"}),
        ("a: 0.5\nb: .5\nc: 1.\nd: -2.5e+3", {"a": 0.5, "b": 0.5, "c": 1.0, "d": -2500.0}),
        ("e: -7\nf: +1", {"e": -7, "f": 1}),
        ("sha: 1234e5\nother: 12e03", {"sha": "1234e5", "other": "12e03"}),
        ("a: .inf\nb: .nan\nc: .", {"a": ".inf", "b": ".nan", "c": "."}),
        ("a: '5'\nb: \"true\"\nc: !!str 5", {"a": "5", "b": "true", "c": "5"}),
        ("1: a\ntrue: b\nnull: c\n2012-10-17: d", {"1": "a", "true": "b", "null": "c", "2012-10-17": "d"}),
        ("a: &x {k: 1}\nb: *x", {"a": {"k": 1}, "b": {"k": 1}}),
        ("a: &x {k: 1, l: 1}\nb:\n  <<: *x\n  l: 2", {"a": {"k": 1, "l": 1}, "b": {"k": 1, "l": 2}}),
        ("a: <<\n'<<': 1", {"a": "<<", "<<": 1}),
        ("%YAML 1.1\n---\na: 1\n...\n", {"a": 1}),
        ("a: |\n  x\n  y\nb: >\n  x\n  y", {"a": "x\ny\n", "b": "x y"}),
    ],
)  # fmt: skip
def test_what_is_meant(text: str, value: object) -> None:
    found = read(text)
    assert found == value
    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2", "line 4, column 3", "duplicate key 'c'"),
        ("? [a]\n: b", "line 1, column 3", "keys must be strings"),
        ("a: !Ref Name", "line 1, column 4", "the tag !Ref is not supported"),
        ("a: !!binary aGk=", "line 1, column 4", "the tag !!binary is not supported"),
        ("a: !!python/object:os.system x", "line 1, column 4", "the tag !!python/object:os.system"),
        ("a: !!set {a}", "line 1, column 4", "the tag !!set"),
        ("- a\n- *b", "line 2, column 3", "undefined alias"),
        ("Action: *", "line 1, column 10", "unquoted * or &; put the text in quotes"),
        ("a: &x [1, *x]", "line 1, column 4", "an alias refers to itself"),
        ("a:\n\t- b", "line 2, column 1", "indent with spaces, not tabs"),
        ("a: b: c", "line 1, column 5", "second colon in this line; put the value in quotes"),
        ("a: [1, 2", "line 2, column 1", "did not find expected ',' or ']'"),
        ("a: x\x07", "line 1, column 5", "the character U+0007 isn't allowed"),
        ("--- 1\n--- 2", "line 2, column 1", "it holds more than one YAML document"),
        ("a: " + "9" * 50, "line 1, column 4", "the number is too large"),
        ("a: 1.5e+999", "line 1, column 4", "the number is too large"),
        ("<<: 3", "line 1, column 1", "needs a mapping"),
        ("# nothing", "", "it is empty"),
        ("---", "", "it is empty"),
    ],
)
def test_what_is_refused(text: str, place: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert says in str(caught.value)
    assert caught.value.place == place
    assert caught.value.mend


def bomb(levels: int, width: int) -> str:
    lines = ["a0: &a0 [" + ", ".join("x" * width) + "]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * width) + "]" for n in range(1, levels)]
    return "\n".join(lines)


def test_aliases_cannot_grow() -> None:
    for text in (
        bomb(20, 9),
        "a: &a " + "x" * 1_000_000 + "\nb: [" + ", ".join(["*a"] * 100_000) + "]",
        "a0: &a0 {k: 1}\n" + "\n".join(f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n  k{n}: 1" for n in range(1, 60)),
    ):
        with pytest.raises(InputError, match="aliases expand to more than two million nodes"):
            read(text)
    assert read(bomb(4, 9))


def test_aliases_cannot_nest() -> None:
    chain = "a0: &a0 [x]\n" + "\n".join(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 10_000))
    with pytest.raises(InputError, match=f"nested deeper than {DEEPEST} levels"):
        read(chain)


def test_a_large_document_without_aliases_is_no_bomb() -> None:
    assert len(read("\n".join(f"- {n}" for n in range(50_000)))) == 50_000  # type: ignore[arg-type]


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
_DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(_TEXT, _DATA, min_size=1, max_size=3), st.booleans())
def test_what_a_yaml_writer_wrote_is_read_back(value: object, flow: bool) -> None:
    assert read(yaml.dump(value, default_flow_style=flow, allow_unicode=True)) == value


@given(text=st.text(alphabet="ab:-{}[]&*!<>|'\"#\n ~1.0eE+ytnul", max_size=60))
@settings(max_examples=150)
def test_small_nodes_make_what_pyyamls_make(text: str) -> None:
    def made(compose: Callable[[str], Any]) -> Any:
        try:
            return construct(compose(text), short_forms=True)
        except YamlError as error:
            return (error.problem, error.mend, error.line, error.column)

    assert repr(made(light)) == repr(made(compose))


def test_a_flat_document_of_ten_megabytes_takes_no_gigabyte() -> None:
    text = "".join(f"k{n}: v{n}\n" for n in range(20_000))
    tracemalloc.start()
    load_text(text, "x.yaml")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 45 * len(text)  # with PyYAML's own nodes, 57 times the text
