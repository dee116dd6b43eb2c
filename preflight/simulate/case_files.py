"""The files that hold cases: JSON Lines are read a line at a time, JSON and YAML whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from preflight.documents.text.load import (
    MOST_BYTES,
    damaged,
    decode,
    load_text,
    read_bytes,
    refuse_device,
    stdin,
    too_large,
    unreadable,
)
from preflight.errors import InputError
from preflight.simulate.cases import POLICY_MEMBERS, AnyCase, BadCase, read_case, read_document
from preflight.simulate.json_lines import LineDecoder

if TYPE_CHECKING:
    from gzip import GzipFile

_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_DOCUMENTS = (".json", ".yaml", ".yml", ".json.gz", ".yaml.gz", ".yml.gz")
_NEXT_DOCUMENT = re.compile(r"^---[ \t]*\n", re.MULTILINE)
_NOTHING = re.compile(r"(?:[ \t]*(?:[#%][^\n]*)?(?:\n|$))*")


def read_cases(paths: Iterable[str]) -> Iterator[AnyCase]:
    """Yield the cases of all files in order; `-` is stdin.

    A case that cannot be read, or a file, comes out as a `BadCase` and does not keep the others from being read; so
    does a file without a case, which tests nothing.
    """
    for path in paths:
        is_empty = True
        try:
            for case in _read_file(path):
                is_empty = False
                yield case
            if is_empty:
                raise InputError(path, "there is no case in it", mend="add one, or leave the file out")
        except InputError as error:
            yield BadCase(path, error)


def _read_file(path: str) -> Iterator[AnyCase]:
    if path.endswith(_DOCUMENTS) or not path:
        yield from _read_documents(read_bytes(path), path)
        return
    with _opened(path) as lines:
        if path.endswith(_LINES):
            yield from _read_lines(lines, path)
        else:
            yield from _read_either(lines, path)


@contextmanager
def _opened(path: str) -> Iterator[Iterable[bytes]]:
    """Give the lines of a file or of stdin, decompressed. Raises `InputError`, also where reading ends early."""
    if path == "-":
        yield _bounded(stdin(), path)
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115 -- a ValueError is the name's only here
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    try:
        with file:
            refuse_device(file.fileno(), path)
            yield _decompressed(file, path) if path.endswith(".gz") else file
    except OSError as error:
        raise unreadable(path, error) from None


def _decompressed(file: BinaryIO, path: str) -> Iterator[bytes]:
    import gzip
    import zlib

    try:
        with gzip.GzipFile(fileobj=file) as compressed:
            yield from _bounded(compressed, path)
    except (OSError, EOFError, zlib.error):
        raise damaged(path) from None


def _bounded(stream: BinaryIO | GzipFile, path: str) -> Iterator[bytes]:
    """Yield lines, none of them beyond what a compressed document may hold."""
    while line := stream.readline(MOST_BYTES + 1):
        if len(line) > MOST_BYTES:
            raise too_large(path)
        yield line


def _whole(lines: Iterable[bytes], path: str) -> bytes:
    """Return all lines as one text: of a compressed file and stdin, as much as a compressed document may hold."""
    if not path.endswith(".gz") and path != "-":
        return b"".join(lines)
    held: list[bytes] = []
    left = MOST_BYTES
    for line in lines:
        held.append(line)
        left -= len(line)
        if left < 0:
            raise too_large(path)
    return b"".join(held)


def _read_either(lines: Iterable[bytes], path: str) -> Iterator[AnyCase]:
    """Read a file whose name does not say what it is: JSON Lines if its first line is a whole object."""
    begun: list[bytes] = []
    for line in lines:
        begun.append(line)
        if line.strip():
            break
    try:
        is_lines = isinstance(json.loads(begun[-1]), dict) if begun else False
    except ValueError:
        is_lines = False
    if is_lines:
        yield from _read_lines(chain(begun, lines), path)
    else:
        yield from _read_documents(_whole(chain(begun, lines), path), path)


def _read_lines(lines: Iterable[bytes], path: str) -> Iterator[AnyCase]:
    """Read one case a line. A line is decoded and let go before the next one is read."""
    decoder = LineDecoder(POLICY_MEMBERS)
    count = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        count += 1
        try:
            read = decoder.decode(line.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            yield BadCase(str(count), _why_not(line, path, number))
        else:
            yield read_case(read.value, count, path, _place_in_line(number), read.written)


def _place_in_line(number: int) -> Callable[[str], str]:
    return lambda pointer: f"line {number}, {pointer}" if pointer else f"line {number}"


def _why_not(line: bytes, path: str, number: int) -> InputError:
    """Return what is wrong with a line that is no JSON, in the words that a file of JSON would get."""
    try:
        load_text(decode(line, path), path.removesuffix(".gz") + ".json")
    except InputError as error:
        column = re.search(r"column \d+", error.place)
        place = f"line {number}, {column[0]}" if column else f"line {number}"
        return InputError(path, error.problem, place=place, mend=error.mend)
    return InputError(path, "invalid JSON", place=f"line {number}", mend="write one case as one JSON object")


def _read_documents(data: bytes, path: str) -> Iterator[AnyCase]:
    text = decode(data, path)
    starts_like_json = text.lstrip()[:1] in ("{", "[")
    if starts_like_json or path.removesuffix(".gz").endswith(".json"):
        yield from read_document(load_text(text, path))
        return
    start = count = 0
    for end in [*(match.end() for match in _NEXT_DOCUMENT.finditer(text)), len(text)]:
        part = _NEXT_DOCUMENT.sub("", text[start:end])
        if not _NOTHING.fullmatch(part) or (start == 0 and end == len(text)):
            # Blank lines in place of what stands before keep the line numbers true.
            document = load_text("\n" * text.count("\n", 0, start) + part, path)
            for case in read_document(document, first=count + 1):
                count += 1
                yield case
        start = end
