"""A compiled expression finds what jmespath finds: each that the declarations have, over values of every form."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight.data_files import folder, head_and_examples, load_yaml
from preflight.declared.compiled_paths import compiled
from preflight.declared.expressions import _FUNCTIONS, evaluate
from preflight.errors import PreflightError

_NAMES = st.sampled_from(["a", "b", "Key", "Value", "Tags", "Arn"])
_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.just(0.0), st.sampled_from(["", "a", "b", "arn:aws:s3:::b/k"])
)
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4), max_leaves=12
)
_EXPRESSIONS = [
    "a", "a.b", "a[]", "a[*].b", "a[].b[]", "a[0]", "a[-1].b", "a[1:]", "*.b", "a.*", "@", "[a, b]", "{x: a, y: b.Key}",
    "a || b", "a && b", "!a", "!(a || b)", "a == b", "a != `null`", "a == `0`", "a == `true`", "a < b", "a >= `1`",
    "a[?b].Key", "a[?b == 'a']", "a[?Key == `1`].{k: Key, v: Value}", "a | [0]", "a[?!b] | [0]", "[a, b][]", "`[1, 2]`",
    "lower(a)", "length(a)", "keys(a)", "not_null(a, b)", "sort_by(a, &b)", "map(&Key, a)", "join('-', a)", "type(a)",
    "pairs(a)[*][0]", "split(a, ':')[0]", "arn_part(a, 'resource')", "without(a, b)", "product(a)", "sum(a)", "max(a)",
    "s3_location(a).Bucket", "contains(a, 'b')", "having(a, 'Key', b)", "to_string(a)", "starts_with(a, 'a')",
]  # fmt: skip


@cache
def declared() -> tuple[str, ...]:
    """Return what in `rules/` reads as an expression: its strings, and the places of templates."""
    found = set()
    for path in folder("rules").rglob("*.yaml"):
        head, _examples = head_and_examples(path.read_text(encoding="utf-8"))
        for said in strings(load_yaml(head)):
            found.update(text for text in (said, *re.findall(r"\$\{([^}]*)\}", said)) if reads(text))
    return tuple(sorted(found))


def strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from strings(item)
        case dict():
            for item in value.values():
                yield from strings(item)


def reads(text: str) -> bool:
    """Whether a text is an expression. Prose with a `name` in it is none, though jmespath's old literals take names."""
    with warnings.catch_warnings(action="error", category=PendingDeprecationWarning):
        try:
            jmespath.compile(text)
        except (jmespath.exceptions.JMESPathError, PendingDeprecationWarning):
            return False
    return True


def outcome(find: Any, value: Any) -> Any:
    try:
        found = find(value)
        return type(found).__name__ if "object at 0x" in repr(found) else repr(found)
    except Exception as error:
        return type(error).__name__, str(error)


@given(st.sampled_from(_EXPRESSIONS), _VALUES)
def test_finds_what_jmespath_finds(expression: str, value: Any) -> None:
    parsed = jmespath.compile(expression)
    options = jmespath.Options(custom_functions=_FUNCTIONS)
    expected = outcome(lambda each: parsed.search(each, options=options), value)
    assert outcome(compiled(parsed.parsed, _FUNCTIONS), value) == expected


@given(st.data())
def test_every_declared_expression(data: st.DataObject) -> None:
    expression = data.draw(st.sampled_from(declared()))
    parsed = jmespath.compile(expression)
    names = sorted(set(re.findall(r"[A-Za-z]\w*", expression)))
    value = data.draw(st.dictionaries(st.sampled_from(names) if names else _NAMES, _VALUES, max_size=6))
    options = jmespath.Options(custom_functions=_FUNCTIONS)
    expected = outcome(lambda each: parsed.search(each, options=options), value)
    assert outcome(compiled(parsed.parsed, _FUNCTIONS), value) == expected


def test_what_is_wrong_is_said_as_before() -> None:
    with pytest.raises(PreflightError, match=r"cannot be evaluated: In function length\(\), invalid type"):
        evaluate("length(a)", {"a": 1})
    with pytest.raises(PreflightError, match="Unknown function"):
        evaluate("unheard(a)", {"a": 1})
