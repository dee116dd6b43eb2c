"""What a request has that the API's model refuses, and how much of it the model can read.

Generic over the schemas that `preflight.declared.service_models` writes, of declared operations and of any other::

    shape = service_models.request_schema("dynamodb", "CreateTable")
    for fault in faults(shape, {"TableName": "t"}):
        print(fault.pointer, fault.problem, fault.remedy)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from preflight.declared import patterns
from preflight.documents.text.schema import nearest, word_for
from preflight.json_pointer import escape
from preflight.unresolved import DeployText

About: TypeAlias = Literal["member", "required", "type", "enum", "range", "length", "pattern", "unjudged"]
Schema: TypeAlias = Mapping[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,), "timestamp": (str, int, float),
}  # fmt: skip
_TYPE_NAMES = {
    "object": "an object", "array": "a list", "string": "a string", "integer": "a whole number", "number": "a number",
    "boolean": "true or false", "timestamp": "a date",
}  # fmt: skip
_MOST_LISTED = 12
_MOST_FAULTS = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that the model refuses, or (`unjudged`) that could not be held to it.

    `pointer` is where in the request (a JSON pointer), `problem` a phrase without a full stop, `remedy` a sentence.
    `shape` is the name that AWS gives the shape, where it has one, and `value` what was written.
    """

    about: About
    pointer: str
    problem: str
    remedy: str
    shape: str = ""
    value: Any = None


def faults(shape: Schema, value: Any) -> Iterator[Fault]:
    """Give each fault of a request, by its operation's schema, in the order of the request; 200 at most.

    `shape` is a schema as `service_models.request_schema` returns it, `value` the request's parameters as plain data.
    Required members, unknown members, types, enumerations, ranges, lengths and patterns are judged at any depth. Texts
    that only the deploy knows (`preflight.unresolved`) are judged as far as they are known. Values of sensitive shapes
    and of maps are not repeated in messages. What is given for a member of the wrong type is not looked into.
    """
    judge = _Judge(shape)
    for count, fault in enumerate(judge.faults(shape, value, _Place())):
        if count == _MOST_FAULTS:
            return
        yield fault


def readable(shape: Schema, value: Any) -> Any:
    """Return what is left of a request without what cannot be read by its schema: members that are not known or are of
    another type, and lists and objects inside which something is or lacks what it requires. A request that has nothing
    of that kind is returned itself.
    """
    kept = _Judge(shape).readable(shape, value, outermost=True)
    return value if kept == value else kept


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands: a JSON pointer, the same as messages show it, and whether its value may be shown."""

    pointer: str = ""
    label: str = ""
    secret: bool = False

    def member(self, name: str, *, secret: bool = False) -> _Place:
        label = f"{self.label}.{name}" if self.label else name
        return _Place(f"{self.pointer}/{escape(name)}", label, self.secret or secret)

    def item(self, index: int) -> _Place:
        return _Place(f"{self.pointer}/{index}", f"{self.label}[{index}]", self.secret)

    @property
    def shown(self) -> str:
        return f"`{DeployText(self.label).shown}`" if self.label else "the request"


class _Judge:
    def __init__(self, root: Schema) -> None:
        self._definitions: Mapping[str, Schema] = root.get("$defs", {})

    def _resolved(self, schema: Schema) -> tuple[Schema, str]:
        reference = schema.get("$ref")
        if reference is None:
            return schema, ""
        name = str(reference).rpartition("/")[2]
        return self._definitions[name], name

    def faults(self, schema: Schema, value: Any, place: _Place) -> Iterator[Fault]:
        schema, name = self._resolved(schema)
        if schema.get("sensitive"):
            place = replace(place, secret=True)
        kind = schema.get("format") or schema["type"]
        if not _is(value, kind):
            if not _is_wholly_unknown(value):
                yield _wrong_type(kind, value, place)
        elif kind == "object":
            yield from self._object(schema, value, place)
        elif kind == "array":
            yield from _length(schema, value, place, "items", "Items")
            inner = value[: schema.get("maxItems", len(value))]
            for index, each in enumerate(inner):
                yield from self.faults(schema["items"], each, place.item(index))
        elif kind == "string":
            yield from _text(schema, name, value, place)
        elif kind in ("integer", "number"):
            yield from _range(schema, value, place)

    def _object(self, schema: Schema, value: Mapping[str, Any], place: _Place) -> Iterator[Fault]:
        others = schema.get("additionalProperties")
        if isinstance(others, Mapping):
            yield from _length(schema, value, place, "entries", "Properties")
            for key, each in value.items():
                inner = place.member(key, secret=True)
                if "propertyNames" in schema:
                    names, name = self._resolved(schema["propertyNames"])
                    yield from _text(names, name, key, _Place(inner.pointer, f"the name {key} in {place.label}"))
                yield from self.faults(others, each, inner)
            return
        known = schema.get("properties", {})
        for member in schema.get("required", ()):
            if member not in value:
                yield Fault("required", place.pointer, f"`{member}` is missing from {place.shown}", f"Add `{member}`.")
        for member, each in value.items():
            inner = place.member(member)
            if member in known:
                yield from self.faults(known[member], each, inner)
            else:
                yield _unknown(member, known, inner, place)
        if schema.get("union") and len(value) != 1:
            problem = f"{place.shown} has {len(value)} members; exactly one of them may be given"
            yield Fault("length", place.pointer, problem, f"Keep one of {_listed(list(known))}.")

    def readable(self, schema: Schema, value: Any, *, outermost: bool = False) -> Any:
        """Return what can be read of a value; `_NOTHING` where it must be left out altogether."""
        schema, _ = self._resolved(schema)
        kind = schema.get("format") or schema["type"]
        if not _is(value, kind):
            return value if _is_wholly_unknown(value) else _NOTHING
        if kind == "array":
            items = [self.readable(schema["items"], each) for each in value]
            return _NOTHING if any(each is _NOTHING for each in items) else items
        if kind != "object":
            return value
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        shapes = {name: others if isinstance(others, Mapping) else known.get(name) for name in value}
        kept = {name: self.readable(shape, value[name]) for name, shape in shapes.items() if shape is not None}
        kept = {name: each for name, each in kept.items() if each is not _NOTHING}
        if not outermost and any(name not in kept for name in schema.get("required", ())):
            return _NOTHING
        return kept


_NOTHING: Any = object()


def _is_wholly_unknown(value: Any) -> bool:
    partial = DeployText.partial(value)
    return partial is not None and partial.is_wholly_unknown


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _wrong_type(kind: str, value: Any, place: _Place) -> Fault:
    remedy = f"Write {place.shown} as {_TYPE_NAMES[kind]}"
    if kind == "string" and isinstance(value, (bool, int, float)):
        remedy = f"Put {place.shown} in quotes"
    elif value is None:
        remedy += " or leave it out"
    problem = f"{place.shown} must be {_TYPE_NAMES[kind]}, and is {word_for(value)}"
    return Fault("type", place.pointer, problem, f"{remedy}.")


def _unknown(member: str, known: Mapping[str, Any], inner: _Place, place: _Place) -> Fault:
    near = nearest(member, known)
    written = DeployText(member).shown
    remedy = f"Did you mean {near}?" if near else f"Remove `{written}`; the members here are {_listed(list(known))}."
    return Fault("member", inner.pointer, f"unknown member `{written}` in {place.shown}", remedy)


def _range(schema: Schema, value: float, place: _Place) -> Iterator[Fault]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if (least is not None and value < least) or (most is not None and not value <= most):
        bounds = _bounds(least, most)
        number = "a secret number" if place.secret else f"{value:,}"
        yield Fault(
            "range", place.pointer, f"{place.shown} is {number}; it must be {bounds}", f"Set {place.shown} to {bounds}."
        )


def _length(schema: Schema, value: Any, place: _Place, unit: str, bound: str) -> Iterator[Fault]:
    least, most = schema.get(f"min{bound}"), schema.get(f"max{bound}")
    if (least is None or len(value) >= least) and (most is None or len(value) <= most):
        return
    if not value:
        yield Fault("length", place.pointer, f"{place.shown} is empty", f"Give {place.shown} a value, or leave it out.")
        return
    count = f"{len(value):,} {unit if len(value) != 1 else {'entries': 'entry'}.get(unit, unit[:-1])}"
    bounds = _bounds(least, most)
    yield Fault(
        "length", place.pointer, f"{place.shown} has {count}; it must have {bounds}", f"Give {place.shown} {bounds}."
    )


def _text(schema: Schema, name: str, value: str, place: _Place) -> Iterator[Fault]:
    if (partial := DeployText.partial(value)) is not None:
        yield from _partly_known(schema, partial, place)
        return
    if "enum" in schema:
        if value not in schema["enum"]:
            yield _not_listed(schema["enum"], name, value, place)
        return
    wrong = list(_length(schema, value, place, "characters", "Length"))
    yield from wrong
    pattern = schema.get("pattern")
    if wrong or pattern is None:
        return
    fits = patterns.matches(pattern, value)
    if fits is False:
        yield _misformed(pattern, value, place)
    elif fits is None and patterns.is_read(pattern):
        problem = f"checking {place.shown} against the pattern {_shortened(pattern)} would take too long"
        yield Fault("unjudged", place.pointer, problem, f"Check {place.shown} yourself.", name, value)


def _partly_known(schema: Schema, value: DeployText, place: _Place) -> Iterator[Fault]:
    """Judge what is known of a text: its beginning by the pattern, its least length, what it can be of a list."""
    parts = value.known_parts
    most, pattern = schema.get("maxLength"), schema.get("pattern")
    least_long = sum(map(len, parts)) + len(parts) - 1
    if most is not None and least_long > most:
        problem = f"{place.shown} has {least_long:,} characters at least; it must have {_bounds(None, most)}"
        yield Fault("length", place.pointer, problem, f"Shorten {place.shown}.")
    elif pattern is not None and patterns.begins(pattern, parts[0]) is False:
        yield _misformed(pattern, value, place)
    elif "enum" in schema and not any(
        each.startswith(parts[0]) and each.endswith(parts[-1]) and len(each) >= least_long for each in schema["enum"]
    ):
        yield _not_listed(schema["enum"], "", value, place)


def _not_listed(among: list[str], name: str, value: str, place: _Place) -> Fault:
    near = nearest(value, among)
    remedy = f"Did you mean {near}?" if near else f"Correct {place.shown}."
    if not near and len(among) <= _MOST_LISTED:
        remedy = f"Write {_listed(among, 'or')}."
    written = f"`{_shortened(DeployText(value).shown)}`" if value else "empty"
    problem = f"{place.shown} is {written}, which is not one of the {len(among)} values that the API's model lists"
    if len(among) == 1:
        problem = f"{place.shown} is {written}; the only value that the API accepts is `{among[0]}`"
    return Fault("enum", place.pointer, problem, remedy, name, value)


def _misformed(pattern: str, value: str, place: _Place) -> Fault:
    written = "has a value that" if place.secret else f"is `{_shortened(DeployText(value).shown)}`, which"
    if not value:
        return Fault(
            "pattern", place.pointer, f"{place.shown} is empty", f"Give {place.shown} a value, or leave it out."
        )
    problem = f"{place.shown} {written} does not match the pattern {_shortened(pattern, 160)}"
    return Fault("pattern", place.pointer, problem, f"Correct {place.shown} to match that pattern.", value=value)


def _bounds(least: float | None, most: float | None) -> str:
    if least is None:
        return f"at most {most:,}"
    if most is None:
        return f"at least {least:,}"
    return f"{least:,} to {most:,}" if least != most else f"exactly {least:,}"


def _listed(names: list[str], word: str = "and") -> str:
    shown_ = [f"`{each}`" for each in names[:_MOST_LISTED]]
    if len(names) > _MOST_LISTED:
        return f"{', '.join(shown_)} {word} {len(names) - _MOST_LISTED} more"
    return f"{', '.join(shown_[:-1])} {word} {shown_[-1]}" if len(shown_) > 1 else "".join(shown_)


def _shortened(text: str, most: int = 80) -> str:
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= most else f"{text[: most - 3]}..."
