"""The policies in a file of Terraform's: of data documents, of attributes that hold JSON, and of modules that it calls.

A module of the same tree that is called is read with the values that the call gives it. What its own files have without
them is told there; here, what these values make of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from preflight.documents.hcl.evaluate import Budget
from preflight.documents.hcl.instance import Instance
from preflight.documents.hcl.module import module_of, parsed
from preflight.documents.hcl.parse import Place, Source
from preflight.documents.hcl.reading import ModuleReading
from preflight.documents.hcl.resources.slots import instances
from preflight.documents.policies.files import HCL_WORDS
from preflight.documents.policies.found_policy import FoundPolicies, FoundPolicy, PassedOver, PolicyDocumentType

_MOST_CALLS = 200
_CALLED_STEPS = 400_000


def policies_of(text: str, path: str, wanted: PolicyDocumentType | None = None, top: str = "") -> FoundPolicies:
    """Return the policies in the text of a `.tf` or `.tf.json` file. What it refers to in the other files of its folder
    is looked up there; `top` is the folder that was named, in which file() may read. Raises `InputError`.
    """
    if not any(word in text for word in HCL_WORDS):
        return FoundPolicies([], ())
    source = parsed(text, path)
    module = module_of(source, top)
    found: list[FoundPolicy] = []
    passed_over = dict.fromkeys(f"{each} of its module could not be read" for each in module.unread)
    branch = branches = 0
    while branch <= branches:
        instance = Instance(module, branch)
        reading = ModuleReading(instance, source, wanted)
        for policy in reading.policies():
            if not any(policy.pointer == each.pointer and _same(policy, each) for each in found):
                found.append(policy)
        passed_over |= dict.fromkeys(reading.passed_over)
        branch, branches = branch + 1, max(branches, instance.evaluator.branches - 1)
    for each in _Called(source, wanted).policies(Instance(module), "", None):
        if isinstance(each, PassedOver):
            passed_over[each.reason] = None
        elif not any(each.pointer == known.pointer and _same(each, known) for known in found):
            found.append(each)
    return FoundPolicies(found, tuple(passed_over))


def _same(one: FoundPolicy, other: FoundPolicy) -> bool:
    return one.value == other.value and one.type == other.type and one.problems == other.problems


class _Called:
    """Reads the modules that a file calls, all together within a bound of time."""

    def __init__(self, source: Source, wanted: PolicyDocumentType | None) -> None:
        self._source, self._wanted = source, wanted
        self._budget = Budget(_CALLED_STEPS)
        self._calls = 0

    def policies(self, caller: Instance, prefix: str, at: Place | None) -> Iterator[FoundPolicy | PassedOver]:
        """Yield the policies of the modules that a module calls: those of which a value that is given is a part."""
        for block in caller.module.blocks:
            if block.kind != "module" or not block.labels or (at is None and block.source is not self._source):
                continue
            place = at or block.source.place(block.node)
            name = f"{prefix}module.{block.labels[0]}"
            for scope in instances(caller.evaluator, block):
                self._calls += 1
                child = caller.called(block, scope, self._budget)
                if self._calls > _MOST_CALLS or self._budget.steps <= 0:
                    child = "there are too many calls to look at"
                if isinstance(child, str):
                    yield PassedOver(f"line {place.line}: the policies of {name} are not read: {child}")
                    break
                yield from self._of(child, name, place)
                yield from self.policies(child, f"{name}.", place)

    def _of(self, child: Instance, name: str, place: Place) -> Iterator[FoundPolicy | PassedOver]:
        for each in child.module.unread:
            yield PassedOver(f"line {place.line}: {each} of {name} could not be read")
        reading = ModuleReading(child, self._source, self._wanted, (name, place))
        written = ModuleReading(
            Instance(child.module, 0, {}, child.calls, self._budget), self._source, self._wanted, (name, place)
        )
        general = list(written.policies())
        for policy in reading.policies():
            without = [each for each in general if each.pointer == policy.pointer]
            if not any(_same(policy, each) for each in without):
                yield replace(policy, general=without[0] if without else None)
        # What of a module is not known whatever it is called with is told where it is written.
        yield from (PassedOver(each) for each in reading.passed_over if each not in written.passed_over)
