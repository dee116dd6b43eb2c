"""A `.tf` file as a syntax tree. The grammar is tree-sitter's: https://github.com/tree-sitter-grammars/tree-sitter-hcl

It differs from HashiCorp's parser in a few places, which are put right here or in `evaluate`: nested conditionals are
grouped to the left, `1e5` is no number, and an attribute may be given twice.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from preflight.errors import InputError

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

MOST_BYTES = 4 << 20
_EXPONENT = re.compile(rb"(?<![\w.\"])\d+(?:\.\d+)?[eE][+-]?\d+")


class Place(NamedTuple):
    """Where something is written: the file as its path, line and column from 1."""

    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One parsed file, or one template that is read as HCL's template language (`first` is its first line then). Of a
    file that is rewritten, `written` is its own text, and `marks` are the places in it of what begins at an offset.
    """

    path: str
    data: bytes
    tree: Tree = field(repr=False)
    first: int = 0
    written: str | None = None
    marks: Sequence[tuple[int, Place]] = ()

    @property
    def text(self) -> str:
        """The text of the file."""
        return self.data.decode("utf-8", "replace") if self.written is None else self.written

    def place(self, node: Node) -> Place:
        """Return where a node begins. Columns count characters, as those of JSON and YAML do."""
        return self.at(node.start_byte, node.start_point[0])

    def at(self, offset: int, line: int) -> Place:
        """Return the place of an offset in bytes that is on a line, counted from 0."""
        if self.marks:
            index = bisect_right(self.marks, offset, key=lambda mark: mark[0]) - 1
            begin, place = self.marks[max(index, 0)]
            return place._replace(column=place.column + max(0, offset - begin))
        start = self.data.rfind(b"\n", 0, offset) + 1
        return Place(self.path, line + 1 - self.first, len(self.data[start:offset].decode("utf-8", "replace")) + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A block: its kind (`resource`), its labels, its body (None if it is empty), and the file that it is in."""

    kind: str
    labels: tuple[str, ...]
    body: Node | None
    node: Node
    source: Source

    @property
    def attributes(self) -> Iterator[tuple[str, Node]]:
        """The attributes with their expressions, in order."""
        for child in self.body.named_children if self.body is not None else ():
            if child.type == "attribute" and len(parts := inside(child)) == 2:
                yield text_of(parts[0]), parts[1]

    def attribute(self, name: str) -> Node | None:
        """Return the expression of an attribute; of one that is given twice, the first."""
        return next((expression for each, expression in self.attributes if each == name), None)

    @property
    def blocks(self) -> Iterator[Block]:
        """The blocks inside, in order."""
        return _blocks(self.body, self.source)


def parse(text: str, path: str) -> Source:
    """Parse the text of a file. Raises `InputError` for one that is not HCL, or is larger than anyone writes."""
    data = text.removeprefix("\ufeff").encode("utf-8", "replace")
    if len(data) > MOST_BYTES:
        raise InputError(path, f"it is larger than {MOST_BYTES >> 20} MiB", mend="split it")
    tree = _parser(path).parse(data)
    if _EXPONENT.search(data):
        # Places stay as they are: a number in scientific notation is read as another one of its length.
        data = _EXPONENT.sub(lambda found: found[0] if _in_text(tree, found) else b"1" * len(found[0]), data)
        tree = _parser(path).parse(data)
    source = Source(path, data, tree)
    if tree.root_node.has_error:
        place = source.place(_first_error(tree.root_node))
        raise InputError(path, "it is not valid HCL", place=f"line {place.line}, column {place.column}",
                         mend="correct it: terraform fmt says what it expects")  # fmt: skip
    return source


def parse_written(text: str, path: str, written: str, marks: Sequence[tuple[int, Place]]) -> Source:
    """Parse what a file in JSON syntax is rewritten as. Raises `InputError` with the place in the file."""
    data = text.encode("utf-8", "replace")
    source = Source(path, data, _parser(path).parse(data), written=written, marks=marks)
    if source.tree.root_node.has_error:
        place = source.place(_first_error(source.tree.root_node))
        raise InputError(path, "it is not valid in Terraform's JSON syntax",
                         place=f"line {place.line}, column {place.column}", mend="correct it there")  # fmt: skip
    return source


def parse_template(text: str, path: str) -> Source | None:
    """Parse the text of a file that `templatefile` reads; None where it is no template that can be read."""
    mark = "PREFLIGHT_TEMPLATE"
    if mark in text or len(text) > MOST_BYTES:
        return None
    data = f"t = <<{mark}\n{text}\n{mark}\n".encode("utf-8", "replace")
    tree = _parser(path).parse(data)
    return None if tree.root_node.has_error else Source(path, data, tree, first=1)


def blocks_of(source: Source) -> Iterator[Block]:
    """Yield the blocks at the top of a file, in order."""
    for child in source.tree.root_node.named_children:
        if child.type == "body":
            yield from _blocks(child, source)


def inside(node: Node) -> list[Node]:
    """Return the named nodes in a node, without comments."""
    return [each for each in node.named_children if each.type != "comment"]


def text_of(node: Node) -> str:
    """Return what is written at a node."""
    return (node.text or b"").decode("utf-8", "replace")


def _blocks(body: Node | None, source: Source) -> Iterator[Block]:
    for child in body.named_children if body is not None else ():
        if child.type != "block":
            continue
        names = [each for each in child.named_children if each.type in ("identifier", "string_lit")]
        inner = next((each for each in child.named_children if each.type == "body"), None)
        kind, *labels = (text_of(each).strip('"') for each in names)
        yield Block(kind, tuple(labels), inner, child, source)


def _in_text(tree: Tree, found: re.Match[bytes]) -> bool:
    node = tree.root_node.descendant_for_byte_range(found.start(), found.end())
    return node is not None and node.type in ("template_literal", "comment", "heredoc_template", "quoted_template")


def _first_error(node: Node) -> Node:
    while True:
        inner = next((each for each in node.children if each.has_error or each.is_missing or each.is_error), None)
        if inner is None or node.is_error:
            return node
        node = inner


@cache
def _made() -> Parser:
    import tree_sitter
    import tree_sitter_hcl

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))


def _parser(path: str) -> Parser:
    try:
        return _made()
    except ImportError:
        raise InputError(
            path, "reading .tf files needs the extra hcl", mend="pip install 'aws-preflight[hcl]'"
        ) from None
