"""Quoted and heredoc texts: their literal parts, each with its place, and what interpolations put into them.

Source: https://developer.hashicorp.com/terraform/language/expressions/strings
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from preflight.documents.hcl.expression import Evaluating, Scope, label, unknown
from preflight.documents.hcl.parse import Source
from preflight.documents.hcl.templates import ESCAPED, Piece, joined, unescaped
from preflight.documents.hcl.values import DocumentOf, Encoded, HclList, HclValue, Mapped, Scalar, UnknownValue

if TYPE_CHECKING:
    from tree_sitter import Node

# Of a longer line, what is behind an escape is placed as if that were one character.
_LONGEST_LINE = 100_000


def text(evaluator: Evaluating, node: Node, source: Source, scope: Scope) -> HclValue:
    """Return what a text is; one that is an interpolation and nothing else is what that is."""
    pieces: list[Piece] = []
    quoted = node.type != "heredoc_template"
    whole, first, last = source.data, node.children[0], node.children[-1]
    at, line = first.end_byte, first.end_point[0]
    if not quoted:
        # The text begins on the line behind the word, and ends before the line of the closing one.
        at = whole.find(b"\n", at) + 1
        line += 1
    end = last.start_byte if quoted else whole.rfind(b"\n", 0, last.start_byte) + 1
    for child in [*node.named_children, None]:
        if child is not None and child.type not in ("template_interpolation", "template_directive"):
            continue
        until = child.start_byte if child is not None else end
        if until > at:
            pieces += _written(source, at, until, line, quoted=quoted)
        if child is None:
            break
        if (made := _piece(evaluator, child, source, scope)) is None:
            return unknown(node, source)
        pieces += made
        at, line = child.end_byte, child.end_point[0]
    place = source.place(node)
    if len(pieces) == 1 and isinstance(pieces[0].value, (Encoded, DocumentOf, HclList, Mapped, UnknownValue)):
        return pieces[0].value
    made_text = joined(pieces, place)
    evaluator.spend(len(str(made_text.value)) >> 4 if isinstance(made_text, Scalar) else 0)
    return made_text


def _piece(evaluator: Evaluating, node: Node, source: Source, scope: Scope) -> list[Piece] | None:
    """Return what an interpolation or a directive puts into a text; None where that is not known at all."""
    if node.type == "template_interpolation":
        inner = next((each for each in node.named_children if each.type == "expression"), None)
        if inner is None:
            return []
        return [Piece(evaluator.value(inner, source, scope), f"${{{label(inner)}}}", source.place(node))]
    choice = next((each for each in node.named_children if each.type == "template_if"), None)
    if choice is None:
        return None
    names = [each.type for each in choice.named_children]
    if "template_if_intro" not in names or "template_if_end" not in names:
        return None
    parts = list(choice.named_children)
    middle = names.index("template_else_intro") if "template_else_intro" in names else len(names) - 1
    chosen = (0, middle) if evaluator.taken(2) == 0 else (middle, len(names) - 1)
    pieces: list[Piece] = []
    at, line = parts[chosen[0]].end_byte, parts[chosen[0]].end_point[0]
    for child in [*parts[chosen[0] + 1 : chosen[1]], None]:
        until = child.start_byte if child is not None else parts[chosen[1]].start_byte
        if until > at:
            pieces += _written(source, at, until, line, quoted=False)
        if child is None:
            break
        if child.type in ("template_interpolation", "template_directive"):
            if (made := _piece(evaluator, child, source, scope)) is None:
                return None
            pieces += made
            at, line = child.end_byte, child.end_point[0]
        else:
            at, line = child.start_byte, child.start_point[0]
    return pieces


def _written(source: Source, start: int, end: int, line: int, *, quoted: bool) -> Iterator[Piece]:
    """Yield the lines of a literal part of a text, each with its place; what is quoted by what is between escapes."""
    for each in source.data[start:end].splitlines(keepends=True):
        written = each.decode("utf-8", "replace")
        at, first, column = start, source.at(start, line), 0
        for part in ESCAPED.split(written) if quoted and len(written) < _LONGEST_LINE else (written,):
            if part:
                # Of a rewritten file each part is looked up; of any other, it is so many characters further on.
                place = source.at(at, line) if source.marks else first._replace(column=first.column + column)
                text = unescaped(part, quoted=quoted)
                yield Piece(Scalar(text, place), text, place)
                at, column = at + len(part.encode()), column + len(part)
        start, line = start + len(each), line + each.count(b"\n")
