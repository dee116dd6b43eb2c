"""What is wrong with a text that is not JSON, in words, with the place and the mend."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

from preflight.documents.text.json_tokens import token
from preflight.documents.text.repeated import Repeated
from preflight.errors import InputError

_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_WORDS = {"True": "true", "False": "false", "None": "null", "undefined": "null", "nil": "null"}


def place(text: str, offset: int) -> str:
    """Return `line L, column C` of an offset into a text, both from 1."""
    return f"line {text.count(chr(10), 0, offset) + 1}, column {offset - text.rfind(chr(10), 0, offset)}"


def not_json(text: str, path: str, error: json.JSONDecodeError) -> InputError:
    """Return the error for a text that Python's decoder has refused."""
    problem, mend = _explain(text, error)
    return InputError(path, f"invalid JSON: {problem}", place=place(text, _where(text, error.pos)), mend=mend)


def _where(text: str, position: int) -> int:
    """Return where the fault is: a comma before a bracket, not the bracket as Python before 3.13 has it."""
    before = text[:position].rstrip()
    return len(before) - 1 if before[-1:] == "," and text[position : position + 1] in ("}", "]") else position


def not_a_number(text: str, path: str, number: str) -> InputError:
    """Return the error for a number that JSON does not have, or that is beyond what AWS takes, as it stands there."""
    found = next((match for match in token().finditer(text) if match[0] == number), None)
    shown = number if len(number) <= 40 else f"a number of {len(number)} digits"
    return InputError(path, f"invalid JSON: {shown} is out of range",
                      place=place(text, found.start()) if found else "", mend="write a number or a string")  # fmt: skip


def repeated(text: str, path: str) -> InputError:
    """Return the error for the first member that stands twice in its object."""
    for pointer, line, column in repetitions(text):
        return InputError(path, f"duplicate key {pointer}", place=f"line {line}, column {column}",
                          mend="remove one of them")  # fmt: skip
    return InputError(path, "duplicate key in an object", mend="remove one of them")


def repetitions(text: str) -> Iterator[Repeated]:
    """Yield every member of a valid JSON text that its object has already; what stands within one is passed over."""
    from preflight.documents.text.positions import scan_json

    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    seen: set[str] = set()
    inside: str | None = None
    for pointer, _, name_at in scan_json(text):
        if inside is not None and pointer.startswith(inside):
            continue
        inside = None
        if name_at >= 0 and pointer in seen:
            line = bisect_right(starts, name_at)
            yield Repeated(pointer, line, name_at - starts[line - 1] + 1)
            inside = f"{pointer}/"
        seen.add(pointer)


def too_deep(text: str, path: str, deepest: int) -> InputError:
    """Return the error for nesting beyond `deepest` levels, with the place of the first bracket too many."""
    depth = 0
    where = ""
    for match in token().finditer(text):
        depth += (match[0] in "[{") - (match[0] in "]}")
        if depth > deepest:
            where = place(text, match.start())
            break
    return InputError(path, f"it is nested deeper than {deepest} levels", place=where, mend="flatten it")


def half_a_character(text: str, path: str) -> InputError:
    """Return the error for an escape such as `\\ud800`: half of a pair, which no text can hold."""
    found = re.search(r"\\u[dD][89a-fA-F]", text)
    return InputError(path, "an escape is half of a surrogate pair", place=place(text, found.start()) if found else "",
                      mend="write both halves, or the character itself")  # fmt: skip


def _explain(text: str, error: json.JSONDecodeError) -> tuple[str, str]:
    at, message = error.pos, error.msg
    here, before = text[at : at + 2], text[:at].rstrip()[-1:]
    if here.startswith(("//", "/*", "#")):
        return "comments aren't allowed", "remove it: JSON has no comments"
    if (before == "," and here[:1] in ("}", "]")) or here[:1] == "," or _trailing_comma(text, at):
        return "trailing comma", "remove the comma"
    if here[:1] == "'":
        return "single-quoted string", "use double quotes"
    if message == "Extra data":
        return "unexpected text after the document", "keep one document in the file"
    if message.startswith("Unterminated string"):
        return "unterminated string", "close it with a double quote"
    if at >= len(text.rstrip()):
        return "unexpected end of the document", "complete it"
    if message.startswith("Invalid control character"):
        return "unescaped line break or control character in a string", "write it as an escape such as \\n"
    if message.startswith("Invalid \\"):
        return "invalid escape", "write a backslash as \\\\"
    word = _WORD.match(text, at)
    if message.startswith("Expecting property name"):
        return "unquoted key", "put it in double quotes"
    if word is not None and message.startswith("Expecting value"):
        known = _WORDS.get(word[0])
        return f"{_shown(word[0])} isn't a value", f"write {known}" if known else "put it in double quotes"
    if message.startswith("Expecting ',' delimiter"):
        return "missing comma or closing bracket before this", "add it"
    if message.startswith("Expecting ':' delimiter"):
        return "missing colon after the key", "add it"
    return "value expected", "correct it there"


def _trailing_comma(text: str, position: int) -> bool:
    """Python from 3.13 on reports a trailing comma at the comma, older ones behind it."""
    return text[position : position + 1] == "," and text[position + 1 :].lstrip()[:1] in ("}", "]")


def _shown(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
