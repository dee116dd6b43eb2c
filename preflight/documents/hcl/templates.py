"""A text that is put together: literal parts and values, with what stands for a value that is not known."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from preflight.documents.hcl.parse import Place
from preflight.documents.hcl.values import DocumentOf, Encoded, HclList, HclValue, Mapped, Mark, Scalar, UnknownValue
from preflight.documents.policies.template_values import unknown_text

_LONGEST = 1 << 20
_MARKERS = re.compile(r"\$\$\{|%%\{")
_ESCAPES = re.compile(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([nrt"\\]))|\$\$\{|%%\{')
# What splits a quoted text so that each part is as long as what it stands for, but for the escapes themselves.
ESCAPED = re.compile(r'(\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[nrt"\\])|\$\$\{|%%\{)')
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}
_DEEPEST = 40


class Piece(NamedTuple):
    """A part of a text: its value, how it is written, and where."""

    value: HclValue
    written: str
    place: Place


def unescaped(text: str, *, quoted: bool) -> str:
    """Return the text that literal characters stand for; only quoted ones have backslash escapes.

    https://developer.hashicorp.com/terraform/language/expressions/strings
    """
    return _ESCAPES.sub(_escape, text) if quoted else _MARKERS.sub(lambda found: found[0][1:], text)


def _escape(found: re.Match[str]) -> str:
    if found[3]:
        return _LETTERS.get(found[3], found[3])
    if code := found[1] or found[2]:
        number = int(code, 16)
        return "\ufffd" if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF else chr(number)
    return found[0][1:]


def joined(pieces: Sequence[Piece], at: Place) -> HclValue:
    """Return the text of its parts; unknown if it would be larger than any policy."""
    text: list[str] = []
    written: list[str] = []
    marks: list[Mark] = []
    length, known = 0, True
    for each in pieces:
        made = template_text(each.value)
        if made is None:
            made = Scalar(unknown_text(each.written.strip("${}")).text, each.place, known=False)
        part = shown(made.value)
        own = made.marks if isinstance(each.value, Scalar) and made.marks else (Mark(0, each.place),)
        marks += [Mark(length + mark.offset, mark.place) for mark in own]
        text.append(part)
        written.append(made.written or each.written if part != each.written else part)
        length += len(part)
        known = known and made.known
        if length > _LONGEST:
            return UnknownValue("…", at, "it is too large to evaluate")
    return Scalar("".join(text), at, "".join(written), known, tuple(marks))


def template_text(value: HclValue) -> Scalar | None:
    """Return a value as it goes into a text; None for one that does not."""
    if isinstance(value, Scalar):
        return value
    if isinstance(value, UnknownValue):
        made = unknown_text(value.label)
        return Scalar(made.text, value.at, made.written, known=False)
    if isinstance(value, Encoded):
        known: list[bool] = []
        plain = _plain(value.value, known, 0)
        return Scalar(json.dumps(plain), value.at, known=all(known))
    return None


def shown(value: object) -> str:
    """Return a number, truth value or text as HCL puts it into a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _plain(value: HclValue, known: list[bool], depth: int) -> object:
    if depth > _DEEPEST or len(known) > 10_000:
        known.append(False)
        return unknown_text("…").text
    if isinstance(value, Scalar):
        known.append(value.known)
        return value.value
    if isinstance(value, HclList):
        known.append(value.complete)
        return [_plain(each, known, depth + 1) for each in value.items]
    if isinstance(value, Mapped):
        known.append(value.complete)
        return {name: _plain(each.value, known, depth + 1) for name, each in value.members.items()}
    known.append(False)
    label = (
        value.address if isinstance(value, DocumentOf) else value.label if isinstance(value, UnknownValue) else "json"
    )
    return unknown_text(label).text
