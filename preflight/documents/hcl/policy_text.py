"""A policy as JSON text in a heredoc or a file that is read: as values again, each with its place."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

from preflight.documents.hcl.parse import Place
from preflight.documents.hcl.values import HclList, HclValue, Mapped, Mark, ObjectMember, Scalar
from preflight.documents.policies.template_values import is_partly_unknown
from preflight.documents.text.load import load_text
from preflight.documents.text.positions import Places, places
from preflight.errors import InputError
from preflight.json_pointer import escape

# A value that is not known in the place of a whole JSON value, as `"Resource": ${var.arns}` leaves it.
_BARE = re.compile(r"(?<=[:\[,\s])(\$\{aws:PrincipalTag/unresolved\.[^{}]*\})(?=\s*[,\]}])")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def read_json(text: Scalar) -> HclValue | None:
    """Return the value whose JSON a text is; None where it is none, or not before a plan."""
    if not isinstance(text.value, str) or not text.value.lstrip().startswith(("{", "[")):
        return None
    source = text.value if text.known else _quoted(text.value)
    try:
        data = load_text(source, "", []).value
    except InputError:
        return None
    found: tuple[Places, Places] = ({}, {})
    places(source, "json", *found)
    return _value(data, "", _Reading(text, source, *found))


class _Reading:
    def __init__(self, text: Scalar, source: str, values: Places, names: Places) -> None:
        self._text, self._values, self._names = text, values, names
        self._starts = [0, *(found.end() for found in re.finditer("\n", source))]
        self._marks = text.marks or (Mark(0, text.at),)

    def place(self, pointer: str, *, name: bool = False) -> Place:
        found = (self._names if name else self._values).get(pointer)
        if found is None:
            return self._text.at
        offset = self._starts[found[0] - 1] + found[1] - 1
        index = bisect_right(self._marks, offset, key=lambda mark: mark.offset) - 1
        mark = self._marks[max(index, 0)]
        return mark.place._replace(column=mark.place.column + max(0, offset - mark.offset))


def _quoted(text: str) -> str:
    """Return a JSON text with quotes around what stands for a whole value."""
    made, end = [], 0
    for found in _QUOTED.finditer(text):
        made += [_BARE.sub(r'"\1"', text[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*made, _BARE.sub(r'"\1"', text[end:])])


def _value(data: Any, pointer: str, reading: _Reading) -> HclValue:
    at = reading.place(pointer)
    if isinstance(data, dict):
        members = {
            name: ObjectMember(reading.place(f"{pointer}/{escape(name)}", name=True),
                         _value(each, f"{pointer}/{escape(name)}", reading))
            for name, each in data.items() if not is_partly_unknown(name)
        }  # fmt: skip
        return Mapped(members, at, len(members) == len(data))
    if isinstance(data, list):
        return HclList(tuple(_value(each, f"{pointer}/{index}", reading) for index, each in enumerate(data)), at)
    if isinstance(data, str):
        return Scalar(data, at, known=not is_partly_unknown(data))
    return Scalar(data, at)
