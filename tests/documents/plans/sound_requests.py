"""Requests that keep everything that their shape asks for, and each way in which one value of them breaks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from preflight.declared.pattern_syntax import Choice, Edge, Look, One, PatternNode, Repeat, Sequence, parsed
from preflight.declared.patterns import matches

_LETTERS = "a1A/:-.s3 \n$"


def sound(schema: Mapping[str, Any]) -> Any:
    """Return a value with every member of a schema, each as it must be."""
    return _sound(schema, schema.get("$defs", {}))


def _sound(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    schema = _resolved(schema, definitions)
    kind = schema["type"]
    if kind == "object" and "properties" in schema:
        members = {name: _sound(inner, definitions) for name, inner in schema["properties"].items()}
        return dict(list(members.items())[:1]) if schema.get("union") else members
    if kind == "object":
        name = _sound(schema.get("propertyNames", {"type": "string"}), definitions) or "a"
        return {name: _sound(schema["additionalProperties"], definitions)}
    if kind == "array":
        return [_sound(schema["items"], definitions)] * max(schema.get("minItems", 0), 1)
    if kind == "string":
        return schema["enum"][0] if "enum" in schema else _text(schema)
    return True if kind == "boolean" else schema.get("minimum", 1)


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    return definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _text(schema: Mapping[str, Any]) -> str:
    least = schema.get("minLength", 0)
    if "pattern" not in schema:
        return "a" * max(least, 1)
    tries = (_sample(parsed(schema["pattern"]), more) for more in (0, 1, least, 20))
    return next(each for each in tries if len(each) >= least and matches(schema["pattern"], each))


def _sample(node: PatternNode, more: int) -> str:
    if isinstance(node, One):
        return next(each for each in (*_LETTERS, *map(chr, range(33, 127))) if node.test(each))
    if isinstance(node, Sequence):
        return "".join(_sample(each, more) for each in node.parts)
    if isinstance(node, Choice):
        return _sample(node.among[0], more)
    if isinstance(node, Repeat):
        count = max(node.least, min(more, more if node.most is None else node.most))
        return _sample(node.part, min(more, 1)) * count
    assert isinstance(node, (Edge, Look))
    return ""


def broken(schema: Mapping[str, Any], value: Any) -> Iterator[tuple[str, str, Any]]:
    """Give, for each constraint of a schema, what it is, where in the value, and the value with it broken."""
    for what, pointer, wrong in _broken(schema, value, schema.get("$defs", {}), ""):
        yield what, pointer, _with(value, pointer, wrong)


def few(cases: Iterator[tuple[str, str, Any]], most: int) -> list[tuple[str, str, Any]]:
    """Return so many of the cases at most: spread over them, those nearest to the request's own members first."""
    listed = list(cases)
    by_depth = sorted(listed, key=lambda case: case[1].count("/"))
    return listed if len(listed) <= most else [*by_depth[: most // 2], *listed[:: 2 * len(listed) // most + 1]]


def _broken(
    schema: Mapping[str, Any], value: Any, definitions: Mapping[str, Any], pointer: str
) -> Iterator[tuple[str, str, Any]]:
    schema = _resolved(schema, definitions)
    kind = schema["type"]
    yield "type", pointer, [] if kind != "array" else {}
    if kind == "object":
        yield from _broken_object(schema, value, definitions, pointer)
    elif kind == "array":
        if schema.get("minItems", 0) > 0:
            yield "minItems", pointer, value[: schema["minItems"] - 1]
        if "maxItems" in schema and schema["maxItems"] < 200:
            yield "maxItems", pointer, value[:1] * (schema["maxItems"] + 1)
        yield from _broken(schema["items"], value[0], definitions, f"{pointer}/0")
    elif kind == "string":
        yield from ((what, pointer, wrong) for what, wrong in _broken_texts(schema, value))
    elif kind in ("integer", "number"):
        if "minimum" in schema:
            yield "minimum", pointer, schema["minimum"] - 1
        if "maximum" in schema:
            yield "maximum", pointer, schema["maximum"] + 1


def _broken_object(
    schema: Mapping[str, Any], value: Mapping[str, Any], definitions: Mapping[str, Any], pointer: str
) -> Iterator[tuple[str, str, Any]]:
    if "properties" not in schema:
        if "maxProperties" in schema and schema["maxProperties"] < 200:
            (inner,) = value.values()
            yield "maxProperties", pointer, {f"a{at}": inner for at in range(schema["maxProperties"] + 1)}
        for name, each in value.items():
            yield from _broken(schema["additionalProperties"], each, definitions, f"{pointer}/{_escaped(name)}")
        return
    for name in schema.get("required", ()):
        yield "required", pointer, {member: each for member, each in value.items() if member != name}
    yield "member", pointer, {**value, "NoSuchMember": 1}
    for name, each in value.items():
        yield from _broken(schema["properties"][name], each, definitions, f"{pointer}/{_escaped(name)}")


def _broken_texts(schema: Mapping[str, Any], value: str) -> Iterator[tuple[str, str]]:
    if "enum" in schema:
        yield "enum", "no-such-value"
        return
    if schema.get("minLength", 0) > 0:
        yield "minLength", value[: schema["minLength"] - 1]
    if "maxLength" in schema:
        yield "maxLength", "a" * (schema["maxLength"] + 1)
    if "pattern" in schema:
        for wrong in ("", "\x00", "a b\x7f!", f"{value}\x00", "ä" * 3):
            if len(wrong) >= schema.get("minLength", 0) and matches(schema["pattern"], wrong) is False:
                yield "pattern", wrong
                return


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _with(value: Any, pointer: str, wrong: Any) -> Any:
    if not pointer:
        return wrong
    first, _, rest = pointer[1:].partition("/")
    name = first.replace("~1", "/").replace("~0", "~")
    rest = f"/{rest}" if rest else ""
    if isinstance(value, list):
        return [_with(each, rest, wrong) if at == int(name) else each for at, each in enumerate(value)]
    return {member: _with(each, rest, wrong) if member == name else each for member, each in value.items()}
