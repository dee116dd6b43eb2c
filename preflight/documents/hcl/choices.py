"""Conditionals, of which one branch is taken at a time, and `try` and `coalesce`.

Source: https://developer.hashicorp.com/terraform/language/expressions/conditionals
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from preflight.documents.hcl.expression import Evaluating, Scope, is_empty, is_nothing, unknown
from preflight.documents.hcl.parse import Source
from preflight.documents.hcl.values import HclValue, Scalar, UnknownValue

if TYPE_CHECKING:
    from tree_sitter import Node


MOST_BRANCHES = 6


def conditional(evaluator: Evaluating, node: Node, source: Source, scope: Scope) -> HclValue:
    """Return the branch of a conditional that is taken; of one that is nothing, another, unless nothing counts."""
    branches: list[Node] = []
    while True:
        parts = [each for each in node.named_children if each.type == "expression"]
        if len(parts) != 3:
            return unknown(node, source)
        # `a ? x : b ? y : z` is parsed as `(a ? x : b) ? y : z`: what is to the left is the first to be tested.
        branches[:0] = parts[1:] if not branches else [parts[1]]
        test = parts[0].named_children
        if len(test) != 1 or test[0].type != "conditional" or parts[0].child_count != 1:
            break
        # What stands for the test of the outer one is the last branch of the inner one, which is a test in truth.
        node = test[0]
    taken = evaluator.taken(len(branches))
    value = evaluator.value(branches[taken], source, scope)
    if is_nothing(value) and not evaluator.nothing_counts:
        # As of templates, of branches that have no value another one is taken.
        others = (evaluator.value(each, source, scope) for each in branches if each is not branches[taken])
        return next((each for each in others if not is_nothing(each)), value)
    return value


def attempt(evaluator: Evaluating, nodes: list[Node], node: Node, source: Source, scope: Scope) -> HclValue:
    """Return what `try` or `coalesce` gives: the first that is known, but no mere text for one that is not."""
    values = [evaluator.value(each, source, scope) for each in nodes[:MOST_BRANCHES]]
    if not isinstance(values[0], UnknownValue) and not is_nothing(values[0]):
        return values[0]
    if evaluator.nothing_counts and all(map(is_nothing, values)):
        return values[0]
    made = next(
        (each for each in values[1:] if not isinstance(each, (UnknownValue, Scalar)) and not is_empty(each)), None
    )
    return made if made is not None else unknown(node, source)
