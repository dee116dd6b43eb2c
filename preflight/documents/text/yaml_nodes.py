"""YAML read as plain data: no tags, no types beyond JSON's, nothing that grows when it is loaded.

The node graph is what libyaml composed; values are made from it here because PyYAML's own loaders turn `2012-10-17`
into a date, `on` into true and an alias bomb into gigabytes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from preflight.data_files import yaml_loader
from preflight.documents.text.repeated import Repeated
from preflight.documents.text.yaml_graph import graph
from preflight.json_pointer import escape

DEEPEST = 200
MOST_NODES = 2_000_000

_DEEP_LINE = re.compile(rf"^[ \t?:-]{{{DEEPEST},}}", re.MULTILINE)
_FLAT = re.compile(r"[\[{][^\[\]{}\"'#\n]*[\]}]")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)?\.[0-9]*([eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 40
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_YAML = "tag:yaml.org,2002:"
_TEXT, _MERGE = _YAML + "str", _YAML + "merge"
_PLAIN_TAGS = {_YAML + name for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge")}
_CONTAINER_TAGS = {_YAML + "map", _YAML + "seq"}
# The functions of CloudFormation whose names do not begin with Fn:: (template reference, "Intrinsic functions").
_BARE_FUNCTIONS = {"Ref", "Condition"}


class YamlError(Exception):
    """The YAML cannot be used: `problem` and `mend`, at `line` and `column` from 1 (0 where there is no place)."""

    def __init__(self, problem: str, mend: str, mark: Any = None) -> None:
        super().__init__(problem)
        self.problem, self.mend = problem, mend
        self.line: int = mark.line + 1 if mark is not None else 0
        self.column: int = mark.column + 1 if mark is not None else 0


class RepeatedNameError(YamlError):
    """A mapping has a name twice."""


def light(text: str) -> Any:
    """Return what `compose` does, in nodes that know where they begin, and no more. Raises `YamlError`."""
    return _composed(text, lambda loader: graph(text, loader, DEEPEST, _too_deep))


def compose(text: str) -> Any:
    """Return the root node of the one document in a YAML text, or None for an empty one. Raises `YamlError`."""
    import yaml

    def composed(loader: Any) -> Any:
        if _may_be_deep(text):
            _refuse_deep(yaml.parse(text, Loader=loader))
        return yaml.compose(text, Loader=loader)

    return _composed(text, composed)


def _composed(text: str, made: Callable[[Any], Any]) -> Any:
    import yaml

    if found := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, found.start())
        column = found.start() - text.rfind("\n", 0, found.start()) - 1
        mark = yaml.Mark("", found.start(), line, column, "", 0)
        raise YamlError(f"invalid YAML: the character U+{ord(found[0]):04X} isn't allowed",
                        "remove that character", mark)  # fmt: skip
    loader = yaml_loader()
    try:
        return made(loader)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error) from error
    except yaml.YAMLError as error:
        raise YamlError(f"invalid YAML: {error}".splitlines()[0], "correct it") from error
    except RecursionError as error:
        raise YamlError(f"it is nested deeper than {DEEPEST} levels", "flatten it") from error


def _not_yaml(error: Any) -> YamlError:
    problem, context, mark = str(error.problem or "it cannot be read"), str(error.context or ""), error.problem_mark
    if "single document" in context or "another document" in problem:
        return YamlError("it holds more than one YAML document", "keep one per file", mark)
    if "maximum nesting depth" in problem:
        # PyYAML 6.0.4 has a bound of its own, and reads ahead of what it gives out.
        return _too_deep(mark)
    if "undefined alias" in problem:
        return YamlError("invalid YAML: undefined alias; no anchor of that name comes before it",
                         "put the text in quotes if you don't mean an alias", mark)  # fmt: skip
    if "alphabetic or numeric" in problem:
        return YamlError("invalid YAML: unquoted * or &", "put the text in quotes", mark)
    if "cannot start any token" in problem:
        return YamlError("invalid YAML: unexpected character",
                         "put the text in quotes, and indent with spaces, not tabs", mark)  # fmt: skip
    if "mapping values are not allowed" in problem:
        return YamlError("invalid YAML: second colon in this line", "put the value in quotes", mark)
    return YamlError(f"invalid YAML: {problem.strip()}", "correct it there", mark)


def _may_be_deep(text: str) -> bool:
    """Say whether a text could nest beyond `DEEPEST`: a cheap bound, since composing a deep one ends in C's stack."""
    if _DEEP_LINE.search(text) is not None:
        return True
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    # A bracket that is closed before anything that could hide the closing one adds no depth to what follows.
    left = _FLAT.sub("", text)
    return left.count("[") + left.count("{") > DEEPEST


def _refuse_deep(events: Iterable[Any]) -> None:
    depth = 0
    for event in events:
        name = type(event).__name__
        depth += name in ("MappingStartEvent", "SequenceStartEvent")
        depth -= name in ("MappingEndEvent", "SequenceEndEvent")
        if depth > DEEPEST:
            raise _too_deep(event.start_mark)


def _too_deep(mark: Any) -> YamlError:
    return YamlError(f"it is nested deeper than {DEEPEST} levels", "flatten it", mark)


def members(node: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, node and the name's mark of each member of a mapping; index, node and None of each item of a list."""
    if node.id == "mapping":
        for key, child in node.value:
            if key.id == "scalar":
                yield key.value, child, key.start_mark
    elif node.id == "sequence":
        for index, child in enumerate(node.value):
            yield str(index), child, None


def construct(root: Any, *, first: bool = False, short_forms: bool = False) -> Any:
    """Return a node graph as dicts, lists, strings, numbers, booleans and None; None for no node.

    Names of members are text, whatever they look like. With `short_forms`, a tag that is none of YAML's own is
    CloudFormation's short form of a function: `!Sub x` is `{"Fn::Sub": x}`.

    Raises `YamlError` for what JSON could not say (tags, names that are lists or mappings, repeated names), for nesting
    beyond `DEEPEST` and for aliases that grow beyond `MOST_NODES`.
    """
    if root is None:
        return None
    if _measure(root, {}, 0, set())[0] > max(MOST_NODES, 2 * _written(root)):
        raise YamlError(
            "its aliases expand to more than two million nodes", "write it without aliases", root.start_mark
        )
    return _value(root, {}, first=first, short_forms=short_forms)


def repetitions(root: Any) -> Iterator[Repeated]:
    """Yield every member of a node graph that its mapping has already, in the order in which they stand there."""
    stack = [("", root)]
    while stack:
        pointer, node = stack.pop()
        seen: set[str] = set()
        below = []
        for name, child, mark in members(node):
            at = f"{pointer}/{escape(name)}"
            if name in seen:
                yield Repeated(at, mark.line + 1, mark.column + 1)
                continue
            if mark is not None and name != "<<":
                seen.add(name)
            below.append((at, child))
        stack.extend(reversed(below))


def _measure(node: Any, known: dict[int, tuple[int, int]], depth: int, above: set[int]) -> tuple[int, int]:
    """Return how much a node is with its aliases written out, and how deep; raises `YamlError` beyond the bounds."""
    if depth > DEEPEST:
        raise _too_deep(node.start_mark)
    if node.id == "scalar":
        # A long text counts for more: aliases to it grow what is written out from the values.
        return 1 + (len(node.value) >> 6), 0
    if id(node) in above:
        raise YamlError("an alias refers to itself", "write the value out", node.start_mark)
    size, height = known.get(id(node)) or (0, 0)
    if not size:
        size, height = 1, 1
        above.add(id(node))
        for child in [each for pair in node.value for each in pair] if node.id == "mapping" else node.value:
            more, below = _measure(child, known, depth + 1, above)
            size, height = size + more, max(height, below + 1)
        above.discard(id(node))
        known[id(node)] = size, height
    if depth + height > DEEPEST:
        raise _too_deep(node.start_mark)
    return size, height


def _written(root: Any) -> int:
    """Return how many nodes a document has, aliases not followed twice."""
    seen: set[int] = set()
    stack, count = [root], 0
    while stack:
        node = stack.pop()
        count += 1
        if node.id != "scalar" and id(node) not in seen:
            seen.add(id(node))
            stack += [each for pair in node.value for each in pair] if node.id == "mapping" else node.value
    return count


def _value(node: Any, made: dict[int, Any], *, first: bool, short_forms: bool) -> Any:
    if id(node) in made:
        return made[id(node)]
    tagged = short_forms and node.tag.startswith("!") and len(node.tag) > 1
    if node.id == "scalar":
        value = node.value if tagged else _scalar(node)
    elif node.tag not in _CONTAINER_TAGS and not tagged:
        raise _tagged(node)
    elif node.id == "sequence":
        value = [_value(child, made, first=first, short_forms=short_forms) for child in node.value]
    else:
        value = _mapping(node, made, first=first, short_forms=short_forms)
    if tagged:
        name = node.tag[1:]
        value = {name if name in _BARE_FUNCTIONS else f"Fn::{name}": value}
    if node.id != "scalar":
        made[id(node)] = value
    return value


def _mapping(node: Any, made: dict[int, Any], *, first: bool, short_forms: bool) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for key, child in node.value:
        if key.id != "scalar":
            raise YamlError("keys must be strings", "write the key as a string", key.start_mark)
        value = _value(child, made, first=first, short_forms=short_forms)
        if key.tag == _MERGE:
            for source in value if isinstance(value, list) else [value]:
                if not isinstance(source, dict):
                    raise YamlError("`<<` needs a mapping", "merge a mapping or leave it out", key.start_mark)
                merged = {**source, **merged}
            continue
        if key.value in own and not first:
            raise RepeatedNameError(f"duplicate key {key.value!r}", "remove one of them", key.start_mark)
        own.setdefault(key.value, value)
    return {**merged, **own}


def _scalar(node: Any) -> Any:
    if node.tag not in _PLAIN_TAGS:
        raise _tagged(node)
    text = node.value
    if node.style or node.tag == _TEXT:
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text) or (_FLOAT.fullmatch(text) and text.strip("+-.")):
        number = int(text) if text.lstrip("+-").isdigit() and len(text) <= _LONGEST_NUMBER else float(text)
        if len(text) > _LONGEST_NUMBER or math.isinf(number):
            raise YamlError("the number is too large", "put it in quotes if it is text",
                            node.start_mark)  # fmt: skip
        return number
    return text


def _tagged(node: Any) -> YamlError:
    if node.tag.startswith(_YAML):
        return YamlError(f"the tag !!{node.tag.removeprefix(_YAML)} is not supported",
                         "write the value without a tag", node.start_mark)  # fmt: skip
    mend = "write the value without a tag; CloudFormation's short forms are only valid in templates"
    return YamlError(f"the tag {node.tag} is not supported", mend, node.start_mark)
