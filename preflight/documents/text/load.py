"""Reading a file or stdin as JSON or YAML: either a `Document`, or one `InputError` that says where and what to do."""

from __future__ import annotations

import json
import math
import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO

from preflight.documents.text.document import Document
from preflight.documents.text.repeated import Repeated
from preflight.errors import InputError

if TYPE_CHECKING:
    from gzip import GzipFile

DEEPEST = 200
MOST_BYTES = 1 << 30  # what stdin may hold, and a compressed file: a few kilobytes can hold any amount
_PIECE = 1 << 22
_ZIP = b"PK\x03\x04"
_LONGEST_INTEGER = 40
_LONGEST_SHOWN = 60
_BRACKETS = ("{", "[")
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_CONTAINERS = frozenset((dict, list))


def load(path: str, *, template: bool = False) -> Document:
    """Read the JSON or YAML file at `path`; `-` is stdin, and a name that ends in `.gz` is decompressed.

    With `template` it may be a template, in which tags of YAML are CloudFormation's functions. Raises `InputError` for
    everything that keeps it from being one document of plain data.
    """
    text = decode(read_bytes(path), path)
    return load_text(text, path, short_forms=template and "Resources" in text)


def read_bytes(path: str) -> bytes:
    """Return the content of a file, or of stdin for `-`, decompressed. Raises `InputError`."""
    if path == "-":
        return _bounded(stdin(), path)
    if not path:
        raise InputError("''", "the name of a file is empty", mend="name a file, or - for stdin")
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 -- a lint reads thousands of small ones
            refuse_device(file.fileno(), path)
            data = file.readall()
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    if data.startswith(_ZIP):
        problem, mend = "it is a zip file, such as terraform plan -out writes", "print it: terraform show -json"
        raise InputError(path, problem, mend=f"{mend} {path} > plan.json")
    return _decompressed(data, path) if path.lower().endswith(".gz") else data


def stdin() -> BinaryIO:
    """Return standard input. Raises `InputError` where it is closed."""
    if sys.stdin is None:
        raise InputError("-", "stdin is closed", mend="name a file")
    return sys.stdin.buffer


def unreadable(path: str, error: OSError | ValueError) -> InputError:
    """Return the error for a file that could not be opened or read, or whose name no file can have."""
    if isinstance(error, FileNotFoundError) or path.lstrip()[:1] in _BRACKETS:
        return no_file(path)
    if isinstance(error, IsADirectoryError):
        return InputError(path, "it is a directory", mend="name a file in it")
    problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InputError(path, f"it cannot be read ({problem})", mend="make it readable")


def damaged(path: str) -> InputError:
    """Return the error for a compressed file that cannot be decompressed."""
    return InputError(path, "the gzip file is incomplete or damaged", mend="compress it again")


def too_large(path: str) -> InputError:
    """Return the error for a compressed file, or stdin, that holds more than `MOST_BYTES`."""
    problem = f"it holds more than {MOST_BYTES >> 20} MiB"
    if path == "-":
        return InputError(path, problem, mend="split it, or name a file")
    return InputError(path, f"{problem} when it is decompressed", mend="split it, or decompress it")


def refuse_device(descriptor: int, path: str) -> None:
    """Raise `InputError` for a device that gives without end, such as /dev/zero."""
    if stat.S_ISCHR(os.fstat(descriptor).st_mode) and path != os.devnull and not os.isatty(descriptor):
        raise InputError(path, "it is a device", mend="name a file")


def no_file(path: str) -> InputError:
    """Return the error for a name of which there is no file: perhaps a document was given in its place."""
    if path.lstrip()[:1] in _BRACKETS:
        shown = path if len(path) <= _LONGEST_SHOWN else f"{path[:_LONGEST_SHOWN]}..."
        return InputError(shown, "it is a document, not the name of a file", mend="pass it on standard input: use -")
    return InputError(path, "there is no such file", mend="check the path")


def _decompressed(data: bytes, path: str) -> bytes:
    import gzip
    import io
    import zlib

    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as compressed:
            return _bounded(compressed, path)
    except (OSError, EOFError, zlib.error):
        raise damaged(path) from None


def _bounded(stream: BinaryIO | GzipFile, path: str) -> bytes:
    """Return what a stream holds that may have no end. Raises `InputError`."""
    pieces: list[bytes] = []
    left = MOST_BYTES
    while piece := stream.read(_PIECE):
        left -= len(piece)
        if left < 0:
            raise too_large(path)
        pieces.append(piece)
    return b"".join(pieces)


def read_small(path: str, shown: str, most: int) -> bytes:
    """Return the content of a regular file. Raises `OSError`, and `InputError` for another kind of file (it may have no
    end) or a larger one.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise InputError(shown, "it isn't a regular file", mend="replace it, or delete it")
        data = file.read(most + 1)
    if len(data) > most:
        raise InputError(shown, f"it is larger than {most >> 20} MiB", mend="make it smaller")
    return data


def decode(data: bytes, path: str) -> str:
    """Return bytes as text: UTF-8, or UTF-16 with a byte order mark. Raises `InputError` naming the line."""
    encoding = next((name for bom, name in _BOMS.items() if data.startswith(bom)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        good = data[: error.start].decode(encoding, "replace")
        line, column = good.count("\n") + 1, len(good) - good.rfind("\n")
        name = "UTF-16" if encoding == "utf-16" else "UTF-8"
        where = f"line {line}, column {column}"
        raise InputError(path, f"it is not {name} text", place=where, mend="save it as UTF-8") from None


def load_text(text: str, path: str, repeated: list[Repeated] | None = None, *, short_forms: bool = False) -> Document:
    """Parse a text as JSON or YAML. Raises `InputError`.

    With `repeated`, a member that stands twice in its object is no error: it is added there, and the first one counts.
    With `short_forms`, tags of YAML such as `!Sub` are CloudFormation's functions.

    It is YAML if its name says so (`.yaml`, `.yml`); else JSON if its name says so or it begins with a bracket; else
    YAML. In YAML only `true`, `false` and `null` are words with a meaning: `on`, `yes`, dates and numbers that begin
    with a zero are text, since that is what the writer of a tag or of an account's number means.
    """
    text = text.removeprefix("\ufeff")
    start = text.lstrip()[:1]
    if not start:
        raise InputError(path, "it is empty", mend="add a document")
    name = path.lower().removesuffix(".gz")
    if name.endswith((".yaml", ".yml")):
        if start in "{[":
            # JSON is YAML, but libyaml is slower at it and does not take its escapes for pairs of surrogates.
            with suppress(InputError):
                return _json(text, path, repeated)
        return _yaml(text, path, repeated, short_forms=short_forms)
    if start in "{[" or name.endswith(".json"):
        return _json(text, path, repeated)
    return _yaml(text, path, repeated, short_forms=short_forms)


def _json(text: str, path: str, repeated: list[Repeated] | None) -> Document:
    from preflight.documents.text import json_errors

    try:
        try:
            value = _parsed(text, _members)
        except _RepeatedMemberError:
            if repeated is None:
                raise
            value = _parsed(text, _first_members)
            repeated.extend(json_errors.repetitions(text))
    except json.JSONDecodeError as error:
        raise json_errors.not_json(text, path, error) from None
    except _RepeatedMemberError:
        raise json_errors.repeated(text, path) from None
    except _NotANumberError as error:
        raise json_errors.not_a_number(text, path, str(error)) from None
    except RecursionError:
        raise json_errors.too_deep(text, path, DEEPEST) from None
    if text.count("[") + text.count("{") > DEEPEST and _deeper_than(value, DEEPEST):
        raise json_errors.too_deep(text, path, DEEPEST)
    if "\\ud" in text or "\\uD" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise json_errors.half_a_character(text, path) from None
    return Document(path, value, text, "json")


def _parsed(text: str, members: Callable[[list[tuple[str, Any]]], dict[str, Any]]) -> Any:
    return _decoder(members).decode(text)


@cache
def _decoder(members: Callable[[list[tuple[str, Any]]], dict[str, Any]]) -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=members, parse_constant=_constant, parse_int=_integer, parse_float=_float)


def _yaml(text: str, path: str, repeated: list[Repeated] | None, *, short_forms: bool) -> Document:
    from preflight.documents.text.yaml_nodes import RepeatedNameError, YamlError, construct, light, repetitions

    try:
        root = light(text)
        try:
            value = construct(root, short_forms=short_forms)
        except RepeatedNameError:
            if repeated is None:
                raise
            value = construct(root, first=True, short_forms=short_forms)
            repeated.extend(repetitions(root))
    except YamlError as error:
        place = f"line {error.line}, column {error.column}" if error.line else ""
        raise InputError(path, error.problem, place=place, mend=error.mend) from None
    if value is None:
        raise InputError(path, "it is empty", mend="add a document")
    return Document(path, value, text, "yaml")


class _RepeatedMemberError(ValueError):
    """An object names a member twice; where is found out afterwards."""


class _NotANumberError(ValueError):
    """A number that JSON does not have, or that nothing downstream could reckon with."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RepeatedMemberError
    return members


def _first_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        members.setdefault(name, value)
    return members


def _constant(name: str) -> Any:
    raise _NotANumberError(name)


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER:
        raise _NotANumberError(digits)
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _NotANumberError(digits)
    return number


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(limit):
        if not level:
            return False
        level = [
            child
            for each in level
            for child in (each.values() if type(each) is dict else each)
            if type(child) in _CONTAINERS
        ]
    return bool(level)
