"""JSON Schema compiled into plain functions that say yes or no, at a tenth of the time that a full validator takes.

A document that is accepted needs nothing more. What is refused goes to `jsonschema`, which says why; so this module
may be stricter than the standard without harm, and never more lenient. It knows the keywords that `schemas/` uses; a
schema with others is left to `jsonschema` altogether.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Accept: TypeAlias = Callable[[Any], bool]

_NOTES = frozenset(("$schema", "$id", "$comment", "$defs", "title", "description", "default", "examples"))
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip


class NotCompiledError(Exception):
    """The schema uses a keyword that is not compiled here."""


def compile_schema(schema: Any) -> Accept:
    """Return a function that says whether plain data from JSON or YAML fits a schema.

    Raises `NotCompiledError` for a schema with other keywords than this module knows.
    """
    return _Compiler(schema).accept(schema)


class _Compiler:
    def __init__(self, root: Any) -> None:
        self._root = root
        self._named: dict[str, Accept | None] = {}

    def accept(self, schema: Any) -> Accept:
        if schema is True:
            return _anything
        if not isinstance(schema, dict):
            raise NotCompiledError(str(schema))
        rules = {name: value for name, value in schema.items() if name not in _NOTES}
        types = self._types(rules.pop("type", None))
        general = [keyword for keyword in ("$ref", "const", "enum", "anyOf") if keyword in rules]
        tests = [self._general(keyword, rules.pop(keyword)) for keyword in general]
        specific = ((dict, self._object(rules)), (list, self._list(rules)), (str, _text(rules)))
        by_type: dict[type, Accept] = {kind: compiled for kind, compiled in specific if compiled is not None}
        if "minimum" in rules:
            least = rules.pop("minimum")
            by_type[int] = by_type[float] = lambda value: value >= least
        if rules:
            raise NotCompiledError(", ".join(rules))
        return _joined(types, tests, by_type)

    def _types(self, declared: Any) -> frozenset[type] | None:
        if declared is None:
            return None
        names = [declared] if isinstance(declared, str) else declared
        return frozenset(kind for name in names for kind in _TYPES[name])

    def _general(self, keyword: str, value: Any) -> Accept:
        if keyword == "$ref":
            return self._reference(value)
        if keyword == "anyOf":
            choices = [self.accept(each) for each in value]
            return lambda given: any(choice(given) for choice in choices)
        allowed = [value] if keyword == "const" else list(value)
        if any(not isinstance(each, (str, bool, int, type(None))) for each in allowed):
            raise NotCompiledError(keyword)
        return lambda given: any(type(given) is type(each) and given == each for each in allowed)

    def _reference(self, name: str) -> Accept:
        if not name.startswith("#/"):
            raise NotCompiledError(name)
        if name not in self._named:
            self._named[name] = None
            target = self._root
            for part in name[2:].split("/"):
                target = target[part]
            self._named[name] = self.accept(target)
        known = self._named[name]
        if known is None:  # a schema that contains itself: its function is there by the time that it is called
            return lambda given: self._named[name](given)  # type: ignore[misc]
        return known

    def _object(self, rules: dict[str, Any]) -> Accept | None:
        members: Mapping[str, Accept] = {
            name: self.accept(schema) for name, schema in rules.pop("properties", {}).items()
        }
        required = frozenset(rules.pop("required", ()))
        others = rules.pop("additionalProperties", True)
        other = None if others is True else _nothing if others is False else self.accept(others)
        naming = self.accept(rules.pop("propertyNames")) if "propertyNames" in rules else None
        fewest = rules.pop("minProperties", 0)
        if not (members or required or other or naming or fewest):
            return None
        members = {name: accept for name, accept in members.items() if accept is not _anything or other is not None}
        get = members.get

        def fits(value: dict[str, Any]) -> bool:
            if not required <= value.keys() or len(value) < fewest:
                return False
            for name, each in value.items():
                accept = get(name) or other
                if accept is not None and not accept(each):
                    return False
            return naming is None or all(naming(name) for name in value)

        return fits

    def _list(self, rules: dict[str, Any]) -> Accept | None:
        accept = self.accept(rules.pop("items", True))
        fewest, most = rules.pop("minItems", 0), rules.pop("maxItems", None)
        if accept is _anything and not fewest and most is None:
            return None

        def fits(value: list[Any]) -> bool:
            if len(value) < fewest or (most is not None and len(value) > most):
                return False
            return accept is _anything or all(map(accept, value))

        return fits


def _text(rules: dict[str, Any]) -> Accept | None:
    shortest, longest = rules.pop("minLength", 0), rules.pop("maxLength", None)
    pattern = rules.pop("pattern", None)
    search = re.compile(pattern).search if pattern is not None else None
    if not shortest and longest is None and search is None:
        return None

    def fits(value: str) -> bool:
        if len(value) < shortest or (longest is not None and len(value) > longest):
            return False
        return search is None or search(value) is not None

    return fits


def _joined(types: frozenset[type] | None, tests: list[Accept], by_type: dict[type, Accept]) -> Accept:
    if not tests and not by_type:
        return _anything if types is None else lambda value: type(value) in types
    if types is None and not by_type and len(tests) == 1:
        return tests[0]
    if types is not None and len(types) == 1 and len(by_type) == 1 and not tests:
        ((kind, inner),) = by_type.items()
        if kind in types:
            return lambda value: type(value) is kind and inner(value)

    def fits(value: Any) -> bool:
        kind = type(value)
        if types is not None and kind not in types:
            return False
        specific = by_type.get(kind)
        return (specific is None or specific(value)) and all(test(value) for test in tests)

    return fits


def _anything(_: Any) -> bool:
    return True


def _nothing(_: Any) -> bool:
    return False
