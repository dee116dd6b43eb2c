"""Reading a file or stdin as JSON or YAML: either a `Document`, or one `InputError` that says where and what to do."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from preflight.documents.document import Document
from preflight.errors import InputError

DEEPEST = 200
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def load(path: str) -> Document:
    """Read the JSON or YAML file at `path`; `-` is stdin, and a name that ends in `.gz` is decompressed.

    Raises `InputError` for everything that keeps it from being one document of plain data.
    """
    return load_text(decode(read_bytes(path), path), path)


def read_bytes(path: str) -> bytes:
    """Return the content of a file, or of stdin for `-`, decompressed. Raises `InputError`."""
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(path, "there is no such file", mend="check the path") from None
    except IsADirectoryError:
        raise InputError(path, "it is a directory", mend="name a file in it") from None
    except (OSError, ValueError) as error:
        problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(path, f"it cannot be read ({problem})", mend="make it readable") from None
    if path.endswith(".gz"):
        import gzip
        import zlib

        try:
            return gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            raise InputError(path, "it is not a whole gzip file", mend="compress it again") from None
    return data


def decode(data: bytes, path: str) -> str:
    """Return bytes as text: UTF-8, or UTF-16 with a byte order mark. Raises `InputError` naming the line."""
    encoding = next((name for bom, name in _BOMS.items() if data.startswith(bom)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(path, "it is not UTF-8 text", place=f"line {line}", mend="save it as UTF-8") from None


def load_text(text: str, path: str) -> Document:
    """Parse a text as JSON or YAML: JSON if it starts like JSON or is named so. `path` is for messages only."""
    start = text.lstrip()[:1]
    if not start:
        raise InputError(path, "it is empty", mend="write the document into it")
    name = path.removesuffix(".gz")
    if name.endswith((".yaml", ".yml")):
        return _yaml(text, path)
    if start in "{[" or name.endswith(".json"):
        return _json(text, path)
    return _yaml(text, path)


def _json(text: str, path: str) -> Document:
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_constant, parse_int=_integer)
    except json.JSONDecodeError as error:
        problem, mend = _explain(text, error)
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError(path, problem, place=place, mend=mend) from None
    except _RepeatedMemberError:
        raise _repeated(text, path) from None
    except _NotANumberError as error:
        raise InputError(
            path, f"it is not JSON: {error} is no JSON number", mend="write a number or a string"
        ) from None
    except RecursionError:
        raise _too_deep(text, path) from None
    if _deeper_than(value, DEEPEST):
        raise _too_deep(text, path)
    return Document(path, value, text, "json")


def _yaml(text: str, path: str) -> Document:
    from preflight.documents.yaml_nodes import YamlError, compose, construct

    try:
        root = compose(text)
        if root is None:
            raise InputError(path, "it is empty", mend="write the document into it")
        value = construct(root)
    except YamlError as error:
        place = f"line {error.line}, column {error.column}" if error.line else ""
        raise InputError(path, error.problem, place=place, mend=error.mend) from None
    return Document(path, value, text, "yaml")


class _RepeatedMemberError(ValueError):
    """An object names a member twice; where is found out afterwards."""


class _NotANumberError(ValueError):
    """A number that JSON does not have."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RepeatedMemberError
    return members


def _constant(name: str) -> Any:
    raise _NotANumberError(name)


def _integer(digits: str) -> int:
    if len(digits) > 40:
        raise _NotANumberError(f"a number of {len(digits)} digits")
    return int(digits)


def _explain(text: str, error: json.JSONDecodeError) -> tuple[str, str]:
    around = text[error.pos : error.pos + 2]
    before = text[: error.pos].rstrip()[-1:]
    if around.startswith(("//", "/*", "#")):
        return "it is not JSON: a comment stands here", "remove it: JSON has no comments"
    if (before == "," and around[:1] in "}]") or around[:1] == "," or _trailing_comma(text, error.pos):
        return "it is not JSON: a comma stands before nothing", "remove the comma"
    if around[:1] == "'":
        return "it is not JSON: a string in single quotes", "use double quotes"
    if error.msg == "Extra data":
        return "it is not JSON: more text follows the document", "keep one document in the file"
    if error.pos >= len(text.rstrip()):
        return "it is not JSON: it ends too early", "complete it"
    if error.msg.startswith("Invalid control character"):
        return "it is not JSON: a line break or control character in a string", "write it as an escape such as \\n"
    return f"it is not JSON: {error.msg[:1].lower()}{error.msg[1:]}", "correct it there"


def _trailing_comma(text: str, position: int) -> bool:
    """Python from 3.13 on reports a trailing comma at the comma, older ones behind it."""
    return text[position : position + 1] == "," and text[position + 1 :].lstrip()[:1] in ("}", "]")


def _repeated(text: str, path: str) -> InputError:
    from preflight.documents.positions import scan_json

    seen: set[str] = set()
    for pointer, _, name_at in scan_json(text):
        if name_at >= 0 and pointer in seen:
            line = text.count("\n", 0, name_at) + 1
            column = name_at - text.rfind("\n", 0, name_at)
            return InputError(path, f"the member {pointer} stands twice", place=f"line {line}, column {column}",
                              mend="remove one of them")  # fmt: skip
        seen.add(pointer)
    return InputError(path, "a member stands twice", mend="remove one of them")


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(limit):
        if not level:
            return False
        level = [
            child
            for each in level
            for child in (each.values() if isinstance(each, dict) else each)
            if isinstance(child, (dict, list))
        ]
    return bool(level)


def _too_deep(text: str, path: str) -> InputError:
    depth = 0
    for match in _BRACKETS.finditer(text):
        token = match[0]
        depth += token in "[{"
        depth -= token in "]}"
        if depth > DEEPEST:
            line = text.count("\n", 0, match.start()) + 1
            column = match.start() - text.rfind("\n", 0, match.start())
            return InputError(path, f"it is nested deeper than {DEEPEST} levels", place=f"line {line}, column {column}",
                              mend="flatten it")  # fmt: skip
    return InputError(path, f"it is nested deeper than {DEEPEST} levels", mend="flatten it")
