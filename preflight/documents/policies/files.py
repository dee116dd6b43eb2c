"""Which files are read for what was given: files as they are, directories with all that may hold a policy."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from preflight.documents.text.tree import work_tree_of
from preflight.errors import InputError

HCL = (".tf", ".tofu", ".tf.json", ".tofu.json")
_PLAIN = (".json", ".yaml", ".yml", ".template", ".tfstate")
_SUFFIXES = tuple(f"{name}{packed}" for packed in ("", ".gz") for name in _PLAIN)
_PASSED_BY = frozenset({"node_modules", "__pycache__", "site-packages"})
# A policy has statements with effects, or says its version; what holds policies names their places; a template and a
# plan may have one in each resource. What is escaped may be any of it.
_MARKS = (b"tatement", b"2012-10-17", b"2008-10-17", b"AWS::", b"PolicyDocument", b'"policy"', b"Effect",
          b":aws:policy/", b"terraform_version", b"\\u00", b"\\x", b"aws_iam_", b"::MODULE", b"Custom::",
          b"pulumi:")  # fmt: skip
# What is in a file of Terraform's that has a policy, calls a module that may, or grants access without a policy.
HCL_WORDS = ("olicy", "tatement", "module", "ermission", "function_url")
_HCL_MARKS = tuple(each.encode() for each in HCL_WORDS)


class FoundFile(NamedTuple):
    """A file to read. `named`: the user named it, rather than a directory that it is in, which is `top` then."""

    path: str
    named: bool
    top: str = ""


def files_in(
    paths: Iterable[str], passed_by: Callable[[str], bool] = lambda _: False, *, named: bool = True
) -> tuple[list[FoundFile], list[InputError]]:
    """Return the files that are given or lie in the directories that are given, each once, and what cannot be read.

    Directories are walked by name; those that are hidden, or hold what others wrote (`node_modules`), are passed by,
    as is what `passed_by` says. Links are followed, and no directory is entered twice; one that leads to a directory
    outside those that are given, and the work trees of git that they lie in, cannot be read. Without `named`, what is
    given is taken as what directories hold: files that may be policies.
    """
    paths = list(paths)
    found: dict[str, FoundFile] = {}
    errors: list[InputError] = []
    entered: set[tuple[int, int]] = set()
    trees = {work_tree_of(each) for each in paths if each != "-" and os.path.isdir(each)}  # noqa: PTH112
    for path in paths:
        if path != "-" and os.path.isdir(path):  # noqa: PTH112 -- a path of bytes that are no text stays as it is
            for each in _walk(path, entered, errors, trees, passed_by):
                if not passed_by(each):
                    found.setdefault(os.path.normpath(each), FoundFile(each, named=False, top=path))
        else:
            key = path if path == "-" else os.path.normpath(path)
            found[key] = FoundFile(path, named=named)
    return list(found.values()), errors


def may_be_policies(name: str) -> bool:
    """Say whether a file is read by its name; Terraform reads its own only in lower case."""
    return name.endswith(HCL) or name.lower().endswith(_SUFFIXES)


def may_hold_policy(data: bytes, path: str) -> bool:
    """Say whether the bytes of a file that was not itself named may hold a policy."""
    if path.endswith(HCL):
        return any(part in data for part in _HCL_MARKS)
    plain = data.replace(b"\0", b"") if b"\0" in data[:4] else data  # UTF-16
    return any(part in plain for part in _MARKS)


def _walk(
    top: str,
    entered: set[tuple[int, int]],
    errors: list[InputError],
    trees: Collection[str],
    passed_by: Callable[[str], bool],
) -> Iterator[str]:
    folders = [top]
    while folders:
        folder = folders.pop()
        try:
            status = os.stat(folder)  # noqa: PTH116
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            errors.append(_unreadable(folder, error))
            continue
        below = []
        for entry in entries:
            path = entry.name if folder == "." else os.path.join(folder, entry.name)  # noqa: PTH118
            try:
                if entry.is_dir():
                    if entry.name.startswith(".") or entry.name in _PASSED_BY:
                        continue
                    if not entry.is_symlink() or _is_within(path, trees):
                        below.append(path)
                    elif not passed_by(path):
                        mend = "name that directory as well, or exclude the link"
                        errors.append(InputError(path, "it is a link to a directory elsewhere", mend=mend))
                elif may_be_policies(entry.name) and stat.S_ISREG(entry.stat().st_mode):
                    yield path
            except OSError as error:
                if may_be_policies(entry.name):
                    errors.append(_unreadable(path, error))
        folders.extend(reversed(below))


def _is_within(path: str, trees: Collection[str]) -> bool:
    real = os.path.realpath(path)
    return any(real == each or real.startswith(os.path.join(each, "")) for each in trees)  # noqa: PTH118


def _unreadable(path: str, error: OSError) -> InputError:
    return InputError(path, f"it cannot be read ({error.strerror})", mend="make it readable, or leave it out")
