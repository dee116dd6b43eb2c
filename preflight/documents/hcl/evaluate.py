"""What the expressions of a module are known to be before a plan. Nothing is run, and time and memory are bounded.

Literals, locals, variables with a default, data documents, and the functions of `functions` are worked out. Of the
branches of a conditional one is taken: an evaluator is made for each. Everything else is `UnknownValue`.
Source: https://developer.hashicorp.com/terraform/language/expressions
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from preflight.documents.hcl.calls import call
from preflight.documents.hcl.choices import MOST_BRANCHES, conditional
from preflight.documents.hcl.collections import for_each, object_of, tuple_of
from preflight.documents.hcl.expression import Evaluating, Scope, is_empty, unknown
from preflight.documents.hcl.module import Module, WrittenExpression
from preflight.documents.hcl.parse import Place, Source, inside, text_of
from preflight.documents.hcl.references import reference
from preflight.documents.hcl.texts import text
from preflight.documents.hcl.values import HclValue, Scalar, UnknownValue

if TYPE_CHECKING:
    from tree_sitter import Node

_DEEPEST, _MOST_STEPS = 70, 200_000


@dataclass(slots=True)
class Budget:
    """How much work there is time for."""

    steps: int = _MOST_STEPS


class Evaluator:
    """Evaluates the expressions of one module. `branch` is which branch of each conditional is taken; `branches` says
    afterwards how many there are at most. `bound` are the values of variables that the caller of the module gives,
    `outputs` gives those of the modules that it calls.
    """

    def __init__(
        self,
        module: Module,
        branch: int = 0,
        bound: Scope | None = None,
        outputs: Callable[[str, str], HclValue | None] = lambda _call, _name: None,
        budget: Budget | None = None,
    ) -> None:
        self._module, self._branch, self._bound, self._outputs = module, branch, bound or {}, outputs
        self._budget = budget or Budget()
        self._known: dict[tuple[str, bool], HclValue] = {}
        self._nothing_counts = False
        self._open: set[str] = set()
        self._depth = 0
        self.branches = 1

    @property
    def module(self) -> Module:
        """The module that is evaluated."""
        return self._module

    @property
    def bound(self) -> Scope:
        """The values of variables that the caller of the module gives."""
        return self._bound

    @property
    def nothing_counts(self) -> bool:
        """Whether the branches of a conditional that are nothing are taken too."""
        return self._nothing_counts

    @contextmanager
    def counting_nothing(self) -> Iterator[None]:
        """Let nothing count until the block ends: of what restricts, that it is not there is what matters."""
        self._nothing_counts = True
        try:
            yield
        finally:
            self._nothing_counts = False

    def value(self, node: Node, source: Source, scope: Scope | None = None) -> HclValue:
        """Return what an expression is; `scope` are the names that are bound around it."""
        self.spend(1)
        if self._depth >= _DEEPEST or self._budget.steps <= 0:
            return UnknownValue("…", source.place(node), "it is too large to evaluate")
        self._depth += 1
        try:
            return self._value(node, source, scope or {})
        finally:
            self._depth -= 1

    def spend(self, steps: int) -> None:
        """Count work that was done: of more than there is time for, the rest is not known."""
        self._budget.steps -= steps

    def taken(self, branches: int) -> int:
        """Return which of so many branches is taken."""
        self.branches = max(self.branches, min(branches, MOST_BRANCHES))
        return min(self._branch, branches - 1)

    def output(self, call: str, name: str) -> HclValue | None:
        """Return an output of a module that is called; None where it is not known."""
        return self._outputs(call, name)

    def named(self, name: str, written: WrittenExpression | None, place: Place) -> HclValue:
        """Return what a local or a variable is, by the name that it goes by."""
        if written is None or name in self._open:
            return UnknownValue(name, place)
        kept = name, self._nothing_counts
        if kept not in self._known:
            self._open.add(name)
            try:
                value = self.value(written.node, written.source)
            finally:
                self._open.discard(name)
            if name.startswith("var.") and is_empty(value):
                # A default that is there for others to give the value.
                value = UnknownValue(name, place)
            self._known[kept] = value
        return self._known[kept]

    def _value(self, node: Node, source: Source, scope: Scope) -> HclValue:
        while node.type in ("expression", "collection_value", "template_expr", "for_expr", "literal_value"):
            inner = inside(node)
            if len(inner) != 1:
                break
            node = inner[0]
        form = _FORMS.get(node.type)
        return form(self, node, source, scope) if form is not None else unknown(node, source)


def _literal(_evaluator: Evaluating, node: Node, source: Source, _scope: Scope) -> HclValue:
    at, written = source.place(node), text_of(node)
    if node.type == "numeric_lit":
        try:
            number = float(written)
        except ValueError:
            return UnknownValue(written[:40], at)
        return Scalar(int(number) if number.is_integer() else number, at)
    return Scalar({"true": True, "false": False}.get(written), at)


_FORMS: Mapping[str, Callable[[Evaluating, Node, Source, Scope], HclValue]] = {
    "numeric_lit": _literal,
    "bool_lit": _literal,
    "null_lit": _literal,
    "string_lit": text,
    "quoted_template": text,
    "heredoc_template": text,
    "tuple": tuple_of,
    "object": object_of,
    "conditional": conditional,
    "function_call": call,
    "variable_expr": reference,
    "expression": reference,
    "for_tuple_expr": for_each,
    "for_object_expr": for_each,
}
