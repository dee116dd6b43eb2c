"""A module: the `.tf` files of one folder, which refer to what the others define; and the files that it may read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from preflight.documents.hcl.parse import Block, Source, blocks_of, parse
from preflight.documents.policies.files import HCL
from preflight.errors import InputError
from preflight.relative_paths import lies_in

if TYPE_CHECKING:
    from tree_sitter import Node

_MOST_FILES, _MOST_BYTES, _MOST_READ = 500, 32 << 20, 1 << 20
DOCUMENT = "aws_iam_policy_document"


class WrittenExpression(NamedTuple):
    """An expression and the file that it is written in."""

    node: Node
    source: Source


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """What the files of a folder define. `top` is the folder that file() may read in; `unread` names the files of the
    module that could not be read.
    """

    folder: str
    top: str
    blocks: tuple[Block, ...]
    locals: Mapping[str, WrittenExpression]
    defaults: Mapping[str, WrittenExpression]
    documents: Mapping[str, Block]
    unread: tuple[str, ...] = field(default=())

    def file(self, path: str) -> str | None:
        """Return the text of a file inside the tree that was named; None for every other one."""
        whole = os.path.join(self.folder, path)  # noqa: PTH118
        if "\0" in path or not _inside(whole, self.top):
            return None
        try:
            about = os.stat(whole)  # noqa: PTH116
            if not stat.S_ISREG(about.st_mode) or about.st_size > _MOST_READ:
                return None
            with open(whole, encoding="utf-8") as file:  # noqa: PTH123
                return file.read()
        except (OSError, ValueError):
            return None


def _inside(path: str, top: str) -> bool:
    """Say whether a file, links followed, lies in a folder."""
    return lies_in(os.path.realpath(path), os.path.realpath(top))


def parsed(text: str, path: str) -> Source:
    """Return a file of Terraform's, in either syntax. Raises `InputError`."""
    if path.endswith(".json"):
        from preflight.documents.hcl.json_syntax import parse_json

        return parse_json(text, path)
    return parse(text, path)


def module_of(source: Source, top: str) -> Module:
    """Return the module that a parsed file is part of, with its other files as they lie in the folder; `top` is the
    folder that was named, which file() may read in.
    """
    folder = os.path.dirname(source.path) or "."  # noqa: PTH120
    others, unread = _others(source.path, folder, top or folder) if source.path != "-" else ([], [])
    return _module(folder, top or folder, (source, *others), unread)


def module_in(folder: str, top: str) -> Module | None:
    """Return the module in a folder; None where it is not in the folder that was named, `top`, or has no files."""
    if "\0" in folder or not _inside(folder, top):
        return None
    sources, unread = _others("", folder, top)
    return _module(folder, top, sources, unread) if sources or unread else None


def _module(folder: str, top: str, sources: Iterable[Source], unread: Iterable[str]) -> Module:
    found: dict[str, dict[str, WrittenExpression]] = {"locals": {}, "variable": {}}
    documents: dict[str, Block] = {}
    blocks: list[Block] = []
    for each in sources:
        for block in blocks_of(each):
            blocks.append(block)
            if block.kind == "locals":
                for name, node in block.attributes:
                    found["locals"].setdefault(name, WrittenExpression(node, each))
            elif block.kind == "variable" and block.labels and (default := block.attribute("default")) is not None:
                found["variable"].setdefault(block.labels[0], WrittenExpression(default, each))
            elif block.kind == "data" and block.labels[:1] == (DOCUMENT,) and len(block.labels) == 2:
                documents.setdefault(f"data.{DOCUMENT}.{block.labels[1]}", block)
    return Module(folder, top, tuple(blocks), found["locals"], found["variable"], documents, tuple(unread))


def _others(path: str, folder: str, top: str) -> tuple[list[Source], list[str]]:
    sources: list[Source] = []
    unread: list[str] = []
    size = 0
    for name, about in _listed(folder):
        other = os.path.join(folder, name)  # noqa: PTH118
        if name == os.path.basename(path):  # noqa: PTH119
            continue
        size += about[0]
        try:
            if not _inside(other, top):
                raise InputError(other, "it is a link to a file outside the directory that was named")
            if len(sources) >= _MOST_FILES or size > _MOST_BYTES:
                raise InputError(other, "the module is too large")
            sources.append(_parsed(other, about))
        except InputError:
            unread.append(name)
    return sources, unread


def _listed(folder: str) -> Iterator[tuple[str, tuple[int, int]]]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted((each for each in listing if each.name.endswith(HCL)), key=lambda each: each.name)
        for each in entries:
            about = each.stat()
            if stat.S_ISREG(about.st_mode):
                yield each.name, (about.st_size, about.st_mtime_ns)
    except OSError:
        return


@lru_cache(maxsize=64)
def _parsed(path: str, about: tuple[int, int]) -> Source:  # noqa: ARG001 -- as it was then
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            return parsed(file.read(), path)
    except (OSError, ValueError) as error:
        raise InputError(path, f"it cannot be read ({error})") from None
