"""A value as the plain data of a policy, with the place of each part and with what of it is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from preflight.documents.hcl.parse import Place
from preflight.documents.hcl.templates import template_text
from preflight.documents.hcl.values import DocumentOf, Encoded, HclList, HclValue, Mapped, Scalar, UnknownValue
from preflight.documents.policies.template_values import UNREAD_KEY, unknown_text
from preflight.json_pointer import escape

_DEEPEST, _MOST = 30, 100_000
_ELEMENTS = ("Action", "Resource", "Principal")


@dataclass(slots=True)
class Plain:
    """A policy as plain data. `unknown` are the pointers of what is not, or only in part, known; `absent` are those of
    members that may not be there; `written` is how texts are written that are made; `complete` says whether there are
    no statements beside those that are known.
    """

    data: Any = None
    unknown: set[str] = field(default_factory=set)
    written: dict[str, str] = field(default_factory=dict)
    values: dict[str, Place] = field(default_factory=dict)
    names: dict[str, Place] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    complete: bool = True


def plain(value: HclValue) -> Plain:
    """Return a policy as plain data. Statements that are not known at all are left out."""
    made = Plain()
    if isinstance(value, Mapped):
        made.complete = value.complete
        value = _with_known_statements(value, made)
    made.data = _data(value, "", made, 0)
    statements = made.data.get("Statement") if isinstance(made.data, dict) else None
    for index, each in enumerate(statements if isinstance(statements, list) else [statements]):
        at = f"/Statement/{index}" if isinstance(statements, list) else "/Statement"
        if isinstance(each, dict):
            _guard(each, at, made)
    if made.unknown:
        made.unknown.add("")  # such as how long it is
    return made


def _with_known_statements(value: Mapped, made: Plain) -> Mapped:
    member = value.members.get("Statement")
    statements = member.value if member is not None else None
    if member is None or not isinstance(statements, HclList):
        made.complete = made.complete and not isinstance(statements, UnknownValue)
        return value
    known = tuple(each for each in statements.items if not isinstance(each, UnknownValue))
    made.complete = made.complete and statements.complete and len(known) == len(statements.items)
    return Mapped(
        {**value.members, "Statement": member._replace(value=HclList(known, statements.at))}, value.at, value.complete
    )


def _guard(statement: dict[str, Any], at: str, made: Plain) -> None:
    """Put in what may be in a statement that is not wholly known: what cannot be read never makes it allow more."""
    if at in made.unknown:
        for element in _ELEMENTS:
            if element not in statement and f"Not{element}" not in statement and element != "Principal":
                statement[element] = unknown_text(f"{element}{at}".replace("/", ".")).text
                made.unknown.add(f"{at}/{element}")
    where = f"{at}/Condition"
    condition = statement.get("Condition")
    is_read = isinstance(condition, Mapping) and all(isinstance(each, dict) for each in condition.values())
    is_whole = at not in made.unknown and where not in made.unknown
    if is_whole and (condition is None or (is_read and condition)):
        return
    kept = {name: each for name, each in condition.items() if isinstance(each, dict)} \
        if isinstance(condition, Mapping) else {}  # fmt: skip
    # What is not known of one statement need not be what is not known of another.
    equals = {**kept.get("StringEquals", {}), UNREAD_KEY: unknown_text(f"condition{at.replace('/', '.')}").text}
    statement["Condition"] = {**kept, "StringEquals": equals}
    made.unknown |= {where, f"{where}/StringEquals", f"{where}/StringEquals/aws:PrincipalTag~1unresolved"}


def _data(value: HclValue, at: str, made: Plain, depth: int) -> Any:
    made.values[at] = value.at
    if len(made.values) > _MOST or depth > _DEEPEST:
        made.unknown.add(at)
        return unknown_text("…").text
    if isinstance(value, HclList):
        if not value.complete:
            made.unknown.add(at)
        return [_data(each, f"{at}/{index}", made, depth + 1) for index, each in enumerate(value.items)] or (
            [] if value.complete else _text(UnknownValue("…", value.at), at, made)
        )
    if isinstance(value, Mapped):
        if not value.complete:
            made.unknown.add(at)
        found = {}
        for name, member in value.members.items():
            pointer = f"{at}/{escape(name)}"
            made.names[pointer] = member.name_at
            if isinstance(member.value, UnknownValue) or (
                isinstance(member.value, Mapped) and not member.value.complete
            ):
                made.absent.add(pointer)  # null takes an attribute away, and no element makes no block
            found[name] = _data(member.value, pointer, made, depth + 1)
        return found
    if isinstance(value, Scalar) and not isinstance(value.value, str):
        return value.value
    return _text(value, at, made)


def _text(value: Scalar | Encoded | DocumentOf | UnknownValue, at: str, made: Plain) -> str:
    text = template_text(value)
    if text is None:
        text = template_text(UnknownValue(value.address if isinstance(value, DocumentOf) else "…", value.at))
    whole = str(text.value) if text is not None else ""
    if text is not None and not text.known:
        made.unknown.add(at)
    if text is not None and text.written and text.written != whole and len(whole) > len("aws"):
        made.written[whole] = text.written
    return whole
