"""Terraform's JSON syntax, as `.tf.json` files and the CDK for Terraform write it: rewritten as HCL, each part with its
place in the JSON.

Source: https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from preflight.documents.hcl.parse import MOST_BYTES, Place, Source, parse_written
from preflight.documents.policies.terraform_places import held_at
from preflight.documents.text.load import load_text
from preflight.documents.text.positions import Places, places
from preflight.errors import InputError
from preflight.json_pointer import escape

_NAME = re.compile(r"[A-Za-z_][\w-]*\Z")
_CHARACTER = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PLAIN = re.compile(r'[^"\\$%\x00-\x1f\u2028\u2029]*\Z')
_COMMENT = "//"
# Blocks by how many labels they have; in those that are no resources, what is given are values.
_LABELS = {"resource": 2, "data": 2, "module": 1, "variable": 1, "output": 1, "locals": 0}
_DEEPEST = 40
_LONGEST_PLACED = 100_000  # of a longer text, only the beginning has a place
_MOST_UNENDED, _LONGEST = 50, 20_000  # interpolations that do not end, and how far is looked


def parse_json(text: str, path: str) -> Source:
    """Parse the text of a file in JSON syntax. Raises `InputError`."""
    if len(text) > MOST_BYTES:
        raise InputError(path, f"it is larger than {MOST_BYTES >> 20} MiB", mend="split it")
    value = load_text(text, path, []).value
    writing = _Writing(text, path)
    for index, each in enumerate(value if isinstance(value, list) else [value]):
        if not isinstance(each, dict):
            raise InputError(path, "it is not Terraform's JSON syntax", mend="write an object of blocks")
        writing.file(each, f"/{index}" if isinstance(value, list) else "")
    return parse_written(writing.text(), path, text, writing.marks)


class _Writing:
    """Writes HCL. `marks` are the places in the JSON of what begins at an offset, in bytes, of what is written."""

    def __init__(self, text: str, path: str) -> None:
        self._json, self._path = text, path
        self._values: Places = {}
        self._names: Places = {}
        places(text, "json", self._values, self._names)
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self._parts: list[str] = []
        self._size = 0
        self.marks: list[tuple[int, Place]] = []

    def text(self) -> str:
        return "".join(self._parts)

    def file(self, value: Mapping[str, Any], at: str) -> None:
        for kind, labels in _LABELS.items():
            if kind in value:
                self._labelled(kind, labels, (), value[kind], f"{at}/{kind}")

    def _labelled(self, kind: str, labels: int, found: tuple[str, ...], value: Any, at: str) -> None:
        for inner, where in _each(value, at):
            if not isinstance(inner, dict):
                continue
            if labels:
                for name, each in inner.items():
                    if name != _COMMENT:
                        self._labelled(kind, labels - 1, (*found, name), each, f"{where}/{escape(name)}")
            else:
                self._block(kind, found, inner, where, blocks=kind in ("resource", "data"), owner=found[:1], path="")

    def _block(
        self, kind: str, labels: tuple[str, ...], body: Mapping[str, Any], at: str, *, blocks: bool,
        owner: tuple[str, ...], path: str,
    ) -> None:  # fmt: skip
        self._mark(at, name=True)
        self._put(" ".join([kind, *(json.dumps(each) for each in labels)]) + " {\n")
        for name, value in body.items():
            where, inside = f"{at}/{escape(name)}", f"{path}/{name}" if path else name
            if name == _COMMENT or not _NAME.match(name):
                continue
            if blocks and name == "dynamic" and isinstance(value, dict):
                for label, each in value.items():
                    for one, place in _each(each, f"{where}/{escape(label)}"):
                        if isinstance(one, dict):
                            self._dynamic(label, one, place, owner, f"{path}/{label}" if path else label)
            elif blocks and _is_block(value) and not (owner and held_at(owner[0], inside)):
                for each, place in _each(value, where):
                    self._block(name, (), each, place, blocks=True, owner=owner, path=inside)
            else:
                self._mark(where, name=True)
                self._put(f"{name} = ")
                self._expression(value, where, 0)
                self._put("\n")
        self._put("}\n")

    def _dynamic(self, label: str, given: Mapping[str, Any], at: str, owner: tuple[str, ...], path: str) -> None:
        self._put(f"dynamic {json.dumps(label)} {{\n")
        for name in ("for_each", "iterator"):
            if name in given:
                self._put(f"{name} = ")
                if name == "iterator":
                    self._put(str(given[name]) if _NAME.match(str(given[name])) else "x")
                else:
                    self._expression(given[name], f"{at}/{name}", 0)
                self._put("\n")
        for content, place in _each(given.get("content"), f"{at}/content"):
            if isinstance(content, dict):
                self._block("content", (), content, place, blocks=True, owner=owner, path=path)
        self._put("}\n")

    def _expression(self, value: Any, at: str, depth: int) -> None:
        self._mark(at)
        if depth > _DEEPEST:
            raise InputError(self._path, "it is nested too deep", mend="flatten it")
        if isinstance(value, str):
            self._string(value, at)
        elif isinstance(value, dict):
            self._put("{\n")
            for name, each in value.items():
                where = f"{at}/{escape(name)}"
                self._mark(where, name=True)
                self._put(f"{_quoted(name)} = ")
                self._expression(each, where, depth + 1)
                self._put("\n")
            self._put("}")
        elif isinstance(value, list):
            self._put("[")
            for index, each in enumerate(value):
                self._expression(each, f"{at}/{index}", depth + 1)
                self._put(",\n")
            self._put("]")
        elif isinstance(value, float):
            self._put("0")  # no policy has one, and HCL writes other exponents
        else:
            self._put(json.dumps(value))

    def _string(self, value: str, at: str) -> None:
        found = self._values.get(at)
        start = self._lines[found[0] - 1] + found[1] - 1 if found else -1
        raw = _STRING.match(self._json, start) if start >= 0 else None
        if raw is None or found is None or len(raw[1]) > _LONGEST_PLACED:
            self._put(_quoted(value))
            return
        if _PLAIN.match(raw[1]):
            self._put(f'"{raw[1]}"')
            return
        self._put('"')
        line, column = found[0], found[1] + 1
        shift: int | None = None
        characters, offsets = _characters(raw[1])
        for part, index in _template("".join(characters)):
            here = offsets[index] if index < len(offsets) else len(raw[1])
            if (moved := here - self._size) != shift:
                self.marks.append((self._size, Place(self._path, line, column + here)))
                shift = moved
            self._put(part)
        self._put('"')

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._size += len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
        if self._size > 4 * MOST_BYTES:
            raise InputError(self._path, f"it is larger than {MOST_BYTES >> 20} MiB", mend="split it")

    def _mark(self, at: str, *, name: bool = False) -> None:
        found = (self._names if name else self._values).get(at) or self._values.get(at)
        if found is not None:
            self.marks.append((self._size, Place(self._path, *found[:2])))


def _each(value: Any, at: str) -> Iterator[tuple[Any, str]]:
    if isinstance(value, list):
        yield from ((each, f"{at}/{index}") for index, each in enumerate(value))
    else:
        yield value, at


def _is_block(value: Any) -> bool:
    """Say whether a value of a resource is a block, or several: an object whose members have names."""
    listed = value if isinstance(value, list) else [value]
    return bool(listed) and all(
        isinstance(each, dict) and all(_NAME.match(name) for name in each if name != _COMMENT) for each in listed
    )


def _characters(raw: str) -> tuple[list[str], list[int]]:
    """Return the characters that a string of JSON stands for, and where in it each is written."""
    characters: list[str] = []
    offsets: list[int] = []
    for found in _CHARACTER.finditer(raw):
        made = found[0] if len(found[0]) == 1 else json.loads(f'"{found[0]}"')
        characters.append(made)
        offsets.append(found.start())
    return characters, offsets


def _quoted(text: str) -> str:
    return '"' + "".join(part for part, _ in _template(text)) + '"'


_ESCAPES: Mapping[str, str] = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _template(text: str) -> Iterator[tuple[str, int]]:
    """Yield a text as what stands in HCL's quotes, part by part, each with where in the text it begins: its literal
    characters are escaped, its interpolations are as they are.
    """
    at = unended = 0
    while at < len(text):
        two = text[at : at + 2]
        if text[at : at + 3] in ("$${", "%%{"):
            yield text[at : at + 3], at
            at += 3
        elif two in ("${", "%{"):
            end = _end(text, at + 2) if unended < _MOST_UNENDED else None
            if end is None:
                unended += 1
                yield f"{two[0]}{two}", at
                at += 2
            else:
                for index in range(at, end):
                    yield " " if text[index] in "\r\n" else text[index], index
                at = end
        else:
            yield _ESCAPES.get(text[at]) or (text[at] if text[at] >= " " else f"\\u{ord(text[at]):04x}"), at
            at += 1


def _end(text: str, at: int) -> int | None:
    """Return where an interpolation that begins before `at` ends; None where it does not."""
    within, last = ["{"], min(len(text), at + _LONGEST)
    while at < last and within:
        character = text[at]
        if within[-1] == '"':
            if character == "\\":
                at += 1
            elif character == '"':
                within.pop()
            elif text[at : at + 2] in ("${", "%{"):
                within.append("{")
                at += 1
        elif character in '"{':
            within.append(character)
        elif character == "}":
            within.pop()
        at += 1
    return None if within else at
