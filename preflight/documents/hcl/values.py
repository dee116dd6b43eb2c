"""What an expression is known to be before a plan: plain values, each with its place, and what is not known.

What is not known keeps its shape: a text with an unknown part, a list of which some entries are not known, an object
of which some members are not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from preflight.documents.hcl.parse import Place


class Mark(NamedTuple):
    """From `offset` on, a text is as it is written at a place."""

    offset: int
    place: Place


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, number, truth value or null. `written` is how the file writes a text that is made; a text that is not
    wholly `known` holds stand-ins. `marks` say where its parts are written.
    """

    value: str | int | float | bool | None
    at: Place
    written: str = ""
    known: bool = True
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class HclList:
    """A list; without `complete`, there may be other entries."""

    items: tuple[HclValue, ...]
    at: Place
    complete: bool = True


class ObjectMember(NamedTuple):
    """A member of an object, with the place of its name."""

    name_at: Place
    value: HclValue


@dataclass(frozen=True, slots=True)
class Mapped:
    """An object or map; without `complete`, there may be other members."""

    members: Mapping[str, ObjectMember]
    at: Place
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Encoded:
    """What `jsonencode` makes of a value."""

    value: HclValue
    at: Place


@dataclass(frozen=True, slots=True)
class DocumentOf:
    """The JSON of a `data.aws_iam_policy_document`, by its address."""

    address: str
    at: Place


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """What is not known before a plan. `label` is what it depends on, as it is written."""

    label: str
    at: Place
    reason: str = field(default="", compare=False)


HclValue: TypeAlias = Scalar | HclList | Mapped | Encoded | DocumentOf | UnknownValue
