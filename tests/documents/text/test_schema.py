"""Documents held against schemas: one error to act on, and a quick yes that never differs from jsonschema's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.data_files import folder
from preflight.documents.text.compiled_schema import NotCompiledError, compile_schema
from preflight.documents.text.load import load_text
from preflight.documents.text.schema import suggestion, validate
from preflight.errors import InputError

ACCOUNT = "111122223333"


def refusal(value: Any, schema: str = "snapshot") -> InputError:
    with pytest.raises(InputError) as caught:
        validate(load_text(json.dumps(value), "s.json"), schema)
    assert caught.value.mend
    return caught.value


@pytest.mark.parametrize(
    ("value", "place", "says"),
    [
        (
            {"version": 1, "account": ACCOUNT, "regoins": {}},
            "/regoins",
            "unknown key 'regoins'; did you mean regions?",
        ),
        ({"version": 1, "acount": ACCOUNT}, "/acount", "did you mean account?"),
        ({"version": 1, "account": ACCOUNT, "zzz": 1}, "/zzz", "remove it; valid keys: $schema, version,"),
        ({}, "line 1", "version and account are missing; add version and account"),
        (
            {"version": 1, "account": 111122223333},
            "/account",
            "expected a string, found a whole number; put it in quotes",
        ),
        (
            {"version": 1, "account": ACCOUNT, "regions": None},
            "/regions",
            "found null; write an object or leave it out",
        ),
        ({"version": 2, "account": ACCOUNT}, "/version", "2 is not 1; write 1"),
        ({"version": True, "account": ACCOUNT}, "/version", "is not 1"),
        ({"version": "1", "account": ACCOUNT}, "/version", '"1" is not 1; write 1'),
        ([], "line 1", "expected an object, found a list"),
        (
            {"version": 1, "account": ACCOUNT, "regions": {"us-east-1": {"RegionOptStatus": "ENABELD"}}},
            "/regions/us-east-1/RegionOptStatus",
            "did you mean ENABLED?",
        ),
        (
            {"version": 1, "account": ACCOUNT, "regions": {"us-east-1": {"endpoints": [{"EndpointName": ""}]}}},
            "/regions/us-east-1/endpoints/0/EndpointName",
            "EndpointName is empty",
        ),
        (
            {"version": 1, "account": ACCOUNT, "regions": {"us-east-1": {"quotas": [{"QuotaName": "q", "Value": -1}]}}},
            "/regions/us-east-1/quotas/0/Value",
            "Value is -1; it must be at least 0",
        ),
        (
            {"version": 1, "account": ACCOUNT, "regions": {"us_east_1": {}}},
            "/regions",
            '"us_east_1" is not of the form',
        ),
    ],
)
def test_what_is_wrong_is_said_in_words(value: Any, place: str, says: str) -> None:
    error = refusal(value)
    assert error.place.startswith(place)
    assert "column" in error.place
    assert says in str(error)


def test_the_place_is_of_the_whole_document() -> None:
    document = load_text('{"plans": [{"requests": [],\n "region": 1}]}', "p.json")
    with pytest.raises(InputError) as caught:
        validate(document, "plan", pointer="/plans/0")
    assert "expected a string" in str(caught.value)
    assert caught.value.place == "/plans/0/region (line 2, column 12)"


def test_suggestions_ignore_case() -> None:
    assert suggestion("endpointname", ["EndpointName", "Tags"]) == "did you mean EndpointName?"
    assert suggestion("x", ["EndpointName"]) == ""


def names() -> list[str]:
    root = folder("schemas")
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.schema.json"))


def schema_of(name: str) -> Any:
    return json.loads((folder("schemas") / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", names())
def test_every_schema_is_one(name: str) -> None:
    # The patterns of AWS's models are Java's, which preflight.declared.patterns reads.
    checker = None if name.startswith("requests/") else jsonschema.FormatChecker()
    jsonschema.Draft202012Validator.check_schema(schema_of(name), format_checker=checker)


def test_what_check_needs_is_compiled() -> None:
    for name in names():
        if name in ("snapshot.schema.json", "plan.schema.json"):
            compile_schema(schema_of(name))


_LEAVES = st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from([0.5, 1.0]) | st.text("ab1", max_size=3)
_NAMES = st.sampled_from(["a", "b", "c"])
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3), max_leaves=8
)
_TYPES = st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null"])


def _schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {},
        optional={
            "type": _TYPES | st.lists(_TYPES, min_size=1, max_size=3, unique=True),
            "description": st.just("of no effect"),
            "properties": st.dictionaries(_NAMES, inner, max_size=3),
            "required": st.lists(_NAMES, max_size=2, unique=True),
            "additionalProperties": st.booleans() | inner,
            "propertyNames": st.just({"pattern": "^[ab]$"}),
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "const": st.none() | st.booleans() | st.sampled_from(["a", 1]),
            "enum": st.lists(st.sampled_from(["a", "b", 1, True, None]), min_size=1, max_size=3),
            "pattern": st.sampled_from(["^a", "1$", "b"]),
            "minLength": st.integers(0, 2),
            "maxLength": st.integers(1, 3),
            "minItems": st.integers(0, 2),
            "maxItems": st.integers(0, 2),
            "minProperties": st.integers(0, 2),
            "minimum": st.integers(-1, 1),
            "$ref": st.just("#/$defs/named"),
        },
    )


_SCHEMAS = st.recursive(st.just({}), _schemas, max_leaves=5)


@settings(deadline=None, max_examples=400)
@given(_SCHEMAS, st.sampled_from([{"type": "string"}, {"minItems": 1}, {"items": {"$ref": "#/$defs/named"}}]), _VALUES)
def test_a_quick_yes_is_one_of_the_standard(schema: dict[str, Any], named: Any, value: Any) -> None:
    whole = {**schema, "$defs": {"named": named}}
    if not compile_schema(whole)(value):
        return
    assert jsonschema.Draft202012Validator(whole).is_valid(value)


@settings(deadline=None, max_examples=200)
@given(_SCHEMAS, _VALUES.filter(lambda value: "1.0" not in repr(value)))
def test_a_quick_no_is_one_too(schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "$defs": {"named": {"type": "string"}}}
    assert compile_schema(whole)(value) == jsonschema.Draft202012Validator(whole).is_valid(value)


@pytest.mark.parametrize("schema", [{"oneOf": [{}]}, {"not": {}}, {"$ref": "other.json"}, {"enum": [[]]}, {"if": {}}])
def test_what_is_not_known_is_not_guessed(schema: dict[str, Any]) -> None:
    with pytest.raises(NotCompiledError):
        compile_schema(schema)


def test_a_schema_that_is_not_compiled_still_counts(tmp_path: Path) -> None:
    error = refusal([{"id": "1"}], "simulation")
    assert error.path == "s.json"
