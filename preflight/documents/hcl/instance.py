"""A module with the values that its caller gives, and the modules of the same tree that it calls in turn.

Source: https://developer.hashicorp.com/terraform/language/modules/sources#local-paths
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from preflight.documents.hcl.evaluate import Budget, Evaluator
from preflight.documents.hcl.expression import Scope
from preflight.documents.hcl.module import Module, module_in
from preflight.documents.hcl.parse import Block
from preflight.documents.hcl.policy_documents import Documents
from preflight.documents.hcl.values import DocumentOf, Encoded, HclList, HclValue, Mapped, Scalar

_META = frozenset(("source", "version", "providers", "count", "for_each", "depends_on"))
_DEEPEST, _MOST_NESTED = 4, 64
_STEPS_OF_CALL = 1_000  # a module is read again for each


class Instance:
    """A module that is evaluated, with one branch of its conditionals taken; `bound` are the values of its variables
    that its caller gives. `calls` is how many calls lead to it.
    """

    def __init__(
        self, module: Module, branch: int = 0, bound: Scope | None = None, calls: int = 0, budget: Budget | None = None
    ) -> None:
        self.module, self.calls = module, calls
        self._budget = budget or Budget()
        self.evaluator = Evaluator(module, branch, bound, self._output, self._budget)
        self.documents = Documents(self.evaluator)
        self._children: dict[str, Instance | str] = {}
        self._outputs: Mapping[str, Block] = {
            each.labels[0]: each for each in module.blocks if each.kind == "output" and each.labels
        }

    def called(self, block: Block, scope: Scope, budget: Budget | None = None) -> Instance | str:
        """Return the module that a block calls, with the values that it gives; why not, where it cannot be followed."""
        self.evaluator.spend(_STEPS_OF_CALL)
        node = block.attribute("source")
        source = self.evaluator.value(node, block.source) if node is not None else None
        if not isinstance(source, Scalar) or not isinstance(source.value, str) or not source.known:
            return "its source is not known"
        if not source.value.startswith(("./", "../")):
            return f"its source {source.value} is not in this directory"
        folder = os.path.normpath(os.path.join(self.module.folder, source.value))  # noqa: PTH118
        module = module_in(folder, self.module.top)
        if module is None:
            return f"its source {source.value} is not in the directory that was named"
        if self.calls >= _DEEPEST:
            return "it is called by too many others"
        bound = {
            name: self._inlined(self.evaluator.value(each, block.source, scope))
            for name, each in block.attributes if name not in _META
        }  # fmt: skip
        return Instance(module, 0, bound, self.calls + 1, budget or self._budget)

    def output(self, name: str) -> HclValue | None:
        """Return an output of the module; None where it has none of this name."""
        block = self._outputs.get(name)
        node = block.attribute("value") if block is not None else None
        if block is None or node is None:
            return None
        return self._inlined(self.evaluator.value(node, block.source))

    def _output(self, call: str, name: str) -> HclValue | None:
        if call not in self._children:
            self._children[call] = "it refers to itself"
            block = next(
                (each for each in self.module.blocks if each.kind == "module" and each.labels == (call,)), None
            )
            if block is not None and block.attribute("for_each") is None and block.attribute("count") is None:
                self._children[call] = self.called(block, {})
        child = self._children[call]
        return child.output(name) if isinstance(child, Instance) else None

    def _inlined(self, value: HclValue, depth: int = 0) -> HclValue:
        """Return a value with the documents that it refers to in it: other modules know nothing of their addresses."""
        if isinstance(value, DocumentOf):
            return Encoded(self.documents.policy(value.address), value.at)
        if isinstance(value, HclList) and depth < _MOST_NESTED:
            return replace(value, items=tuple(self._inlined(each, depth + 1) for each in value.items))
        if isinstance(value, Mapped) and depth < _MOST_NESTED:
            members = {
                name: each._replace(value=self._inlined(each.value, depth + 1)) for name, each in value.members.items()
            }
            return replace(value, members=members)
        return value
