"""The policies of one file of a module, or of a module that it calls, with one branch of its conditionals taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from preflight.documents.hcl.expression import Scope, is_nothing
from preflight.documents.hcl.instance import Instance
from preflight.documents.hcl.module import DOCUMENT
from preflight.documents.hcl.parse import Block, Place, Source
from preflight.documents.hcl.plain import Plain, plain
from preflight.documents.hcl.resources.slots import Slot, instances, parts_of, slots_of
from preflight.documents.hcl.values import DocumentOf, Encoded, HclList, HclValue, Mapped, Scalar, UnknownValue
from preflight.documents.policies.attachments import attached
from preflight.documents.policies.found_policy import FoundPolicy, PolicyDocumentType, Problem
from preflight.documents.policies.grants.declared import grant_of
from preflight.documents.policies.in_string import looks_like_policy
from preflight.documents.policies.policy_type import service_of, type_of
from preflight.documents.policies.template_values import Shape
from preflight.documents.policies.terraform_places import held_at, told
from preflight.documents.text.document import Document
from preflight.documents.text.load import load_text
from preflight.errors import InputError
from preflight.json_pointer import escape
from preflight.sentence import sentence


class ModuleReading:
    """Reads policies. `source` is the file that they are shown in: that of which they are, or, with `called`, that
    which calls their module there, by the name of the call.
    """

    def __init__(
        self,
        instance: Instance,
        source: Source,
        wanted: PolicyDocumentType | None,
        called: tuple[str, Place] | None = None,
    ) -> None:
        self._instance, self._source, self._wanted, self._called = instance, source, wanted, called
        self._evaluator, self._documents = instance.evaluator, instance.documents
        self._consumers: dict[str, list[Slot]] = {}
        self._prefix = f"{called[0]}." if called else ""
        self._above = f"/{called[0].replace('.', '/')}" if called else ""
        self.passed_over: list[str] = []

    def policies(self) -> Iterator[FoundPolicy]:
        """Yield the policies. What could not be looked at is `passed_over` afterwards."""
        slots = [(slot, value) for slot in slots_of(self._instance.module) for value in self._values(slot)]
        for slot, value in slots:
            for each in parts_of(value):
                if isinstance(each, DocumentOf):
                    self._consumers.setdefault(each.address, []).append(slot)
        documents = list(self._of_documents())
        yield from documents
        for slot, value in slots:
            if self._is_own(slot.block.source):
                if slot.attaches():
                    yield from self._attached(slot, value)
                    continue
                for each in (value,) if self._held(slot) else parts_of(value):
                    if not isinstance(each, DocumentOf):
                        yield from self._of_slot(slot, each)
        yield from self._of_grants()

    def _of_grants(self) -> Iterator[FoundPolicy]:
        """Yield what resources grant that have no policy document."""
        for block in self._instance.module.blocks:
            if block.kind == "resource" and len(block.labels) == 2 and grant_of(block.labels[0]) is not None \
                    and self._is_own(block.source):  # fmt: skip
                from preflight.documents.hcl.resources.grants import granted_by

                place = self._at(block.source.place(block.node))
                pointer = f"{self._above}/resource/{'/'.join(map(escape, block.labels))}"
                address = f"{self._prefix}{'.'.join(block.labels)}"
                for scope in instances(self._evaluator, block):
                    found = granted_by(self._evaluator, block, scope, address, pointer, self._placed)
                    if isinstance(found, FoundPolicy):
                        yield found
                    elif found is not None:
                        label = f"{self._prefix}{found.label}" if found.label.startswith("var.") else found.label
                        what = f"{found.member} of {address} is not known before a plan: it depends on {label}"
                        self._pass_over(place, what)

    def _is_own(self, source: Source) -> bool:
        return self._called is not None or source is self._source

    def _values(self, slot: Slot) -> Iterator[HclValue]:
        for scope in instances(self._evaluator, slot.owner, slot.node):
            yield self._evaluator.value(slot.node, slot.block.source, scope)

    def _of_documents(self) -> Iterator[FoundPolicy]:
        for address, block in self._instance.module.documents.items():
            if self._is_own(block.source):
                for scope in instances(self._evaluator, block, block.node):
                    yield from self._of_document(address, block, scope)

    def _of_document(self, address: str, block: Block, scope: Scope) -> Iterator[FoundPolicy]:
        made = plain(self._documents.policy(address, scope))
        place = self._at(block.source.place(block.node))
        if not made.complete:
            self._pass_over(place, f"not all statements of {self._prefix}{address} are known before a plan")
        if not isinstance(made.data, dict) or not made.data.get("Statement"):
            return
        bare = self._found(made, f"/data/{DOCUMENT}/{escape(block.labels[1])}", place)
        typed = {each.type: each for each in (self._told(bare, slot) for slot in self._consumers.get(address, []))
                 if each is not None}  # fmt: skip
        if not typed:
            type_ = self._wanted or bare.type
            service = service_of(bare.value) if type_ == "resource" else ""
            owner = {"address": address, **({"service": service} if service else {})}
            typed[type_] = replace(bare, type=type_, owner=owner)
        yield from (replace(each, name=f"{self._prefix}{address}") for each in typed.values())

    def _attached(self, slot: Slot, value: HclValue) -> Iterator[FoundPolicy]:
        for each in parts_of(value):
            if isinstance(each, Scalar) and each.known:
                place = each.at if each.at.path == self._source.path else self._at(slot.block.source.place(slot.node))
                yield from attached(
                    self._document(), f"{self._above}{slot.pointer}", each.value, f"{self._prefix}{slot.address}",
                    place=(place.line, place.column),
                )  # fmt: skip

    def _of_slot(self, slot: Slot, value: HclValue) -> Iterator[FoundPolicy]:
        place = self._at(slot.block.source.place(slot.node))
        held = self._held(slot)
        if isinstance(value, Scalar) and isinstance(value.value, str) and value.known and slot.owner.kind != "locals":
            broken = self._broken(slot, value, place, held)
            if broken is not None:
                yield broken
                return
        if held is not None and isinstance(value, (Mapped, HclList)):
            what = "an object" if isinstance(value, Mapped) else "a list"
            fault = f"{slot.path.rpartition('/')[2]} is {what}, not text"
            yield self._unreadable(slot, place, held, fault, "Write jsonencode(...) around it.")
            return
        policy = self._documents.resolved(value) if isinstance(value, (Encoded, Scalar)) else value
        if isinstance(policy, UnknownValue):
            if held is not None and not is_nothing(value):
                label = f"{self._prefix}{policy.label}" if policy.label.startswith("var.") else policy.label
                self._pass_over(place, f"{self._named(slot)} is not known before a plan: it depends on {label}")
            return
        if not isinstance(value, (Encoded, Scalar)) or is_nothing(policy):
            return
        if held is None and not (isinstance(policy, Mapped) and _holds_policy(policy)):
            return
        made = plain(policy)
        if not made.complete:
            self._pass_over(place, f"not all statements of {self._named(slot)} are known before a plan")
            if not (isinstance(made.data, dict) and made.data.get("Statement")):
                return
        found = self._found(made, slot.pointer, place)
        said = self._told(found, slot)
        address = f"{self._prefix}{slot.address}"
        yield said if said is not None else replace(found, type=self._wanted or found.type, name=address)

    def _held(self, slot: Slot) -> PolicyDocumentType | None:
        """Return the type of the policy that an attribute always holds; None for other attributes."""
        owner = slot.owner
        if owner.kind != "resource" or not owner.labels:
            return None
        return held_at(owner.labels[0], slot.path, self._type_of(owner))

    def _type_of(self, owner: Block) -> object:
        kind = owner.attribute("type")
        value = self._evaluator.value(kind, owner.source) if kind is not None else None
        return value.value if isinstance(value, Scalar) else None if kind is None else ""

    def _broken(self, slot: Slot, text: Scalar, place: Place, held: PolicyDocumentType | None) -> FoundPolicy | None:
        """Return a policy whose text is known and cannot be read; None where it can be, or is none."""
        string = str(text.value)
        if not string.strip() or not (held or looks_like_policy(string)):
            return None
        try:
            value = load_text(string, "", []).value
        except InputError as error:
            return self._unreadable(slot, place, held, error.problem, sentence(error.mend or "correct it"))
        if held and not isinstance(value, (dict, list)):
            return self._unreadable(slot, place, held, "the text is not JSON", "Write a policy there.")
        return None

    def _unreadable(
        self, slot: Slot, place: Place, held: PolicyDocumentType | None, problem: str, remedy: str
    ) -> FoundPolicy:
        problems = (Problem("syntax", problem, remedy, line=place.line, column=place.column),)
        name = f"{self._prefix}{slot.address}"
        pointer = f"{self._above}{slot.pointer}"
        return FoundPolicy(self._document(), None, held or "identity", pointer, name, problems=problems)

    def _document(self) -> Document:
        return Document(self._source.path, {}, self._source.text, "json" if self._source.marks else "hcl")

    def _found(self, made: Plain, inside: str, place: Place) -> FoundPolicy:
        pointer = f"{self._above}{inside}"
        document = self._placed(made, pointer, place)
        shape = Shape(frozenset(made.unknown), {}, made.written, complete=made.complete, absent=frozenset(made.absent))
        return FoundPolicy(document, made.data, type_of(made.data, self._source.path), pointer, shape=shape)

    def _placed(self, made: Plain, pointer: str, place: Place) -> Document:
        """Return the document in which plain data stands at a pointer, and at a place where nothing nearer is known."""
        values = {pointer + each: at for each, at in made.values.items()}
        names = {pointer + each: at for each, at in made.names.items()}

        def search(wanted: str, name: bool) -> tuple[int, int] | None:  # noqa: FBT001 -- callables take no keywords
            at = (names if name else values).get(wanted)
            if at is None:
                return (place.line, place.column) if wanted == pointer else None
            # What is written in another file is found at the attribute that takes it from there.
            return (at.line, at.column) if at.path == self._source.path else (place.line, place.column)

        return replace(self._document(), _search=[search])

    def _told(self, found: FoundPolicy, slot: Slot) -> FoundPolicy | None:
        """Return a policy with what its attribute makes it; None where the attribute does not say."""
        owner = slot.owner
        if owner.kind != "resource" or len(owner.labels) != 2:
            return None
        resource = {"type": owner.labels[0], "address": f"{self._prefix}{slot.address}"}
        return told(found, resource, {"type": self._type_of(owner)}, slot.path)

    def _at(self, place: Place) -> Place:
        """Return a place as it is shown: of a module that is called, that of the call."""
        return self._called[1] if self._called is not None else place

    def _named(self, slot: Slot) -> str:
        return slot.named.replace(slot.address, f"{self._prefix}{slot.address}")

    def _pass_over(self, place: Place, what: str) -> None:
        self.passed_over.append(f"line {place.line}: {what}")


def _holds_policy(value: Mapped) -> bool:
    """Say whether an object in an attribute that need not hold a policy is one."""
    member = value.members.get("Statement")
    if member is None:
        return False
    statements = member.value.items if isinstance(member.value, HclList) else (member.value,)
    return "Version" in value.members or any(
        isinstance(each, Mapped) and {"Effect", "Action", "NotAction"} & set(each.members) for each in statements
    )
