"""A YAML document as a graph of nodes, each as small as it can be.

libyaml parses; the nodes are made here, since those of PyYAML hold so much that ten megabytes of text are a gigabyte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

_YAML = "tag:yaml.org,2002:"
_TEXT = _YAML + "str"


class _Mark(NamedTuple):
    """A place in a text, from 0."""

    line: int
    column: int


class Node:
    """A node: `id` is scalar, sequence or mapping; `value` a text, a list of nodes or a list of pairs of nodes."""

    __slots__ = ("_column", "_line", "id", "style", "tag", "value")

    def __init__(self, id_: str, tag: str, value: Any, style: str | None, mark: Any) -> None:
        self.id, self.tag, self.value, self.style = id_, tag, value, style
        self._line, self._column = mark.line, mark.column

    @property
    def start_mark(self) -> _Mark:
        """Where it begins."""
        return _Mark(self._line, self._column)


def graph(text: str, loader: Any, deepest: int, too_deep: Callable[[Any], Exception]) -> Node | None:
    """Return the root node of the one document in a text, or None for an empty one.

    Raises PyYAML's errors, and what `too_deep` makes of the mark of a node that lies deeper than `deepest`.
    """
    import yaml

    events: Any = yaml.parse(text, Loader=loader)
    anchors: dict[str, Node] = {}
    open_: list[Node] = []
    keys: list[Node | None] = []
    root: Node | None = None
    documents = 0
    for event in events:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            node = Node("scalar", _scalar_tag(event, loader), event.value, event.style, event.start_mark)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            id_ = "mapping" if kind is yaml.MappingStartEvent else "sequence"
            tag = event.tag if event.tag not in (None, "!") else _YAML + ("map" if id_ == "mapping" else "seq")
            node = Node(id_, tag, [], None, event.start_mark)
        elif kind is yaml.AliasEvent:
            if event.anchor not in anchors:
                raise yaml.composer.ComposerError(
                    None, None, f"found undefined alias {event.anchor!r}", event.start_mark
                )
            node = anchors[event.anchor]
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            open_.pop()
            keys.pop()
            continue
        elif kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise yaml.composer.ComposerError(
                    "expected a single document in the stream", None, "but found another document", event.start_mark
                )
            continue
        else:
            continue
        if kind is not yaml.AliasEvent and event.anchor is not None:
            if event.anchor in anchors:
                raise yaml.composer.ComposerError(
                    f"found duplicate anchor {event.anchor!r}; first occurrence", None, "second occurrence",
                    event.start_mark,
                )  # fmt: skip
            anchors[event.anchor] = node
        if not open_:
            root = node
        elif open_[-1].id == "sequence":
            open_[-1].value.append(node)
        elif keys[-1] is None:
            keys[-1] = node
        else:
            open_[-1].value.append((keys[-1], node))
            keys[-1] = None
        if node.id != "scalar" and kind is not yaml.AliasEvent:
            open_.append(node)
            keys.append(None)
            if len(open_) > deepest:
                raise too_deep(event.start_mark)
    return root


def _scalar_tag(event: Any, loader: Any) -> str:
    """Return the tag of a scalar: its own, or for a plain one what YAML 1.1 takes it for."""
    if event.tag not in (None, "!"):
        return str(event.tag)
    if event.implicit[0]:
        text = event.value
        for tag, pattern in loader.yaml_implicit_resolvers.get(text[:1], ()):
            if pattern.match(text):
                return str(tag)
    return _TEXT
