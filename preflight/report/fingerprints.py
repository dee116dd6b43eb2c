"""What makes a result the same one in the next run, although lines were added above it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256

from preflight.engine.result import Result
from preflight.report.excerpt import Sources
from preflight.report.paths import relative
from preflight.report.view import View

_INDEX = re.compile(r"/\d+(?=/|$)")
_ENOUGH = 100
_SPACES = re.compile(r"\s+")


def fingerprints(results: Iterable[Result], view: View, *, of_account: bool = False) -> list[str]:
    """Return one for each result, all different: a hash, and which of those that are alike it is (`4f2a…:1`).

    Hashed are the rule, the file, what was judged, where in the document without the places in lists, and the text
    of the line; neither its number nor the message, in which numbers and names of other things come and go. Results
    `of_account` are the same ones in another snapshot: the file isn't hashed.
    """
    sources = Sources(view.sources)
    seen: Counter[str] = Counter()
    found = []
    for result in results:
        parts = [result.rule, result.subject]
        if result.location is not None:
            pointer = _INDEX.sub("/*", result.location.pointer)
            file = "" if of_account else relative(result.location.path, view)
            parts += [file, pointer, _text(result, sources)]
        digest = sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
        seen[digest] += 1
        found.append(f"{digest}:{seen[digest]}")
    return found


def _text(result: Result, sources: Sources) -> str:
    """Return what the result's line says, without spaces; of a line that holds a whole document, what is there."""
    location = result.location
    if location is None or location.line is None:
        return ""
    line = sources.line(location.path, location.line) or ""
    if len(line) > 2 * _ENOUGH:
        line = line[(location.column or 1) - 1 :]
    return _SPACES.sub("", line[: 2 * _ENOUGH])[:_ENOUGH]
