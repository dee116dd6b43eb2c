"""Calls of functions, `file` and `templatefile` among them.

Source: https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preflight.documents.hcl.choices import attempt
from preflight.documents.hcl.expression import Evaluating, Scope, unknown
from preflight.documents.hcl.functions import FUNCTIONS
from preflight.documents.hcl.parse import Place, Source, parse_template, text_of
from preflight.documents.hcl.values import HclList, HclValue, Mapped, Scalar

if TYPE_CHECKING:
    from tree_sitter import Node


def call(evaluator: Evaluating, node: Node, source: Source, scope: Scope) -> HclValue:
    """Return what a call gives."""
    name, place = text_of(node.named_children[0]), source.place(node)
    given = [each for each in node.named_children if each.type == "function_arguments"]
    nodes = [each for part in given for each in part.named_children if each.type == "expression"]
    spread = any(each.type == "ellipsis" for part in given for each in part.named_children)
    if name in ("try", "coalesce", "coalescelist") and nodes and not spread:
        return attempt(evaluator, nodes, node, source, scope)
    values = [evaluator.value(each, source, scope) for each in nodes]
    if spread and values:
        last = values.pop()
        if not isinstance(last, HclList) or not last.complete:
            return unknown(node, source)
        values += last.items
    if name in ("file", "templatefile") and values:
        return _read(evaluator, name, values, place) or unknown(node, source)
    function = FUNCTIONS.get(name)
    made = function(values, place) if function is not None else None
    if made is None:
        return unknown(node, source)
    evaluator.spend(_size(made))
    return made


def _read(evaluator: Evaluating, function: str, values: list[HclValue], place: Place) -> HclValue | None:
    path = values[0]
    if not isinstance(path, Scalar) or not isinstance(path.value, str) or not path.known:
        return None
    text = evaluator.module.file(path.value)
    if text is None:
        return None
    if function == "file":
        return Scalar(text, place)
    given = values[1] if len(values) > 1 else Mapped({}, place)
    parsed = parse_template(text, path.value)
    if not isinstance(given, Mapped) or parsed is None or not parsed.tree.root_node.named_children:
        return None
    scope = {name: member.value for name, member in given.members.items()}
    body = parsed.tree.root_node.named_children[0]
    return evaluator.value(body.named_children[0].named_children[1], parsed, scope)


def _size(value: HclValue) -> int:
    if isinstance(value, HclList):
        return len(value.items)
    if isinstance(value, Mapped):
        return len(value.members)
    return len(str(value.value)) >> 4 if isinstance(value, Scalar) else 1
