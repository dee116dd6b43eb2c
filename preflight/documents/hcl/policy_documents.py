"""The policy that `data "aws_iam_policy_document"` makes, from its blocks and the documents that it is merged with.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document, and the
provider's internal/service/iam/policy_document_data_source.go
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from preflight.documents.hcl.expression import Evaluating, Scope, entries, is_complete
from preflight.documents.hcl.parse import Block, Place, text_of
from preflight.documents.hcl.policy_text import read_json
from preflight.documents.hcl.values import (
    DocumentOf,
    Encoded,
    HclList,
    HclValue,
    Mapped,
    ObjectMember,
    Scalar,
    UnknownValue,
)

_LISTS = {"actions": "Action", "not_actions": "NotAction", "resources": "Resource", "not_resources": "NotResource"}
_PRINCIPALS = {"principals": "Principal", "not_principals": "NotPrincipal"}
_SOURCES, _OVERRIDES = ("source_json", "source_policy_documents"), ("override_json", "override_policy_documents")
_DEEPEST = 8


class _Instance(NamedTuple):
    """A block inside a document: one that is written, or that a dynamic block makes; `certain` if it is known to be."""

    block: Block
    scope: Scope
    certain: bool


class Documents:
    """Makes the policies of the data sources of a module, each once."""

    def __init__(self, evaluator: Evaluating) -> None:
        self._evaluator = evaluator
        self._made: dict[str, HclValue] = {}
        self._open: list[str] = []

    def policy(self, address: str, scope: Scope | None = None) -> HclValue:
        """Return the policy of a data source: an object, incomplete where not all its statements are known. `scope` is
        what is bound in one of its instances.
        """
        block = self._evaluator.module.documents.get(address)
        if not scope and address in self._made:
            return self._made[address]
        if block is None or address in self._open or len(self._open) >= _DEEPEST:
            return UnknownValue(address, Place("", 1, 1))
        self._open.append(address)
        try:
            made = self._document(block, scope or {})
        finally:
            self._open.pop()
        if not scope:
            self._made[address] = made
        return made

    def resolved(self, value: HclValue) -> HclValue:
        """Return the policy that the value of an attribute is: of JSON and of references, what is in them."""
        if isinstance(value, Encoded):
            return value.value
        if isinstance(value, DocumentOf):
            return self.policy(value.address)
        if isinstance(value, Scalar) and isinstance(value.value, str):
            return read_json(value) or UnknownValue(
                value.written or "text", value.at, "it cannot be read before a plan"
            )
        return value

    def _document(self, block: Block, scope: Scope) -> HclValue:
        place = block.source.place(block.node)
        own, complete = [], True
        for each in self._instances(block, "statement", scope):
            own.append(self._statement(each))
            complete = complete and each.certain
        sources, all_read = self._given(block, _SOURCES, scope)
        overrides, others_read = self._given(block, _OVERRIDES, scope)
        statements = [*sources, *own]
        for given in overrides:
            _override(statements, given)
        version = block.attribute("version")
        members = {
            "Version": ObjectMember(place, Scalar("2012-10-17", place) if version is None
                              else self._evaluator.value(version, block.source, scope)),
            "Statement": ObjectMember(place, HclList(tuple(statements), place, complete and all_read and others_read)),
        }  # fmt: skip
        name = block.attribute("policy_id")
        if name is not None:
            members = {
                "Id": ObjectMember(block.source.place(name), self._evaluator.value(name, block.source, scope)),
                **members,
            }
        return Mapped(members, place)

    def _given(self, block: Block, attributes: tuple[str, ...], scope: Scope) -> tuple[list[HclValue], bool]:
        """Return the statements of the documents that are named by attributes, and whether all of them are known."""
        found: list[HclValue] = []
        complete = True
        for attribute in attributes:
            node = block.attribute(attribute)
            value = self._evaluator.value(node, block.source, scope) if node is not None else None
            if value is None or (isinstance(value, Scalar) and value.value in (None, "")):
                continue
            listed = value if isinstance(value, HclList) else HclList((value,), value.at)
            complete = complete and listed.complete
            for each in listed.items:
                policy = self.resolved(each)
                member = policy.members.get("Statement") if isinstance(policy, Mapped) else None
                if not isinstance(policy, Mapped) or member is None:
                    complete = complete and isinstance(each, Scalar) and each.value in (None, "")
                    continue
                inner = member.value if isinstance(member.value, HclList) else HclList((member.value,), member.value.at)
                found += [one for one in inner.items if not isinstance(one, UnknownValue)]
                complete = complete and inner.complete and not any(isinstance(one, UnknownValue) for one in inner.items)
        return found, complete

    def _instances(self, block: Block, kind: str, scope: Scope) -> Iterator[_Instance]:
        for each in block.blocks:
            if each.kind == kind:
                yield _Instance(each, scope, certain=True)
            elif each.kind == "dynamic" and each.labels[:1] == (kind,):
                content = next((inner for inner in each.blocks if inner.kind == "content"), None)
                over, named = each.attribute("for_each"), each.attribute("iterator")
                if content is None or over is None:
                    continue
                name = text_of(named) if named is not None else kind
                collection = self._evaluator.value(over, each.source, scope)
                place = each.source.place(each.node)
                certain = is_complete(collection)
                for key, value in entries(collection):
                    element = Mapped({"key": ObjectMember(place, key), "value": ObjectMember(place, value)}, place)
                    yield _Instance(content, {**scope, name: element}, certain)

    def _statement(self, given: _Instance) -> HclValue:
        block, scope, _ = given
        place = block.source.place(block.node)
        found: dict[str, ObjectMember] = {}
        effect = ObjectMember(place, Scalar("Allow", place))
        for name, node in block.attributes:
            at = block.source.place(node)
            value = self._evaluator.value(node, block.source, scope)
            if isinstance(value, Scalar) and value.value is None:
                continue
            if name == "sid" and not (isinstance(value, Scalar) and value.value == ""):
                found.setdefault("Sid", ObjectMember(at, value))
            elif name == "effect":
                effect = ObjectMember(at, value)
            elif name in _LISTS and not (isinstance(value, HclList) and value.complete and not value.items):
                variables = name in ("resources", "not_resources")
                found.setdefault(_LISTS[name], ObjectMember(at, _single(_variables(value) if variables else value)))
        for kind, element in _PRINCIPALS.items():
            blocks = list(self._instances(block, kind, scope))
            if blocks:
                found[element] = ObjectMember(block.source.place(blocks[0].block.node), self._principals(blocks))
        conditions = list(self._instances(block, "condition", scope))
        if conditions:
            found["Condition"] = ObjectMember(
                conditions[0].block.source.place(conditions[0].block.node), self._conditions(conditions)
            )
        for element in ("Action", "Resource", "Principal"):
            # Of two that exclude each other, one that is not known is not there.
            both = [each for each in (f"Not{element}", element) if each in found]
            unread = [
                each for each in both if isinstance(found[each].value, UnknownValue) or not _whole(found[each].value)
            ]
            if len(both) == 2 and unread:
                found.pop(unread[0])
        sid = {"Sid": found.pop("Sid")} if "Sid" in found else {}
        return Mapped({**sid, "Effect": effect, **found}, place)

    def _principals(self, blocks: list[_Instance]) -> HclValue:
        place = blocks[0].block.source.place(blocks[0].block.node)
        found: dict[str, list[HclValue]] = {}
        complete = all(each.certain for each in blocks)
        for each in blocks:
            kind, named = self._attribute(each, "type"), self._attribute(each, "identifiers")
            if not isinstance(kind, Scalar) or not kind.known or named is None:
                complete = False
                continue
            if kind.value == "*":
                return Scalar("*", kind.at)
            items = named.items if isinstance(named, HclList) else (named,)
            complete = complete and (not isinstance(named, HclList) or named.complete)
            found.setdefault(str(kind.value), []).extend(map(_variables, items))
        members = {
            kind: ObjectMember(place, _single(HclList(tuple(items), items[0].at if items else place)))
            for kind, items in found.items()
        }
        return Mapped(members, place, complete) if members else UnknownValue("principals", place)

    def _conditions(self, blocks: list[_Instance]) -> HclValue:
        place = blocks[0].block.source.place(blocks[0].block.node)
        found: dict[str, dict[str, ObjectMember]] = {}
        complete = all(each.certain for each in blocks)
        for each in blocks:
            test, key, values = (self._attribute(each, name) for name in ("test", "variable", "values"))
            if not isinstance(test, Scalar) or not isinstance(key, Scalar) or not (test.known and key.known):
                complete = False
                continue
            given = _single(_variables(values)) if values is not None else UnknownValue("values", place)
            here = found.setdefault(str(test.value), {})
            known = here.get(str(key.value))
            # The provider puts values together that are for the same operator and key.
            here[str(key.value)] = ObjectMember(key.at, _both(known.value, given) if known is not None else given)
        members = {test: ObjectMember(place, Mapped(keys, place)) for test, keys in found.items()}
        return Mapped(members, place, complete)

    def _attribute(self, given: _Instance, name: str) -> HclValue | None:
        node = given.block.attribute(name)
        return self._evaluator.value(node, given.block.source, given.scope) if node is not None else None


def _override(statements: list[HclValue], given: HclValue) -> None:
    """Put a statement in the place of the one with its Sid; behind the others where there is none."""
    sid = _sid(given)
    for index, each in enumerate(statements):
        if sid and _sid(each) == sid:
            statements[index] = given
            return
    statements.append(given)


def _whole(value: HclValue) -> bool:
    return not isinstance(value, Mapped) or value.complete


def _sid(statement: HclValue) -> str:
    member = statement.members.get("Sid") if isinstance(statement, Mapped) else None
    return str(member.value.value) if member is not None and isinstance(member.value, Scalar) else ""


def _both(one: HclValue, other: HclValue) -> HclValue:
    items = [item for each in (one, other) for item in (each.items if isinstance(each, HclList) else (each,))]
    return HclList(tuple(items), one.at)


def _single(value: HclValue) -> HclValue:
    if isinstance(value, HclList) and len(value.items) == 1 and value.complete:
        return value.items[0]
    return value


def _variables(value: HclValue) -> HclValue:
    """Return a value with `&{aws:username}` as the policy variable that the provider makes of it."""
    if isinstance(value, HclList):
        return replace(value, items=tuple(map(_variables, value.items)))
    if isinstance(value, Scalar) and isinstance(value.value, str) and "&{" in value.value:
        return replace(value, value=value.value.replace("&{", "${"))
    return value
