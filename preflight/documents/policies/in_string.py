"""A policy in a string of a document, as templates, plans and snapshots hold them; and what is wrong with its text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from preflight.documents.policies.found_policy import FoundPolicy, PolicyDocumentType, Problem
from preflight.documents.policies.policy_type import type_of
from preflight.documents.text.document import Document
from preflight.documents.text.load import load_text
from preflight.documents.text.repeated import Repeated
from preflight.errors import InputError
from preflight.json_pointer import unescape
from preflight.sentence import sentence

_LOOKS_LIKE = re.compile(r"""["']?Statement\\?["']?\s*:""")
_MEMBERS = ("Effect", "Action", "NotAction", "Resource", "Principal")


def looks_like_policy(text: str) -> bool:
    """Say whether a text that cannot be read was meant to be a policy."""
    return _LOOKS_LIKE.search(text) is not None and any(member in text for member in _MEMBERS)


def policy_in_string(
    document: Document,
    pointer: str,
    type_: PolicyDocumentType | None = None,
    *,
    string: str,
    name: str = "",
    owner: Mapping[str, str] | None = None,
) -> FoundPolicy:
    """Return the policy in a string of a document, percent-encoded or not; what keeps it from being read is a problem
    of it, placed in the file. Without a type, its elements tell it.
    """
    text = string
    if text.lstrip().startswith("%"):
        from urllib.parse import unquote

        text = unquote(text)
    repeated: list[Repeated] = []
    try:
        value = load_text(text, "", repeated).value
    except InputError as error:
        return FoundPolicy(document, None, type_ or "identity", pointer, name, owner or {}, text,
                           (syntax_problem(error, document, pointer, text),))  # fmt: skip
    found = FoundPolicy(document, value, type_ or type_of(value), pointer, name, owner or {}, text)
    problems = tuple(_repeated_in_string(document, pointer, text, repeated)) if repeated else ()
    return replace(found, problems=problems) if problems else found


def policy_in_place(document: Document, pointer: str, value: Any, type_: PolicyDocumentType) -> FoundPolicy | None:
    """Return what stands where a policy of a type belongs, as one, whatever it looks like; None where nothing stands
    there, as an empty text says.
    """
    if isinstance(value, str):
        return policy_in_string(document, pointer, type_, string=value) if value.strip() else None
    return None if value is None else FoundPolicy(document, value, type_, pointer)


def syntax_problem(error: InputError, document: Document | None = None, pointer: str = "", text: str = "") -> Problem:
    """Return what keeps a text from being read; of a string in a document, at its place in the file."""
    place = error.position
    if document is not None:
        from preflight.documents.text.string_positions import place_within

        place = place_within(document, pointer, text, place) if place else document.position(pointer)
    line, column = place or (None, None)
    return Problem("syntax", error.problem, sentence(error.mend or "correct it"), line=line, column=column)


def _repeated_in_string(document: Document, pointer: str, text: str, repeated: Iterable[Repeated]) -> Iterator[Problem]:
    from preflight.documents.text.string_positions import place_within

    for inner, line, column in repeated:
        place = place_within(document, pointer, text, (line, column)) or document.position(pointer)
        yield repeated_problem(inner, *(place or (None, None)))


def repeated_problem(pointer: str, line: int | None, column: int | None) -> Problem:
    """Return that the member at `pointer` of the policy is given twice, the second time at this place in the file."""
    name = unescape(pointer.rpartition("/")[2])
    remedy = f"Keep one `{name}`: JSON parsers use the last one, and AWS rejects the policy."
    return Problem("repeated", f"duplicate key `{name}` in the same object", remedy, pointer, line, column)
