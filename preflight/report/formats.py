"""The formats by their names: every command that gives a report prints it through `rendered`."""

from __future__ import annotations

from importlib import import_module

from preflight.engine.result import Report
from preflight.errors import UsageError
from preflight.report.view import PLAIN, View

FORMATS = ("text", "json", "jsonl", "sarif", "junit", "github", "gitlab", "markdown")


def require_format(name: str) -> None:
    """Raise `UsageError` for a name that is no format's, with the nearest that is."""
    if name in FORMATS:
        return
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), FORMATS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FORMATS)}"
    raise UsageError(f"unknown format {name!r}; {hint}")


def rendered(report: Report, name: str, view: View = PLAIN) -> str:
    """Return the report in a format, with a line end; only that format's module is loaded.

    Raises `UsageError` for a name that is no format's.
    """
    require_format(name)
    text: str = import_module(f"preflight.report.{name}").render(report, view)
    return text
