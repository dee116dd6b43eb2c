"""Where each value of a JSON or YAML text begins and ends: what editing a text needs beyond the place of a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from preflight.documents.text.json_tokens import token
from preflight.json_pointer import escape

NodeKind = Literal["object", "list", "scalar"]


@dataclass(slots=True, eq=False)
class Span:
    """A value from offset `start` to `end`; `name` is its member's name, from and to; `key` is that name, or its index.

    `block` says that it is a collection of YAML without brackets, `style` how a scalar of YAML is quoted, and `shared`
    that other places of the text refer to it.
    """

    kind: NodeKind
    start: int
    end: int
    key: str = ""
    name: tuple[int, int] | None = None
    children: list[Span] = field(default_factory=list)
    block: bool = False
    style: str = '"'
    shared: bool = False

    @property
    def first(self) -> int:
        """Where the member begins: its name, or its value in a list."""
        return self.start if self.name is None else self.name[0]


def span_tree(text: str, syntax: str) -> Span | None:
    """Return the spans of a valid JSON or YAML text; None for an empty one. Of a repeated member all are there."""
    return _json(text) if syntax == "json" else _yaml(text)


def by_pointer(root: Span) -> dict[str, Span]:
    """Return the spans by their JSON pointers; of a repeated member the first."""
    found: dict[str, Span] = {}
    waiting = [("", root)]
    while waiting:
        pointer, span = waiting.pop()
        if pointer not in found:
            found[pointer] = span
            waiting.extend((f"{pointer}/{escape(child.key)}", child) for child in reversed(span.children))
    return found


def _json(text: str) -> Span | None:
    root: Span | None = None
    above: list[Span] = []
    name: tuple[int, int] | None = None
    for match in token().finditer(text):
        first = text[match.start()]
        if first == ",":
            continue
        if first in "}]":
            above.pop().end = match.end()
            continue
        if match[1] is not None:
            name = match.start(), match.start(1)
            continue
        inside = above[-1] if above else None
        kind: NodeKind = "object" if first == "{" else "list" if first == "[" else "scalar"
        span = Span(kind, match.start(), match.end())
        if inside is None:
            root = root or span
        else:
            span.key, span.name = _key(text, name) if name is not None else str(len(inside.children)), name
            inside.children.append(span)
            name = None
        if kind != "scalar":
            above.append(span)
    return root


def _key(text: str, name: tuple[int, int]) -> str:
    quoted = text[slice(*name)]
    if "\\" not in quoted:
        return quoted[1:-1]
    import json

    return str(json.loads(quoted, strict=False))


def _yaml(text: str) -> Span | None:
    from preflight.documents.text.yaml_nodes import compose

    root = compose(text)
    return _node(root, "", None, {}) if root is not None else None


def _node(node: Any, key: str, name: tuple[int, int] | None, known: dict[int, Span]) -> Span:
    if id(node) in known:
        # An alias: the text that it stands for is elsewhere.
        known[id(node)].shared = True
        return Span("scalar", node.start_mark.index, node.end_mark.index, key, name, shared=True)
    kind: NodeKind = "object" if node.id == "mapping" else "list" if node.id == "sequence" else "scalar"
    span = Span(kind, node.start_mark.index, node.end_mark.index, key, name)
    known[id(node)] = span
    if kind == "scalar":
        span.style = node.style or ""
        return span
    span.block = not node.flow_style
    span.children = list(_members(node, known))
    if span.block and span.children:
        # The end that YAML tells lies behind the white space and the comments that follow.
        span.end = span.children[-1].end
    return span


def _members(node: Any, known: dict[int, Span]) -> Iterator[Span]:
    if node.id == "sequence":
        yield from (_node(child, str(index), None, known) for index, child in enumerate(node.value))
        return
    for name, child in node.value:
        if name.id == "scalar":
            yield _node(child, name.value, (name.start_mark.index, name.end_mark.index), known)
