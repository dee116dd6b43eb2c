"""What a resource in Terraform's own language grants that has no policy document, such as a Lambda permission."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from preflight.documents.hcl.expression import Evaluating, Scope, is_empty
from preflight.documents.hcl.parse import Block, Place
from preflight.documents.hcl.plain import Plain, plain
from preflight.documents.hcl.values import HclList, HclValue, Mapped, ObjectMember, Scalar, UnknownValue
from preflight.documents.policies.found_policy import FoundPolicy
from preflight.documents.policies.grants.declared import GrantMembers, UndecidedMember, granted
from preflight.documents.text.document import Document

# What AWS gives a resource or has of one: such a value is a name, an ARN or an account, and no `*`.
_OF_AWS = re.compile(r"(?:data\.)?aws_\w+\.")


class UndecidedAttribute(NamedTuple):
    """The attribute on which it depends whether a resource grants anything, and what that depends on."""

    member: str
    label: str


def granted_by(
    evaluator: Evaluating,
    block: Block,
    scope: Scope,
    address: str,
    pointer: str,
    placed: Callable[[Plain, str, Place], Document],
) -> FoundPolicy | UndecidedAttribute | None:
    """Return what the resource that a block makes grants; None where it grants nothing. `pointer` is the resource's in
    the document that `placed` makes of its values.
    """
    place = block.source.place(block.node)
    with evaluator.counting_nothing():
        found = _members(evaluator, block, scope)
    made = plain(Mapped(found, place))
    unknown = frozenset(each[1:].partition("/")[0] for each in made.unknown if each)
    undecided = {name: label for name, each in found.items() if (label := _anything(each.value))}
    members_ = GrantMembers(made.data, unknown, frozenset(undecided))
    policy = granted(block.labels[0], address, members_, placed(made, pointer, place), pointer)
    if isinstance(policy, UndecidedMember):
        return UndecidedAttribute(policy.member, undecided[policy.member])
    if policy is None or policy.shape is None:
        return None
    return replace(policy, shape=replace(policy.shape, written=made.written))


def _members(evaluator: Evaluating, block: Block, scope: Scope) -> dict[str, ObjectMember]:
    """Return the arguments of a resource that are given, with the blocks in it."""
    found = _arguments(evaluator, block, scope)
    for inner in block.blocks:
        where = inner.source.place(inner.node)
        if inner.kind != "dynamic" or not inner.labels:
            found[inner.kind] = ObjectMember(where, Mapped(_arguments(evaluator, inner, scope), where))
            continue
        over = [evaluator.value(node, inner.source, scope) for name, node in inner.attributes if name == "for_each"]
        if not any(map(is_empty, over)):
            # What it makes, or would make where that is not known, restricts.
            found[inner.labels[0]] = ObjectMember(where, UnknownValue(inner.labels[0], where))
    return found


def _arguments(evaluator: Evaluating, block: Block, scope: Scope) -> dict[str, ObjectMember]:
    values = {name: (node, evaluator.value(node, block.source, scope)) for name, node in block.attributes}
    return {
        name: ObjectMember(block.source.place(node), value)
        for name, (node, value) in values.items()
        if not (isinstance(value, Scalar) and value.value is None)
    }


def _anything(value: HclValue) -> str:
    """Return what a value depends on that may be anything; empty for one that is known, or is of a resource."""
    if isinstance(value, HclList):
        return next(filter(None, map(_anything, value.items)), "" if value.complete else "…")
    if isinstance(value, UnknownValue) and not _OF_AWS.match(value.label):
        return value.label
    return ""
