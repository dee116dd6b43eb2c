"""JMESPath as Python functions: a parsed expression becomes closures, where jmespath walks its tree for each value.

What an expression means is jmespath's affair: it parses, compares, checks the arguments of functions and calls them.
Only what our declarations are made of, members and projections, is done here; any other node is left to jmespath.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from jmespath import Options
from jmespath.functions import REVERSE_TYPES_MAP, Functions
from jmespath.visitor import TreeInterpreter

Path: TypeAlias = Callable[[Any], Any]
Parsed: TypeAlias = Any


def compiled(node: Parsed, functions: Functions) -> Path:
    """Return the function that finds in a value what a node of jmespath's syntax tree does, and raises as that does."""
    return _NODES.get(node["type"], _left)(node, functions)


def _left(node: Parsed, functions: Functions) -> Path:
    """Leave a node to jmespath."""
    interpreter = TreeInterpreter(Options(custom_functions=functions))
    return lambda value: interpreter.visit(node, value)


def _children(node: Parsed, functions: Functions) -> list[Path]:
    return [compiled(child, functions) for child in node["children"]]


def _field(node: Parsed, _: Functions) -> Path:
    name = node["value"]

    def field(value: Any) -> Any:
        try:
            return value.get(name)
        except AttributeError:
            return None

    return field


def _chain(node: Parsed, functions: Functions) -> Path:
    steps = _children(node, functions)

    def chain(value: Any) -> Any:
        for step in steps:
            value = step(value)
        return value

    return chain


def _itself(_: Parsed, __: Functions) -> Path:
    return lambda value: value


def _literal(node: Parsed, _: Functions) -> Path:
    constant = node["value"]
    return lambda _: constant


def _index(node: Parsed, _: Functions) -> Path:
    at = node["value"]

    def index(value: Any) -> Any:
        return value[at] if isinstance(value, list) and -len(value) <= at < len(value) else None

    return index


def _flatten(node: Parsed, functions: Functions) -> Path:
    (inner,) = _children(node, functions)

    def flatten(value: Any) -> Any:
        base = inner(value)
        if not isinstance(base, list):
            return None
        found: list[Any] = []
        for each in base:
            if isinstance(each, list):
                found.extend(each)
            else:
                found.append(each)
        return found

    return flatten


def _projection(node: Parsed, functions: Functions) -> Path:
    inner, each_of = _children(node, functions)

    def projection(value: Any) -> Any:
        base = inner(value)
        if not isinstance(base, list):
            return None
        return [found for each in base if (found := each_of(each)) is not None]

    return projection


def _filter(node: Parsed, functions: Functions) -> Path:
    inner, each_of, test = _children(node, functions)

    def filtered(value: Any) -> Any:
        base = inner(value)
        if not isinstance(base, list):
            return None
        kept = (each for each in base if not _is_false(test(each)))
        return [found for each in kept if (found := each_of(each)) is not None]

    return filtered


def _list(node: Parsed, functions: Functions) -> Path:
    members = _children(node, functions)
    return lambda value: None if value is None else [each(value) for each in members]


def _object(node: Parsed, functions: Functions) -> Path:
    members = [(child["value"], compiled(child["children"][0], functions)) for child in node["children"]]
    return lambda value: None if value is None else {name: each(value) for name, each in members}


def _or(node: Parsed, functions: Functions) -> Path:
    first, second = _children(node, functions)

    def either(value: Any) -> Any:
        found = first(value)
        return second(value) if _is_false(found) else found

    return either


def _and(node: Parsed, functions: Functions) -> Path:
    first, second = _children(node, functions)

    def both(value: Any) -> Any:
        found = first(value)
        return found if _is_false(found) else second(value)

    return both


def _not(node: Parsed, functions: Functions) -> Path:
    (inner,) = _children(node, functions)

    def negated(value: Any) -> Any:
        found = inner(value)
        # 0 is true to JMESPath.
        return not found and (isinstance(found, bool) or found != 0)

    return negated


def _comparison(node: Parsed, functions: Functions) -> Path:
    if node["value"] not in ("eq", "ne"):
        return _left(node, functions)
    compare = TreeInterpreter.COMPARATOR_FUNC[node["value"]]
    left, right = _children(node, functions)
    return lambda value: compare(left(value), right(value))


def _call(node: Parsed, functions: Functions) -> Path:
    name, arguments = node["value"], _children(node, functions)
    spec = functions.FUNCTION_TABLE.get(name)
    accepted = _accepted(spec["signature"]) if spec else None
    if spec is None or accepted is None or len(accepted) != len(arguments):
        return lambda value: functions.call_function(name, [each(value) for each in arguments])
    function = spec["function"]

    def call(value: Any) -> Any:
        given = [each(value) for each in arguments]
        for one, types in zip(given, accepted, strict=True):
            if type(one).__name__ not in types:
                return functions.call_function(name, given)
        return function(functions, *given)

    return call


def _accepted(signature: tuple[dict[str, Any], ...]) -> list[frozenset[str]] | None:
    """Return the names of the types that each argument may have; None where that is not all that is asked of one."""
    if any(each.get("variadic") or not each["types"] for each in signature):
        return None
    if any("-" in kind or kind == "expref" for each in signature for kind in each["types"]):
        return None
    return [frozenset(name for kind in each["types"] for name in REVERSE_TYPES_MAP[kind]) for each in signature]


def _is_false(value: Any) -> bool:
    return not value and (value is None or value is False or value == "" or value == [] or value == {})


_NODES: dict[str, Callable[[Parsed, Functions], Path]] = {
    "field": _field,
    "subexpression": _chain,
    "index_expression": _chain,
    "pipe": _chain,
    "identity": _itself,
    "current": _itself,
    "literal": _literal,
    "index": _index,
    "flatten": _flatten,
    "projection": _projection,
    "filter_projection": _filter,
    "multi_select_list": _list,
    "multi_select_dict": _object,
    "or_expression": _or,
    "and_expression": _and,
    "not_expression": _not,
    "comparator": _comparison,
    "function_expression": _call,
}
