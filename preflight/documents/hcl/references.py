"""References to locals, variables, data documents and what is bound around an expression, with attributes and indexes.

Source: https://developer.hashicorp.com/terraform/language/expressions/references
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from preflight.documents.hcl.expression import Evaluating, Scope, label
from preflight.documents.hcl.module import DOCUMENT
from preflight.documents.hcl.parse import Source, inside, text_of
from preflight.documents.hcl.values import DocumentOf, HclList, HclValue, Mapped, Scalar, UnknownValue
from preflight.documents.policies.template_values import ACCOUNT

if TYPE_CHECKING:
    from tree_sitter import Node

_CONTEXT = re.compile(
    r"data\.aws_(?:(?P<account>caller_identity\.[\w-]+\.(?:account_id|id))|(?P<partition>partition\.[\w-]+\.(?:partition|id))"
    r"|(?P<suffix>partition\.[\w-]+\.dns_suffix)|(?P<region>region\.[\w-]+\.(?:name|id|region)))"
)
_KNOWN = {"account": ACCOUNT, "partition": "aws", "suffix": "amazonaws.com", "region": "us-east-1"}
_PLAIN_INDEX = re.compile(r"\[(?:\d+|count\.index|each\.(?:key|value)|\"[^\"]*\")\]")


def reference(evaluator: Evaluating, node: Node, source: Source, scope: Scope) -> HclValue:
    """Return what a reference with its attributes and indexes leads to."""
    first, *steps = inside(node) if node.type != "variable_expr" else [node]
    root = text_of(first)
    place, written = source.place(node), label(node)
    if first.type != "variable_expr":
        # Of something in parentheses, or of what a function gives.
        inner = evaluator.value(first, source, scope)
        return _steps_into(evaluator, inner, steps, source, scope, written)
    if root in scope:
        return _steps_into(evaluator, scope[root], steps, source, scope, written)
    names = _names(steps)
    if root == "module" and len(names) >= 2:
        output = evaluator.output(names[0], names[1])
        return (
            _steps_into(evaluator, output, steps[2:], source, scope, written)
            if output
            else UnknownValue(written, place)
        )
    if root == "var" and names and names[0] in evaluator.bound:
        return _steps_into(evaluator, evaluator.bound[names[0]], steps[1:], source, scope, written)
    if root in ("local", "var") and names:
        named = evaluator.module.locals if root == "local" else evaluator.module.defaults
        value = evaluator.named(f"{root}.{names[0]}", named.get(names[0]), place)
        return _steps_into(evaluator, value, steps[1:], source, scope, written)
    if root == "path" and names[:1] in (["module"], ["root"]):
        return Scalar(".", place, written)
    if root == "data" and names[:1] == [DOCUMENT] and len(names) >= 2:
        address = f"data.{DOCUMENT}.{names[1]}"
        if address in evaluator.module.documents and names[2:3] in (["json"], ["minified_json"]):
            return DocumentOf(address, place)
    if (found := _CONTEXT.fullmatch(written)) is not None:
        return Scalar(_KNOWN[str(found.lastgroup)], place, f"${{{written}}}")
    return UnknownValue(written, place)


def _steps_into(
    evaluator: Evaluating, value: HclValue, steps: list[Node], source: Source, scope: Scope, written: str
) -> HclValue:
    for step in steps:
        at = value.at
        name = _names([step])
        if not name and step.type == "index":
            key = next((each for each in step.named_children[0].named_children if each.type == "expression"), None)
            index = evaluator.value(key, source, scope) if key is not None else None
            name = [str(index.value)] if isinstance(index, Scalar) and index.known else []
        if name and isinstance(value, Mapped) and name[0] in value.members:
            value = value.members[name[0]].value
        elif name and isinstance(value, HclList) and value.complete and name[0].isdigit() \
                and int(name[0][:9]) < len(value.items):  # fmt: skip
            value = value.items[int(name[0])]
        else:
            return UnknownValue(written, at)
    return value


def _names(steps: list[Node]) -> list[str]:
    """Return the names of the attributes, and the known indexes, up to the first that is none."""
    found: list[str] = []
    for step in steps:
        text = text_of(step)
        if step.type == "get_attr" and step.named_children:
            found.append(text_of(step.named_children[-1]))
        elif step.type == "index" and _PLAIN_INDEX.fullmatch(text) and len(found) == 2:
            continue  # which instance of a resource or data source
        elif step.type == "index" and re.fullmatch(r"\[\d{1,9}\]|\.\d{1,9}", text):
            found.append(text.strip("[]."))
        else:
            break
    return found
