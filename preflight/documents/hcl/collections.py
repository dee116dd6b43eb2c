"""Lists, objects and `for` expressions.

Source: https://developer.hashicorp.com/terraform/language/expressions/for
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preflight.documents.hcl.expression import Evaluating, Scope, entries, is_complete, unknown
from preflight.documents.hcl.parse import Source, inside, text_of
from preflight.documents.hcl.values import HclList, HclValue, Mapped, ObjectMember, Scalar

if TYPE_CHECKING:
    from tree_sitter import Node


def tuple_of(evaluator: Evaluating, node: Node, source: Source, scope: Scope) -> HclValue:
    """Return a list in brackets."""
    items = tuple(evaluator.value(each, source, scope) for each in node.named_children if each.type == "expression")
    return HclList(items, source.place(node))


def object_of(evaluator: Evaluating, node: Node, source: Source, scope: Scope) -> HclValue:
    """Return an object in braces, incomplete where the name of a member is not known."""
    members: dict[str, ObjectMember] = {}
    complete = True
    for each in node.named_children:
        parts = inside(each)
        if each.type != "object_elem" or len(parts) != 2:
            continue
        key, expression = parts
        name = _name(evaluator, key, source, scope)
        if name is None:
            complete = False
            continue
        members.setdefault(name, ObjectMember(source.place(key), evaluator.value(expression, source, scope)))
    return Mapped(members, source.place(node), complete)


def _name(evaluator: Evaluating, key: Node, source: Source, scope: Scope) -> str | None:
    """Return the name of an object's member: a bare word is itself."""
    inner = key.named_children
    if len(inner) == 1 and inner[0].type == "variable_expr" and key.child_count == 1:
        return text_of(inner[0])
    value = evaluator.value(key, source, scope)
    if isinstance(value, Scalar) and value.known and isinstance(value.value, (str, int)):
        return str(value.value)
    return None


def for_each(evaluator: Evaluating, node: Node, source: Source, scope: Scope) -> HclValue:
    """Return what a `for` expression makes of each entry."""
    intro = next(each for each in node.named_children if each.type == "for_intro")
    names = [text_of(each) for each in intro.named_children if each.type == "identifier"]
    over = next((each for each in intro.named_children if each.type == "expression"), None)
    results = [each for each in node.named_children if each.type == "expression"]
    test = next((each for each in node.named_children if each.type == "for_cond"), None)
    grouped = any(each.type == "ellipsis" for each in node.named_children)
    if over is None or not names or not results or grouped:
        return unknown(node, source)
    collection = evaluator.value(over, source, scope)
    place, complete = source.place(node), True
    items: list[HclValue] = []
    members: dict[str, ObjectMember] = {}
    for key, each in entries(collection):
        bound = {**scope, names[-1]: each, **({names[0]: key} if len(names) == 2 else {})}
        if test is not None and test.named_children:
            verdict = evaluator.value(test.named_children[-1], source, bound)
            if not isinstance(verdict, Scalar):
                complete = False
            elif verdict.value is False:
                continue
        made = [evaluator.value(result, source, bound) for result in results]
        if len(made) == 1:
            items.append(made[0])
        elif isinstance(made[0], Scalar) and made[0].known and isinstance(made[0].value, (str, int)):
            members.setdefault(str(made[0].value), ObjectMember(made[0].at, made[1]))
        else:
            complete = False
    complete = complete and is_complete(collection)
    return HclList(tuple(items), place, complete) if len(results) == 1 else Mapped(members, place, complete)
