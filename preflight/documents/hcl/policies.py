"""The policies in a `.tf` file: of data documents, and of attributes that hold JSON, each with what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from preflight.documents.hcl.evaluate import Evaluator
from preflight.documents.hcl.module import DOCUMENT, Module, module_of
from preflight.documents.hcl.parse import Block, Place, Source, parse, text_of
from preflight.documents.hcl.plain import Plain, plain
from preflight.documents.hcl.policy_documents import Documents
from preflight.documents.hcl.values import DocumentOf, Encoded, Listed, Mapped, Scalar, Unknown, Value
from preflight.documents.policies.found_policy import FoundPolicy, Policies, PolicyType, Problem
from preflight.documents.policies.in_string import looks_like_policy
from preflight.documents.policies.policy_type import service_of, type_of
from preflight.documents.policies.template_values import Shape
from preflight.documents.policies.terraform_places import held_at, told
from preflight.documents.text.document import Document
from preflight.documents.text.load import load_text
from preflight.errors import InputError
from preflight.json_pointer import escape

if TYPE_CHECKING:
    from tree_sitter import Node

_MOST_DEEP = 8
_HOLDERS = frozenset(("resource", "module", "output", "locals"))


class _Slot(NamedTuple):
    """An attribute that may hold a policy: of which block, by what path of names, where, of what resource."""

    block: Block
    owner: Block
    path: str
    node: Node
    address: str
    pointer: str


def policies_of(text: str, path: str, wanted: PolicyType | None = None, top: str = "") -> Policies:
    """Return the policies in the text of a `.tf` file. What it refers to in the other files of its folder is looked up
    there; `top` is the folder that was named, in which file() may read. Raises `InputError`.
    """
    if "olicy" not in text and "tatement" not in text:
        return Policies([], ())
    source = parse(text, path)
    module = module_of(source, top)
    found: list[FoundPolicy] = []
    passed_over = dict.fromkeys(f"{each} of its module could not be read" for each in module.unread)
    branch = branches = 0
    while branch <= branches:
        reading = _Reading(module, source, wanted, branch)
        for policy in reading.policies():
            if not any(policy.pointer == each.pointer and _same(policy, each) for each in found):
                found.append(policy)
        passed_over |= dict.fromkeys(reading.passed_over)
        branch, branches = branch + 1, max(branches, reading.branches - 1)
    return Policies(found, tuple(passed_over))


def _same(one: FoundPolicy, other: FoundPolicy) -> bool:
    return one.value == other.value and one.type == other.type


class _Reading:
    """Reads the policies of one file of a module, with one branch of its conditionals taken."""

    def __init__(self, module: Module, source: Source, wanted: PolicyType | None, branch: int) -> None:
        self._module, self._source, self._wanted = module, source, wanted
        self._evaluator = Evaluator(module, branch)
        self._documents = Documents(self._evaluator)
        self._consumers: dict[str, list[_Slot]] = {}
        self.passed_over: list[str] = []

    @property
    def branches(self) -> int:
        return self._evaluator.branches

    def policies(self) -> Iterator[FoundPolicy]:
        slots = [(slot, self._evaluator.value(slot.node, slot.block.source)) for slot in self._slots()]
        for slot, value in slots:
            for each in _parts(value):
                if isinstance(each, DocumentOf):
                    self._consumers.setdefault(each.address, []).append(slot)
        documents = list(self._of_documents())
        yield from documents
        for slot, value in slots:
            if slot.block.source is self._source:
                for each in (value,) if self._held(slot) else _parts(value):
                    if not isinstance(each, DocumentOf):
                        yield from self._of_slot(slot, each)

    def _slots(self) -> Iterator[_Slot]:
        for block in self._module.blocks:
            if block.kind in _HOLDERS and (block.kind != "resource" or _is_aws(block)):
                address = ".".join(block.labels) if block.kind == "resource" else ".".join((block.kind, *block.labels))
                pointer = "".join(f"/{escape(each)}" for each in (block.kind, *block.labels))
                yield from _within(block, block, address, pointer)

    def _of_documents(self) -> Iterator[FoundPolicy]:
        for address, block in self._module.documents.items():
            if block.source is not self._source:
                continue
            made = plain(self._documents.policy(address))
            place = self._source.place(block.node)
            if not made.complete:
                self.passed_over.append(f"line {place.line}: not all statements of {address} are known before a plan")
            if not isinstance(made.data, dict) or not made.data.get("Statement"):
                continue
            pointer = f"/data/{DOCUMENT}/{escape(block.labels[1])}"
            bare = self._found(made, pointer, place)
            consumers = self._consumers.get(address, [])
            typed = {each.type: each for each in (self._told(bare, slot) for slot in consumers)
                     if each is not None}  # fmt: skip
            if not typed:
                type_ = self._wanted or bare.type
                service = service_of(bare.value) if type_ == "resource" else ""
                typed[type_] = replace(
                    bare, type=type_, owner={"address": address, **({"service": service} if service else {})}
                )
            yield from (replace(each, name=address) for each in typed.values())

    def _of_slot(self, slot: _Slot, value: Value) -> Iterator[FoundPolicy]:
        place = slot.block.source.place(slot.node)
        held = self._held(slot)
        if isinstance(value, Scalar) and isinstance(value.value, str) and value.known and slot.owner.kind != "locals":
            broken = self._broken(slot, value, place, held)
            if broken is not None:
                yield broken
                return
        if held is not None and isinstance(value, (Mapped, Listed)):
            fault = (
                f"{slot.path.rpartition('/')[2]} is {'an object' if isinstance(value, Mapped) else 'a list'}, not text"
            )
            yield self._unreadable(slot, place, held, fault, "Write jsonencode(...) around it.")
            return
        policy = self._documents.resolved(value) if isinstance(value, (Encoded, Scalar)) else value
        if isinstance(policy, Unknown):
            if held is not None and not (isinstance(value, Scalar) and value.value in (None, "")):
                self.passed_over.append(
                    f"line {place.line}: {slot.path.replace('/', '.')} of {slot.address} is not known before a plan: "
                    f"it depends on {policy.label}"
                )
            return
        if not isinstance(value, (Encoded, Scalar)) or (isinstance(policy, Scalar) and policy.value in (None, "")):
            return
        if held is None and not (isinstance(policy, Mapped) and holds_policy(policy)):
            return
        made = plain(policy)
        if not made.complete:
            self.passed_over.append(
                f"line {place.line}: not all statements of {slot.path.replace('/', '.')} of {slot.address} are known "
                "before a plan"
            )
            if not (isinstance(made.data, dict) and made.data.get("Statement")):
                return
        found = self._found(made, slot.pointer, place)
        told_ = self._told(found, slot)
        yield told_ if told_ is not None else replace(found, type=self._wanted or found.type, name=slot.address)

    def _held(self, slot: _Slot) -> PolicyType | None:
        """Return the type of the policy that an attribute always holds; None for other attributes."""
        owner = slot.owner
        if owner.kind != "resource" or not owner.labels:
            return None
        return held_at(owner.labels[0], slot.path, self._type_of(owner))

    def _type_of(self, owner: Block) -> object:
        kind = owner.attribute("type")
        value = self._evaluator.value(kind, owner.source) if kind is not None else None
        return value.value if isinstance(value, Scalar) else None if kind is None else ""

    def _broken(self, slot: _Slot, text: Scalar, place: Place, held: PolicyType | None) -> FoundPolicy | None:
        """Return a policy whose text is known and cannot be read; None where it can be, or is none."""
        string = str(text.value)
        if not string.strip() or not (held or looks_like_policy(string)):
            return None
        try:
            value = load_text(string, "", []).value
        except InputError as error:
            mend = error.mend or "correct it"
            return self._unreadable(slot, place, held, error.problem, f"{mend[:1].upper()}{mend[1:]}.")
        if held and not isinstance(value, (dict, list)):
            return self._unreadable(slot, place, held, "the text is not JSON", "Write a policy there.")
        return None

    def _unreadable(self, slot: _Slot, place: Place, held: PolicyType | None, problem: str, remedy: str) -> FoundPolicy:
        problems = (Problem("syntax", problem, remedy, line=place.line, column=place.column),)
        document = Document(self._source.path, {}, self._source.data.decode("utf-8", "replace"))
        return FoundPolicy(document, None, held or "identity", slot.pointer, slot.address, problems=problems)

    def _found(self, made: Plain, pointer: str, place: Place) -> FoundPolicy:
        values = {pointer + each: at for each, at in made.values.items()}
        names = {pointer + each: at for each, at in made.names.items()}

        def search(wanted: str, name: bool) -> tuple[int, int] | None:  # noqa: FBT001 -- callables take no keywords
            at = (names if name else values).get(wanted)
            if at is None:
                return (place.line, place.column) if wanted == pointer else None
            # What is written in another file is found at the attribute that takes it from there.
            return (at.line, at.column) if at.path == self._source.path else (place.line, place.column)

        text = self._source.data.decode("utf-8", "replace")
        document = Document(self._source.path, {}, text, "hcl", [search])
        shape = Shape(frozenset(made.unknown), {}, made.written, complete=made.complete, absent=frozenset(made.absent))
        return FoundPolicy(document, made.data, type_of(made.data, self._source.path), pointer, shape=shape)

    def _told(self, found: FoundPolicy, slot: _Slot) -> FoundPolicy | None:
        """Return a policy with what its attribute makes it; None where the attribute does not say."""
        owner = slot.owner
        if owner.kind != "resource" or len(owner.labels) != 2:
            return None
        resource = {"type": owner.labels[0], "address": slot.address}
        return told(found, resource, {"type": self._type_of(owner)}, slot.path)


def holds_policy(value: Mapped) -> bool:
    """Say whether an object in an attribute that need not hold a policy is one."""
    member = value.members.get("Statement")
    if member is None:
        return False
    statements = member.value.items if isinstance(member.value, Listed) else (member.value,)
    return "Version" in value.members or any(
        isinstance(each, Mapped) and {"Effect", "Action", "NotAction"} & set(each.members) for each in statements
    )


def _is_aws(block: Block) -> bool:
    return block.labels[:1] != () and block.labels[0].startswith(("aws_", "awscc_"))


def _within(block: Block, owner: Block, address: str, pointer: str, path: str = "", depth: int = 0) -> Iterator[_Slot]:
    for name, node in block.attributes:
        written = text_of(node)
        if "olic" in name or name in ("content", "document") or "aws_iam_policy_document" in written \
                or "tatement" in written:  # fmt: skip
            yield _Slot(block, owner, f"{path}{name}", node, address, f"{pointer}/{escape(name)}")
    if depth < _MOST_DEEP:
        for number, each in enumerate(block.blocks):
            at = f"{pointer}/{escape(each.kind)}/{number}"
            if each.kind == "dynamic" and each.labels:
                inside = f"{path}{each.labels[0]}/"  # what it makes stands in its block `content`
            else:
                inside = path if each.kind == "content" and block.kind == "dynamic" else f"{path}{each.kind}/"
            yield from _within(each, owner, address, at, inside, depth + 1)


def _parts(value: Value, depth: int = 0) -> Iterator[Value]:
    """Yield what an attribute holds: itself, or what is in its lists and objects."""
    if isinstance(value, Listed) and depth < _MOST_DEEP:
        for each in value.items:
            yield from _parts(each, depth + 1)
    elif isinstance(value, Mapped) and depth < _MOST_DEEP:
        for member in value.members.values():
            yield from _parts(member.value, depth + 1)
    else:
        yield value
