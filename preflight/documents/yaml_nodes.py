"""YAML read as plain data: no tags, no types beyond JSON's, nothing that grows when it is loaded.

The node graph is what libyaml composed; values are made from it here because PyYAML's own loaders turn `2012-10-17`
into a date, `on` into true and an alias bomb into gigabytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

DEEPEST = 200
MOST_NODES = 2_000_000

_DEEP_LINE = re.compile(rf"^[ \t?:-]{{{DEEPEST},}}", re.MULTILINE)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_PLAIN_TAGS = {"tag:yaml.org,2002:" + name for name in ("str", "int", "float", "bool", "null", "timestamp", "value")}
_CONTAINER_TAGS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_MERGE = "tag:yaml.org,2002:merge"


class YamlError(Exception):
    """The YAML cannot be used: `problem` and `mend`, at `line` and `column` from 1 (0 where there is no place)."""

    def __init__(self, problem: str, mend: str, mark: Any = None) -> None:
        super().__init__(problem)
        self.problem, self.mend = problem, mend
        self.line: int = mark.line + 1 if mark is not None else 0
        self.column: int = mark.column + 1 if mark is not None else 0


def compose(text: str) -> Any:
    """Return the root node of the one document in a YAML text, or None for an empty one. Raises `YamlError`."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if _may_be_deep(text):
            _refuse_deep(yaml.parse(text, Loader=loader))
        return yaml.compose(text, Loader=loader)
    except yaml.reader.ReaderError as error:
        raise YamlError(f"it is not YAML: the character U+{ord(str(error.character)):04X} may not stand in it"
                          if isinstance(error.character, str) else f"it is not YAML: {error.reason}",
                          "remove that character") from error  # fmt: skip
    except yaml.MarkedYAMLError as error:
        problem = (error.problem or "it cannot be read").strip()
        if "single document" in (error.context or "") or "another document" in problem:
            raise YamlError("it holds more than one YAML document", "keep one per file", error.problem_mark) from error
        raise YamlError(f"it is not YAML: {problem}", "correct it there", error.problem_mark) from error
    except RecursionError as error:
        raise YamlError(f"it is nested deeper than {DEEPEST} levels", "flatten it") from error


def _may_be_deep(text: str) -> bool:
    """Say whether a text could nest beyond `DEEPEST`: a cheap bound, since composing a deep one ends in C's stack."""
    return text.count("[") + text.count("{") > DEEPEST or _DEEP_LINE.search(text) is not None


def _refuse_deep(events: Iterable[Any]) -> None:
    depth = 0
    for event in events:
        name = type(event).__name__
        depth += name in ("MappingStartEvent", "SequenceStartEvent")
        depth -= name in ("MappingEndEvent", "SequenceEndEvent")
        if depth > DEEPEST:
            raise YamlError(f"it is nested deeper than {DEEPEST} levels", "flatten it", event.start_mark)


def members(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name and the node of each member of a mapping, or the index and the node of each item of a list."""
    if node.id == "mapping":
        for key, child in node.value:
            if key.id == "scalar":
                yield key.value, child
    elif node.id == "sequence":
        for index, child in enumerate(node.value):
            yield str(index), child


def construct(root: Any) -> Any:
    """Return a node graph as dicts, lists, strings, numbers, booleans and None.

    Raises `YamlError` for what JSON could not say (tags, keys that are no text, repeated keys), for nesting beyond
    `DEEPEST` and for aliases that would grow beyond `MOST_NODES` nodes.
    """
    _measure(root, {}, 0, set())
    return _value(root, {})


def _measure(node: Any, sizes: dict[int, int], depth: int, open_nodes: set[int]) -> int:
    if id(node) in sizes:
        return sizes[id(node)]
    if depth > DEEPEST:
        raise YamlError(f"it is nested deeper than {DEEPEST} levels", "flatten it", node.start_mark)
    if id(node) in open_nodes:
        raise YamlError("an alias refers to what it stands in", "write the value out", node.start_mark)
    size = 1
    if node.id != "scalar":
        open_nodes.add(id(node))
        children = [child for pair in node.value for child in pair] if node.id == "mapping" else node.value
        for child in children:
            size += _measure(child, sizes, depth + 1, open_nodes)
            if size > MOST_NODES:
                raise YamlError("its aliases expand to more than two million nodes", "write it without aliases",
                                  node.start_mark)  # fmt: skip
        open_nodes.discard(id(node))
    sizes[id(node)] = size
    return size


def _value(node: Any, made: dict[int, Any]) -> Any:
    if id(node) in made:
        return made[id(node)]
    if node.id == "scalar":
        value = _scalar(node)
    elif node.tag not in _CONTAINER_TAGS:
        raise YamlError(f"the tag {node.tag} is not understood here", "write the value without a tag",
                          node.start_mark)  # fmt: skip
    elif node.id == "sequence":
        value = [_value(child, made) for child in node.value]
    else:
        value = _mapping(node, made)
    made[id(node)] = value
    return value


def _mapping(node: Any, made: dict[int, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for key, child in node.value:
        if key.id != "scalar":
            raise YamlError("a member's name must be text", "write the name as a string", key.start_mark)
        value = _value(child, made)
        if key.tag == _MERGE:
            for source in value if isinstance(value, list) else [value]:
                if not isinstance(source, dict):
                    raise YamlError("`<<` needs a mapping", "merge a mapping or leave it out", key.start_mark)
                merged = {**source, **merged}
            continue
        if key.value in own:
            raise YamlError(f"the member {key.value!r} stands twice", "remove one of them", key.start_mark)
        own[key.value] = value
    return {**merged, **own}


def _scalar(node: Any) -> Any:
    if node.tag not in _PLAIN_TAGS:
        raise YamlError(f"the tag {node.tag} is not understood here", "write the value without a tag",
                          node.start_mark)  # fmt: skip
    text = node.value
    if node.style or not isinstance(text, str):
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if len(text) <= 20 and _INTEGER.fullmatch(text):
        return int(text)
    if len(text) <= 40 and _FLOAT.fullmatch(text) and not (text.isdigit() and text.startswith("0")):
        return float(text)
    return text
