"""Rules read without YAML are what YAML reads, and what is not plain is left to it."""

from __future__ import annotations

import pytest
import yaml

from preflight.engine.rule import rule_file, rule_ids
from preflight.engine.rule_headers_yaml import plain_members


@pytest.mark.parametrize("rule", rule_ids())
def test_every_rule_is_read_as_yaml_reads_it(rule: str) -> None:
    head = rule_file(rule).read_text(encoding="utf-8").partition("\nexamples:")[0]
    read = plain_members(head)
    expected = {name: value for name, value in yaml.safe_load(head).items() if name != "match"}
    assert read in (None, expected)
    assert read is not None or not rule.startswith("IAM"), "members of lint rules are plain, for speed"


@pytest.mark.parametrize(
    "text",
    ["a: 'x' y", "a: {b: c}", "a: b: c", "a: b # c", "a: yes", "a: 5", "a: ~", "a: |\n  b", "a: &x b", "a: *x",
     "a:\n  b: c", "a: !!str b", "a: b\n  c", 'a: "b', 'a: "b" c', "a: [b: c]", "a: [1]", "a: ['b']", "# a", "a:",
     "a: 2012-10-17", "a: - b", "a: b:", "a:\n  - [b]"],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_yaml(text: str) -> None:
    assert plain_members(text) is None


def test_what_is_plain() -> None:
    assert plain_members("a: 'it''s: so'") == {"a": "it's: so"}
    text = 'a: b c, d\nb: "x: \\"y\\""\nc:\n  - https://x.y/z#w\n  - "q"\nd: [A, b]\ne: []\nmatch: {"a": ["b"]}'
    assert plain_members(text) == {
        "a": "b c, d",
        "b": 'x: "y"',
        "c": ["https://x.y/z#w", "q"],
        "d": ["A", "b"],
        "e": [],
    }
