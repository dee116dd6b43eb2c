"""The attributes of a module's blocks that may hold a policy, and the instances of a block that `for_each` makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from preflight.documents.hcl.expression import Evaluating, Scope, entries
from preflight.documents.hcl.module import Module
from preflight.documents.hcl.parse import Block, text_of
from preflight.documents.hcl.values import HclList, HclValue, Mapped, ObjectMember
from preflight.documents.policies.terraform_places import attaches, held_at
from preflight.json_pointer import escape

if TYPE_CHECKING:
    from tree_sitter import Node

_MOST_DEEP, _MOST_INSTANCES = 64, 20
_HOLDERS = frozenset(("resource", "module", "output", "locals"))


class Slot(NamedTuple):
    """An attribute that may hold a policy: of which block, by what path of names, where, of what resource."""

    block: Block
    owner: Block
    path: str
    node: Node
    address: str
    pointer: str

    @property
    def named(self) -> str:
        """How messages name it."""
        return f"{self.path.replace('/', '.')} of {self.address}"

    def attaches(self) -> bool:
        """Say whether it holds the ARNs of managed policies."""
        return self.owner.kind == "resource" and bool(self.owner.labels) and attaches(self.owner.labels[0], self.path)


def slots_of(module: Module) -> Iterator[Slot]:
    """Yield the attributes of a module that hold a policy or may, in order."""
    for block in module.blocks:
        if block.kind in _HOLDERS and (block.kind != "resource" or _is_aws(block)):
            address = ".".join(block.labels) if block.kind == "resource" else ".".join((block.kind, *block.labels))
            pointer = "".join(f"/{escape(each)}" for each in (block.kind, *block.labels))
            yield from _within(block, block, address, pointer)


def instances(evaluator: Evaluating, block: Block, node: Node | None = None) -> Iterator[Scope]:
    """Yield what is bound in each instance of a block, as far as `for_each` is known; of many, the first. Only once
    where the expression at `node` does not depend on which.
    """
    over = block.attribute("for_each")
    if over is None or (node is not None and "each." not in text_of(node)):
        yield {}
        return
    place = block.source.place(over)
    for number, (key, value) in enumerate(entries(_keyed(evaluator.value(over, block.source)))):
        if number >= _MOST_INSTANCES:
            return
        yield {"each": Mapped({"key": ObjectMember(place, key), "value": ObjectMember(place, value)}, place)}


def parts_of(value: HclValue, depth: int = 0) -> Iterator[HclValue]:
    """Yield what an attribute holds: itself, or what is in its lists and objects."""
    if isinstance(value, HclList) and depth < _MOST_DEEP:
        for each in value.items:
            yield from parts_of(each, depth + 1)
    elif isinstance(value, Mapped) and depth < _MOST_DEEP:
        for member in value.members.values():
            yield from parts_of(member.value, depth + 1)
    else:
        yield value


def _keyed(collection: HclValue) -> HclValue:
    """Return a set as the map that `each` goes through: its keys are its values."""
    if not isinstance(collection, HclList):
        return collection
    members = {str(number): ObjectMember(each.at, each) for number, each in enumerate(collection.items)}
    return Mapped(members, collection.at, collection.complete)


def _is_aws(block: Block) -> bool:
    return block.labels[:1] != () and block.labels[0].startswith(("aws_", "awscc_"))


def _within(block: Block, owner: Block, address: str, pointer: str, path: str = "", depth: int = 0) -> Iterator[Slot]:
    for name, node in block.attributes:
        inside, written = f"{path}{name}", text_of(node)
        placed = owner.kind == "resource" and held_at(owner.labels[0], inside) is not None
        if placed or "olic" in name or name in ("content", "document") or "aws_iam_policy_document" in written \
                or "tatement" in written:  # fmt: skip
            yield Slot(block, owner, inside, node, address, f"{pointer}/{escape(name)}")
    if depth < _MOST_DEEP:
        for number, each in enumerate(block.blocks):
            at = f"{pointer}/{escape(each.kind)}/{number}"
            if each.kind == "dynamic" and each.labels:
                inside = f"{path}{each.labels[0]}/"  # what it makes stands in its block `content`
            else:
                inside = path if each.kind == "content" and block.kind == "dynamic" else f"{path}{each.kind}/"
            yield from _within(each, owner, address, at, inside, depth + 1)
