"""How reports name files: from the root of the repository, with slashes, as code hosts look them up."""

from __future__ import annotations

import posixpath
from pathlib import PurePath
from urllib.parse import quote

from preflight.engine.result import Location
from preflight.report.view import View

STDIN = "stdin"


def relative(path: str, view: View) -> str:
    """Return a path from the view's root, or from its folder; absolute for what lies outside, `stdin` for `-`."""
    if path == "-":
        return STDIN
    folder, root = _slashed(view.folder), _slashed(view.root or view.folder)
    whole = posixpath.normpath(posixpath.join(folder, _slashed(view.real.get(path, path))))
    inside = whole.removeprefix(f"{root.rstrip('/')}/")
    return inside if root and inside else whole


def uri(path: str, view: View) -> str:
    """Return a path as a URI reference (RFC 3986): relative where it can be, with everything unusual %-encoded."""
    name = relative(path, view)
    return f"file://{_quoted(name)}" if name.startswith("/") else _quoted(name)


def folder_uri(folder: str) -> str:
    """Return the URI of a folder, which ends with a slash."""
    return f"file://{_quoted(_slashed(folder)).rstrip('/')}/"


def place(location: Location | None) -> str:
    """Return a place as people cite it: `role.json:7:9`, or the file with the JSON pointer where no line is known."""
    if location is None:
        return ""
    path = STDIN if location.path == "-" else location.path.replace("\n", "\\n").replace("\t", "\\t")
    if location.line is not None:
        return f"{path}:{location.line}:{location.column}"
    return f"{path} {location.pointer}" if location.pointer else path


def _slashed(path: str) -> str:
    return PurePath(path).as_posix() if path else ""


def _quoted(path: str) -> str:
    # Names of files that are no text are kept by Python as lone surrogates, each a byte.
    try:
        return quote(path, safe="/", errors="surrogateescape")
    except UnicodeEncodeError:
        return quote(path, safe="/", errors="surrogatepass")
