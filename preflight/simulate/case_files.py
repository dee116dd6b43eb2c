"""The files that hold cases: JSON Lines are read a line at a time, JSON and YAML whole."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO

from preflight.documents.text.load import decode, load_text, no_file, refuse_device
from preflight.errors import InputError
from preflight.simulate.cases import POLICY_MEMBERS, AnyCase, BadCase, read_case, read_document
from preflight.simulate.json_lines import LineDecoder

_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_DOCUMENTS = (".json", ".yaml", ".yml", ".json.gz", ".yaml.gz", ".yml.gz")
_NEXT_DOCUMENT = re.compile(r"^---[ \t]*\n", re.MULTILINE)
_NOTHING = re.compile(r"(?:[ \t]*(?:[#%][^\n]*)?(?:\n|$))*")


def read_cases(paths: Iterable[str]) -> Iterator[AnyCase]:
    """Yield the cases of all files in order; `-` is stdin.

    A case that cannot be read, or a file, comes out as a `BadCase` and does not keep the others from being read.
    """
    for path in paths:
        try:
            yield from _read_file(path)
        except InputError as error:
            yield BadCase(path, error)


def _read_file(path: str) -> Iterator[AnyCase]:
    with _opened(path) as lines:
        if path.endswith(_LINES):
            yield from _read_lines(lines, path)
        elif path.endswith(_DOCUMENTS):
            yield from _read_documents(b"".join(lines), path)
        else:
            yield from _read_either(lines, path)


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    try:
        if path == "-":
            yield sys.stdin.buffer
        elif path.endswith(".gz"):
            import gzip

            with gzip.open(path, "rb") as compressed:
                yield compressed  # type: ignore[misc]
        else:
            with Path(path).open("rb") as plain:
                refuse_device(plain.fileno(), path)
                yield plain
    except FileNotFoundError:
        raise no_file(path) from None
    except IsADirectoryError:
        raise InputError(path, "it is a directory", mend="name a file in it") from None
    except (OSError, EOFError) as error:
        if path.lstrip()[:1] in ("{", "["):
            raise no_file(path) from None
        problem = getattr(error, "strerror", None) or str(error)
        raise InputError(path, f"it cannot be read ({problem})", mend="make it readable") from None


def _read_either(lines: IO[bytes], path: str) -> Iterator[AnyCase]:
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
        yield from _read_documents(b"".join([*begun, *lines]), path)


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
