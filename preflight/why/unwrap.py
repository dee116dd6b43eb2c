"""What AWS said, out of what it is wrapped in: JSON, CloudTrail records, logs, tables, terminal boxes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

_DEEPEST = 12
_MOST_VALUES = 100_000
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_ESCAPE_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
# How terminals and build logs begin a line: Terraform's and OpenTofu's box, a quoted reply, a table's edge.
_MARGIN = re.compile(r"^[ \t]*[│┃|>╷╵]+ ?", re.MULTILINE)
_BOX = re.compile(r"[╷╵┌└─┐┘├┤]+")
_ESCAPED = {r"\"": '"', r"\'": "'", r"\n": "\n", r"\r": " ", r"\t": "\t", r"\/": "/", r"\u0022": '"', r"\u0027": "'"}
_ESCAPES = re.compile(r"\\+(?:[\"'nrt/]|u002[27])?")
_CONTINUED = re.compile(r"[ \t]\\[ \t]*$", re.MULTILINE)
_ENTITIES = {"&quot;": '"', "&#34;": '"', "&apos;": "'", "&#39;": "'", "&lt;": "<", "&gt;": ">", "&amp;": "&"}
_ENTITY = re.compile("|".join(map(re.escape, _ENTITIES)))
_CELL_BEGINS = re.compile(r"(?:API: ?|User: ?arn:|User: ?[\w.-]+\.amazonaws)")
_FULL = 2
_CODES = ("__type", "Code", "code", "ErrorCode", "errorCode")


@dataclass(frozen=True, slots=True)
class Passage:
    """A text in which AWS may speak.

    `event` is the CloudTrail record that it is the error message of, `decoded` what STS decoded of an encoded
    authorization message; each is empty otherwise.
    """

    text: str
    event: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    decoded: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


def passages(text: str) -> Iterator[Passage]:
    """Yield the texts in which AWS may speak, from whatever was given: a message, a log, JSON, JSON lines.

    JSON is taken apart, CloudTrail records keep their record, and text that was escaped, boxed or wrapped in a table's
    column is put together again. A text may be given twice, raw and put together.
    """
    value = _json(text)
    if value is not None:
        yield from _of_value(value)
        return
    plain: list[str] = []
    for line in text.splitlines():
        found = _json(line) if line.lstrip()[:1] in ("{", "[") else None
        if isinstance(found, (dict, list)):
            yield from _of_value(found)
            continue
        if isinstance(found := _json_within(line), dict):
            yield from _of_value(found)
        plain.append(line)
    if plain:
        yield from _of_text("\n".join(plain))


def _json(text: str) -> Any:
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _json_within(line: str) -> Any:
    """Return the first object of JSON that begins inside a line, after a time or in a cell; None if none does."""
    begins = line.find('{"')
    if begins <= 0:
        return None
    try:
        return json.JSONDecoder().raw_decode(line, begins)[0]
    except (ValueError, RecursionError):
        return None


def _of_value(value: Any) -> Iterator[Passage]:
    """Walk plain data without recursion; strings that are JSON themselves are walked too, a few levels deep."""
    stack: list[tuple[Any, int]] = [(value, 0)]
    seen = 0
    while stack and seen < _MOST_VALUES:
        seen += 1
        each, depth = stack.pop()
        if isinstance(each, str):
            inner = _json(each) if depth < _DEEPEST else None
            if isinstance(inner, (dict, list)):
                stack.append((inner, depth + 1))
            else:
                yield from _of_text(each)
        elif isinstance(each, dict):
            if "eventName" in each and "eventSource" in each:
                if each.get("errorCode"):
                    for found in _of_text(str(each.get("errorMessage") or each["errorCode"])):
                        yield Passage(found.text, each)
                continue
            if "allowed" in each and isinstance(each.get("context"), dict):
                yield Passage("", decoded=each)
                continue
            code, message = _code_of(each), _message_of(each)
            if code and message and code not in message:
                each = {name: inner for name, inner in each.items() if inner is not message}
                yield from _of_text(f"{code}: {message}")
            stack.extend((inner, depth + 1) for inner in reversed(list(each.values())) if depth < _DEEPEST)
        elif isinstance(each, list):
            stack.extend((inner, depth + 1) for inner in reversed(each) if depth < _DEEPEST)


def _code_of(value: Mapping[str, Any]) -> str:
    for name in _CODES:
        if isinstance(found := value.get(name), str):
            return found.rpartition("#")[2]
    return ""


def _message_of(value: Mapping[str, Any]) -> Any:
    return next(
        (value[name] for name in ("Message", "message", "ErrorMessage") if isinstance(value.get(name), str)), ""
    )


def _of_text(text: str) -> Iterator[Passage]:
    text = _ESCAPE_SEQUENCE.sub("", text)
    if "\\" in text:
        text = _CONTINUED.sub("", text)
        text = _ESCAPES.sub(lambda found: _ESCAPED.get("\\" + found[0].lstrip("\\"), found[0]), text)
    if "&" in text:
        text = _ENTITY.sub(lambda found: _ENTITIES[found[0]], text)
    bare = _BOX.sub("", _MARGIN.sub("", text))
    yield Passage(bare)
    yield from map(Passage, _columns(text))


def _columns(text: str) -> Iterator[str]:
    """Yield the cells of tables that wrap their text in a column, put together again.

    SAM and others wrap a cell with Python's textwrap: a word that is too long is broken where the column ends, so a
    line that fills the column goes on without a space.
    """
    lines = text.splitlines()
    row = 0
    while row < len(lines):
        begins = _CELL_BEGINS.search(lines[row])
        if begins is None or "authorized to perform" in lines[row]:
            row += 1
            continue
        left = begins.start()
        cell = [lines[row][left:]]
        row += 1
        while row < len(lines) and len(lines[row]) > left and not lines[row][:left].strip(" ,|│\t"):
            cell.append(lines[row][left:])
            row += 1
        if len(cell) > _FULL:
            yield _joined([each.rstrip(" ,|│") for each in cell])


def _joined(cell: list[str]) -> str:
    width = max(map(len, cell))
    text = ""
    for each in cell:
        text += each
        if len(each) < width and not each.endswith("-"):
            text += " "
    return text
