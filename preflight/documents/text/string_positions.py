"""Where the text inside a string stands in its file: a policy that a template or an answer of AWS holds as a string.

JSON escapes, the escapes and line breaks of YAML's quoted scalars, the indentation and folding of its block scalars,
and percent-encoding (as IAM's API answers) all change where a character stands, and none of them changes how many
characters that are no white space come before it. So places are found by counting those.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

from preflight.documents.text.document import Document
from preflight.documents.text.positions import Places, places
from preflight.documents.text.schema import at

Part: TypeAlias = tuple[int, int]

_PROPERTIES = re.compile(r"(?:[!&]\S*\s+)*")
_PIECES = {
    '"': re.compile(
        r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}"
        r"|\\U[0-9a-fA-F]{8}|\\.|[^\s\\]",
        re.DOTALL,
    ),
    "'": re.compile(r"''|\S"),
    "": re.compile(r"\S"),
}
_BLANK_ESCAPES = frozenset("nrtvfNLP_ \n\r\x85\u2028\u2029")
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+|\S")
_BREAKS = {"json": re.compile("\n"), "yaml": re.compile("\r\n|[\r\n\x85\u2028\u2029]")}


def places_within(document: Document, pointer: str, text: str, values: Places, names: Places) -> None:
    """Fill in the line and column in the file of every value and member's name of the policy in a string.

    `pointer` is where the string stands in `document`, `text` the policy's own text: the string, or what it is when it
    is percent-decoded. Nothing is filled in where the document has no text.
    """
    inner: tuple[Places, Places] = ({}, {})
    places(text, "json" if text.lstrip()[:1] in ("{", "[") else "yaml", *inner)
    outer = _outer_places(document, pointer, text, {place for each in inner for place in each.values()})
    for found, into in zip(inner, (values, names), strict=True):
        into.update((each, outer[place]) for each, place in found.items() if place in outer)


def place_within(document: Document, pointer: str, text: str, place: Part) -> Part | None:
    """Return the line and column in the file of a line and column of the policy in a string; None if not known."""
    return _outer_places(document, pointer, text, {place}).get(place)


def _outer_places(document: Document, pointer: str, text: str, inner: set[Part]) -> dict[Part, Part]:
    start = _start(document, pointer)
    string = at(document.value, pointer)
    if start is None or not isinstance(string, str):
        return {}
    lines = [0, *(found.end() for found in re.finditer("\n", text))]
    wanted = {place: lines[min(place[0], len(lines)) - 1] + place[1] - 1 for place in inner}
    offsets = _outer(document, start, _counts(text, string, sorted(set(wanted.values()))))
    breaks = _lines(document)
    found: dict[Part, Part] = {}
    for place, offset in wanted.items():
        if offset in offsets:
            line = bisect_right(breaks, offsets[offset])
            found[place] = line, offsets[offset] - breaks[line - 1] + 1
    return found


def _start(document: Document, pointer: str) -> int | None:
    """Return the offset in the file at which a string's token begins, behind a YAML tag or anchor."""
    # YAML's short form !Sub has its text one level higher than Fn::Sub has it.
    place = document.position(pointer) or document.position(pointer.replace("/Fn::Sub", ""))
    if place is None:
        return None
    start = _lines(document)[place[0] - 1] + place[1] - 1
    if document.syntax == "yaml" and (properties := _PROPERTIES.match(document.text, start)):
        return properties.end()
    return start


@lru_cache(maxsize=1)
def _lines(document: Document) -> list[int]:
    """Return where each line of a document begins; a plan of many megabytes may hold many policies."""
    return [0, *(found.end() for found in _BREAKS[document.syntax].finditer(document.text))]


def _counts(text: str, string: str, offsets: list[int]) -> Iterator[Part]:
    """Yield, for offsets into a policy's text in rising order, how many characters that are no white space come before
    it in the string that the file has.
    """
    marks = _decoded_marks(string) if text != string else None
    count, reached = 0, 0
    for offset in offsets:
        count += sum(not character.isspace() for character in text[reached:offset])
        reached = offset
        if marks is None:
            yield offset, count
        elif count < len(marks):
            yield offset, marks[count]


def _decoded_marks(string: str) -> list[int]:
    """Return, for each character of the decoded text that is no white space, how many of the string come before it."""
    from urllib.parse import unquote

    marks: list[int] = []
    count = 0
    for piece in _PERCENT.findall(string):
        before = 0
        for character in unquote(piece):
            if not character.isspace():
                marks.append(count + before)
            before += 3 * len(character.encode("utf-8", "surrogatepass")) if piece[0] == "%" else 1
        count += len(piece)
    return marks


def _outer(document: Document, start: int, counts: Iterator[Part]) -> dict[int, int]:
    """Return the offset in the file for each offset into the policy's text, from the counts of `_counts`."""
    source = document.text
    style = source[start : start + 1]
    begin = start + 1 if style in ("'", '"') else start
    if style in ("|", ">") and document.syntax == "yaml":
        header = _BREAKS["yaml"].search(source, start)
        begin = header.end() if header else len(source)
    pieces = _PIECES.get(style, _PIECES[""]).finditer(source, begin)
    found: dict[int, int] = {}
    passed = -1
    offset = begin
    for inner, count in counts:
        while passed < count:
            piece = next(pieces, None)
            if piece is None:
                return found
            if style != '"' or not _blank(piece[0]):
                passed, offset = passed + 1, piece.start()
        found[inner] = offset
    return found


def _blank(piece: str) -> bool:
    """Say whether a piece of a double-quoted string stands for white space, or for nothing."""
    if piece[0] != "\\":
        return False
    if len(piece) == 2:
        return piece[1] in _BLANK_ESCAPES
    return len(piece) <= 10 and chr(min(int(piece[2:], 16), 0x10FFFF)).isspace() if piece.count("\\") == 1 else False
