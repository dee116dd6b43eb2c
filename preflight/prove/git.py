"""What git has of files: which differ from a commit, under which names, and what they were there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from preflight.errors import UsageError
from preflight.git import DIFF, git_output
from preflight.relative_paths import relative_path, slashed_path

_SUBMODULE, _HASH = "160000 ", 40


class ChangedFile(NamedTuple):
    """A file that differs from a commit. `path` is as it is now, as it was given or below what was given; None where
    it is gone. `before` is its name in the commit, from the top of the work tree; None where it is new. `commit` is the
    one it is compared with: of a file in a submodule the one that is recorded there, empty where there is none.
    """

    path: str | None
    before: str | None
    top: str
    commit: str


def changes(paths: Sequence[str], ref: str) -> list[ChangedFile]:
    """Return the files among `paths`, and in directories among them, that differ from a commit, with the names that
    they had there, renames followed. Files that git does not track and does not ignore are new.

    Raises `UsageError` where there is no git, no repository, no such commit, or no such path.
    """
    found: dict[tuple[str, str | None, str | None], ChangedFile] = {}
    for path in paths:
        if path == "-":
            raise UsageError("--against takes files and directories; - is neither")
        top = _top(path)
        for each in _below(path, top, _commit(top, ref), ref):
            found[each.top, each.before, each.path] = each
    return list(found.values())


def _below(path: str, top: str, commit: str, ref: str) -> Iterator[ChangedFile]:
    """Yield what changed of a path of a work tree, and of the submodules in it; all files where there is no commit."""
    inside = slashed_path(os.path.realpath(path), os.path.realpath(top))
    tracked = _differing(top, commit) if commit else [(None, name) for name in _names(top, "ls-files", "-z")]
    listed = [*tracked, *((None, name) for name in _names(top, "ls-files", "--others", "--exclude-standard", "-z"))]
    if not os.path.lexists(path) and not any(before is not None and _within(before, inside) for before, _ in listed):
        raise UsageError(f"--against: there is no file {path}, and none in {ref}; check the path")
    for before, now in listed:
        if now is not None and _within(now, inside):
            shown = path if now == inside else str(Path(path) / relative_path(now, inside))
            yield ChangedFile(shown, before, top, commit)
        elif now is None and before is not None and _within(before, inside):
            yield ChangedFile(None, before, top, commit)
    for name in _submodules(top, "ls-files", "--stage", "-z"):
        folder = Path(top) / name
        if _within(name, inside) and (folder / ".git").exists():
            recorded = _submodules(top, "ls-tree", "-r", "-z", commit).get(name, "") if commit else ""
            if recorded:
                _commit(str(folder), recorded)
            yield from _below(str(Path(path) / relative_path(name, inside)), str(folder), recorded, ref)


def content(top: str, commit: str, name: str) -> bytes | None:
    """Return the content that a file, named from the top of the work tree, has in a commit; None if it is not there."""
    return _git(top, "cat-file", "blob", f"{commit}:{name}")


def _within(name: str, inside: str) -> bool:
    return inside == "." or name == inside or name.startswith(f"{inside}/")


def _top(path: str) -> str:
    folder = Path(path).absolute()
    while not folder.is_dir():
        folder = folder.parent
    told = _git(str(folder), "rev-parse", "--show-toplevel")
    if told is None:
        raise UsageError(f"--against: {path} is not in a git repository; check one out, or name the old file")
    return os.fsdecode(told).rstrip("\n")


def _commit(top: str, ref: str) -> str:
    found = None
    if not ref.startswith("-"):
        found = _git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if found is None:
        raise UsageError(f"--against: git knows no commit {ref!r} in {top}; fetch it, or name another")
    return os.fsdecode(found).strip()


def _differing(top: str, commit: str) -> list[tuple[str | None, str | None]]:
    """Return pairs of a name in the commit and now."""
    told = _git(top, *DIFF, "--find-renames", "--name-status",
                "-z", commit, "--")  # fmt: skip
    parts = [os.fsdecode(each) for each in (told or b"").split(b"\0")]
    found: list[tuple[str | None, str | None]] = []
    at = 0
    while at < len(parts) - 1:
        status = parts[at][:1]
        if status in ("R", "C"):
            found.append((parts[at + 1], parts[at + 2]))
            at += 3
            continue
        name = parts[at + 1]
        found.append((None if status == "A" else name, None if status == "D" else name))
        at += 2
    return found


def _names(top: str, *command: str) -> list[str]:
    told = _git(top, *command)
    return [os.fsdecode(each) for each in (told or b"").split(b"\0") if each]


def _submodules(top: str, *command: str) -> dict[str, str]:
    """Return the submodules that a listing of git shows, with the commit that is recorded for each."""
    found = {}
    for each in _names(top, *command):
        described, _, name = each.partition("\t")
        if described.startswith(_SUBMODULE):
            found[name] = next(part for part in described.split() if len(part) >= _HASH)
    return found


def _git(folder: str, *arguments: str) -> bytes | None:
    return git_output(folder, *arguments, option="--against")
