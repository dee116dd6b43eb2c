"""How reports name files: from the root of the repository, with slashes, as code hosts look them up."""

from __future__ import annotations

import ntpath
import posixpath
import re
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from preflight.engine.result import Location
from preflight.relative_paths import relative_path
from preflight.report.view import View

STDIN = "stdin"
_WINDOWS = re.compile(r"[A-Za-z]:[/\\]|\\\\")


def relative(path: str, view: View) -> str:
    """Return a path from the view's root, or from its folder; absolute for what lies outside, `stdin` for `-`."""
    if path == "-":
        return STDIN
    if is_page(path):
        return path
    paths = _paths(view.folder)
    whole = _slashed(paths.normpath(paths.join(view.folder, view.real.get(path, path))), paths)
    root = _slashed(view.root or view.folder, paths).rstrip("/") + "/"
    if paths.normcase(whole).startswith(paths.normcase(root)) and view.folder and whole != root:
        return whole[len(root) :]
    return whole


def is_page(path: str) -> bool:
    """Whether a place is no file: the address of a page of AWS's console, or an ARN."""
    return path.startswith(("https://", "arn:"))


def uri(path: str, view: View) -> str:
    """Return a path as a URI reference (RFC 3986): relative where it can be, with everything unusual %-encoded."""
    return _uri(relative(path, view), _paths(view.folder))


def folder_uri(folder: str) -> str:
    """Return the URI of a folder, which ends with a slash."""
    paths = _paths(folder)
    return _uri(_slashed(folder, paths).rstrip("/") + "/", paths)


def link(target: str, folder: str) -> str:
    """Return the URI reference of a file from a folder, both absolute: relative where there is a way."""
    paths = _paths(folder)
    return _uri(_slashed(relative_path(target, folder), paths), paths)


def place(location: Location | None) -> str:
    """Return a place as people cite it: `role.json:7:9`, or the file with the JSON pointer where no line is known."""
    if location is None:
        return ""
    path = STDIN if location.path == "-" else location.path.replace("\n", "\\n").replace("\t", "\\t")
    if location.line is not None:
        return f"{path}:{location.line}:{location.column}"
    return f"{path} {location.pointer}" if location.pointer else path


def _paths(folder: str) -> Any:
    """Return the module for the paths of a system, told by its absolute paths."""
    return ntpath if _WINDOWS.match(folder) else posixpath


def _slashed(path: str, paths: Any) -> str:
    if paths is ntpath:
        return path.replace("\\", "/")
    return PurePath(path).as_posix() if path else ""


def _uri(path: str, paths: Any) -> str:
    """Return the URI of a path with slashes. Of Windows, a drive follows an empty host, and a server is the host.

    Source: https://www.rfc-editor.org/rfc/rfc8089#appendix-E
    """
    drive, rest = paths.splitdrive(path)
    if drive:
        return f"file:{drive}{_quoted(rest)}" if drive.startswith("//") else f"file:///{drive}{_quoted(rest)}"
    return f"file://{_quoted(path)}" if path.startswith("/") else _quoted(path)


def _quoted(path: str) -> str:
    # Names of files that are no text are kept by Python as lone surrogates, each a byte.
    try:
        return quote(path, safe="/", errors="surrogateescape")
    except UnicodeEncodeError:
        return quote(path, safe="/", errors="surrogatepass")
