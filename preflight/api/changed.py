"""`--changed-only REF`: of what was given, only the files that differ from where the work left REF, by git."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from preflight.errors import UsageError
from preflight.git import DIFF, git_output
from preflight.relative_paths import relative_path, slashed_path


def changed_of(paths: Sequence[str], ref: str, *, whole: bool = False) -> list[str]:
    """Return the files among `paths`, and in directories among them, that were added, changed or renamed since the
    merge base of `ref` and HEAD: committed, staged, not staged, or not tracked and not ignored. What was deleted is no
    file any more. Stdin (`-`) is always among them. With `whole`, a directory in which something changed stands for all
    of it.

    Raises `UsageError` where there is no repository, or no such commit, and for a path that never was there.
    """
    found = ["-"] if "-" in paths else []
    by_top: dict[Path, list[str]] = {}
    for path in paths:
        if path != "-":
            by_top.setdefault(_top(Path(path)), []).append(path)
    for top, given in by_top.items():
        base = _base(top, ref)
        _require_there(given, top, base)
        found += _among(given, _changed(top, base), whole=whole)
    return found


def _top(path: Path) -> Path:
    """Return the top of the work tree that a path is in, whether the path is there or not."""
    folder = path.absolute()
    while not folder.is_dir():
        folder = folder.parent
    told = _git(folder, "rev-parse", "--show-toplevel")
    if told is None:
        raise UsageError(f"--changed-only: {path} is not in a git repository; check out one, or leave the option out")
    return Path(os.fsdecode(told).rstrip("\n"))


def _base(top: Path, ref: str) -> str:
    if (
        ref.startswith("-")
        or _git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}") is None
    ):
        mend = "fetch it (git fetch origin, with its history), or name another"
        raise UsageError(f"--changed-only: git knows no commit {ref!r} in {top}; {mend}")
    base = _git(top, "merge-base", ref, "HEAD")
    if base is None:
        mend = "fetch more of the history (git fetch --unshallow), or name another"
        raise UsageError(f"--changed-only: {ref} and HEAD have no common commit in {top}; {mend}")
    return os.fsdecode(base).strip()


def _require_there(given: Sequence[str], top: Path, base: str) -> None:
    for path in given:
        if not os.path.lexists(path):
            inside = slashed_path(os.path.abspath(path), os.path.realpath(top))  # noqa: PTH100
            if _git(top, "cat-file", "-e", f"{base}:{inside}") is None:
                raise UsageError(f"--changed-only: there is no file {path}, nor was there one; check the path")


def _changed(top: Path, base: str) -> list[Path]:
    names = (
        _git(top, *DIFF, "--name-only", "--no-renames", "--diff-filter=d", "-z", base, "--"),
        _git(top, "ls-files", "--others", "--exclude-standard", "-z"),
    )
    listed = [os.fsdecode(name) for each in names if each for name in each.split(b"\0") if name]
    return [top / name for name in dict.fromkeys(listed)]


def _among(given: Sequence[str], changed: Sequence[Path], *, whole: bool) -> list[str]:
    """Return what is changed of what is given, named as it was given."""
    real = {os.path.realpath(each): each for each in changed if each.is_file()}
    found: dict[str, None] = {}
    for path in given:
        place = os.path.realpath(path)
        inside = place.rstrip(os.sep) + os.sep
        within = [each for each in real if each.startswith(inside)]
        if place in real or (whole and within):
            found[path] = None
        elif not whole:
            found |= {os.path.normpath(os.path.join(path, relative_path(each, place))): None for each in within}  # noqa: PTH118
    return list(found)


def _git(folder: Path, *arguments: str) -> bytes | None:
    return git_output(str(folder), *arguments, option="--changed-only")
