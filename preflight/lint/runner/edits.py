"""Edits of a document: made to its value, and made to its text with all around them left as it is.

The two are independent of each other: a text is taken only if reading it gives the value.
"""

from __future__ import annotations

import copy
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from preflight.documents.text.spans import Span, by_pointer, span_tree
from preflight.json_pointer import escape
from preflight.json_pointer import parts as parts_of
from preflight.lint.policy.finding import Edit

# Text that YAML reads as itself, without quotes, wherever it stands.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./+=@-]*(?::[A-Za-z0-9_./+=@*-]+)*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


class EditError(Exception):
    """An edit cannot be made; the text says why, as the end of a sentence."""


class Replacement(NamedTuple):
    """The text from `start` to `end` is to be `text`."""

    start: int
    end: int
    text: str


def edited_value(value: Any, edits: Sequence[Edit]) -> Any:
    """Return a copy of a value with edits made, whose pointers are those of the value as it is. Raises `EditError`."""
    # Through JSON: of what YAML's aliases share, one place is edited alone.
    made = json.loads(json.dumps(value))
    for edit in sorted(edits, key=_order):
        made = _edit(made, edit)
    return made


def edited_text(text: str, syntax: str, edits: Sequence[Edit]) -> str:
    """Return a text with edits made. Raises `EditError` where it is not written so that they can be."""
    root = span_tree(text, syntax)
    if root is None:
        raise EditError("the file is empty")
    spans = by_pointer(root)
    removed: dict[str, set[str]] = defaultdict(set)
    changes: list[Replacement] = []
    for edit in edits:
        span = _span(spans, edit.pointer)
        if edit.kind == "remove":
            above, _, key = edit.pointer.rpartition("/")
            removed[above].add(key)
        elif edit.kind == "replace":
            changes.append(_replaced(text, syntax, span, edit.value))
        elif edit.kind == "rename":
            changes.append(_renamed(text, syntax, span, str(edit.value)))
        else:
            changes.append(_added(text, syntax, span, *edit.value))
    for above, keys in removed.items():
        changes += _removed(text, _span(spans, above), keys)
    return _changed(text, changes)


def _order(edit: Edit) -> tuple[int, int, list[tuple[int, str]]]:
    """Values first, then names, then what is taken away from the end on, and last what is added."""
    kinds = {"replace": 0, "rename": 1, "remove": 2, "add": 3}
    parts = edit.pointer.split("/")
    return kinds[edit.kind], -len(parts), [(-int(part) if part.isdigit() else 0, part) for part in parts]


def _edit(root: Any, edit: Edit) -> Any:
    parts = parts_of(edit.pointer)
    if edit.kind == "add":
        inside = _at(root, parts)
        if not isinstance(inside, dict) or edit.value[0] in inside:
            raise EditError(f'there is no place to insert "{edit.value[0]}"')
        inside[edit.value[0]] = copy.deepcopy(edit.value[1])
        return root
    if not parts:
        raise EditError("it applies to the whole document")
    inside = _at(root, parts[:-1])
    key: Any = int(parts[-1]) if isinstance(inside, list) and parts[-1].isdigit() else parts[-1]
    try:
        if edit.kind == "replace":
            _ = inside[key]
            inside[key] = copy.deepcopy(edit.value)
        elif edit.kind == "remove":
            del inside[key]
        elif edit.value in inside:
            raise EditError(f'there is a "{edit.value}" already')
        else:
            inside[edit.value] = inside.pop(key)
    except (KeyError, IndexError, TypeError) as error:
        raise EditError(f"there is nothing at {edit.pointer}") from error
    return root


def _at(root: Any, parts: Iterable[str]) -> Any:
    for part in parts:
        try:
            root = root[int(part)] if isinstance(root, list) else root[part]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise EditError(f"there is nothing at {escape(part)}") from error
    return root


def _span(spans: dict[str, Span], pointer: str) -> Span:
    while True:
        span = spans.get(pointer)
        if span is None:
            raise EditError("it is merged in from elsewhere in the file")
        if span.shared:
            raise EditError("it is shared with other places by a YAML alias")
        return span


def _changed(text: str, changes: Iterable[Replacement]) -> str:
    pieces: list[str] = []
    at = 0
    for change in sorted(changes):
        if change.start < at:
            raise EditError("two fixes overlap")
        pieces += (text[at : change.start], change.text)
        at = change.end
    return "".join([*pieces, text[at:]])


def _written(syntax: str, value: Any, style: str) -> str:
    """Return a value as JSON, which YAML takes too; a text in YAML quoted as what was there."""
    if syntax == "yaml" and isinstance(value, str):
        if style == "'" and value.isprintable():
            return "'" + value.replace("'", "''") + "'"
        if style == "" and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
            return value
    return json.dumps(value, ensure_ascii=False)


def _replaced(text: str, syntax: str, span: Span, value: Any) -> Replacement:
    inner = span.children[0] if len(span.children) == 1 and span.kind == "list" else span
    style = inner.style if inner.kind == "scalar" else '"'
    if not span.block or span.name is None:
        if span.block or style in ("|", ">"):
            raise EditError("it is written over several lines")
        return Replacement(span.start, span.end, _written(syntax, value, style))
    if "#" in text[span.name[1] : span.end]:
        raise EditError("there is a comment in it")
    return Replacement(span.name[1], span.end, f": {_written(syntax, value, style)}")


def _renamed(text: str, syntax: str, span: Span, name: str) -> Replacement:
    if span.name is None:
        raise EditError("it isn't a member of an object")
    style = text[span.name[0]]
    return Replacement(*span.name, _written(syntax, name, style if style in "'\"" else ""))


def _added(text: str, syntax: str, span: Span, name: str, value: Any) -> Replacement:
    if span.kind != "object":
        raise EditError("it isn't an object")
    if not span.children:
        member = f"{_written(syntax, name, '')}: {_written(syntax, value, '')}"
        return Replacement(span.start, span.end, f"{{{member}}}")
    first = span.children[0]
    assert first.name is not None
    between = text[first.name[1] : first.start] if first.kind == "scalar" or not first.block else ": "
    between = between if not between.strip(": ") else ": "
    quoted = text[first.name[0]]
    member = _written(syntax, name, quoted if quoted in "'\"" else "") + between + _written(syntax, value, '"')
    if span.block:
        line = text.rfind("\n", 0, first.first) + 1
        newline = "\r\n" if "\r\n" in text else "\n"
        return Replacement(first.first, first.first, f"{member}{newline}{' ' * (first.first - line)}")
    space = text[span.start + 1 : first.first]
    if space.strip():
        raise EditError("there is a comment in it")
    if not space and len(span.children) > 1:
        space = text[span.children[0].end : span.children[1].first].lstrip().removeprefix(",")
    return Replacement(first.first, first.first, f"{member},{space}" if space.strip() == "" else f"{member}, ")


def _removed(text: str, span: Span, keys: set[str]) -> list[Replacement]:
    children = span.children
    gone = [escape(child.key) in keys for child in children]
    if sum(gone) != len(keys):
        raise EditError("it occurs there more than once")
    if any(child.shared and out for child, out in zip(children, gone, strict=True)):
        raise EditError("it is shared with other places by a YAML alias")
    if all(gone):
        if span.block:
            raise EditError("nothing would be left around it")
        return [Replacement(span.start + 1, span.end - 1, "")]
    changes = []
    for index, child in enumerate(children):
        if not gone[index]:
            continue
        if span.block:
            changes.append(_without_lines(text, span, index))
        elif any(not out for out in gone[:index]):
            changes.append(Replacement(children[index - 1].end, child.end, ""))
        else:
            changes.append(Replacement(child.first, children[index + 1].first, ""))
    return changes


def _without_lines(text: str, span: Span, index: int) -> Replacement:
    """Take the lines of a member of a block away; of the first one that begins on the line of what it is in, its text
    up to the next.
    """
    child = span.children[index]
    first = child.first
    if span.kind == "list":
        first = text.rfind("-", span.children[index - 1].end if index else span.start, child.first)
        if first < 0:
            raise EditError("it isn't written as a YAML block list")
    line = text.rfind("\n", 0, first) + 1
    if text[line:first].strip():
        if index + 1 == len(span.children):
            raise EditError("it shares its line with something else")
        following = span.children[index + 1]
        start = following.first if span.kind == "object" else text.rfind("-", child.end, following.first)
        return Replacement(first, start, "")
    if child.end and text[child.end - 1] == "\n":
        return Replacement(line, child.end, "")  # a block scalar, whose last line is its own
    end = text.find("\n", child.end)
    rest = text[child.end : end if end >= 0 else len(text)].strip()
    if rest and not rest.startswith("#"):
        raise EditError("it shares its line with something else")
    if end < 0:
        return Replacement(max(line - 1, 0), len(text), "")
    return Replacement(line, end + 1, "")
