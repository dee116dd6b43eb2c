"""Paths from a folder, on every system."""

from __future__ import annotations

import os


def relative_path(path: str | os.PathLike[str], start: str | os.PathLike[str] = os.curdir) -> str:
    """Return a path from a folder; as it is, absolute, where there is no way: on Windows, to another drive."""
    try:
        return os.path.relpath(path, start)
    except ValueError:
        return os.path.abspath(path)  # noqa: PTH100 -- of the same kind as relpath


def slashed_path(path: str | os.PathLike[str], start: str | os.PathLike[str]) -> str:
    """Return a path from a folder as git names it: with slashes on every system."""
    return relative_path(path, start).replace(os.sep, "/")


def lies_in(path: str, folder: str) -> bool:
    """Say whether a path is a folder or in it, both without links; on Windows no path of another drive is."""
    try:
        return os.path.commonpath([folder, path]) == folder
    except ValueError:
        return False
