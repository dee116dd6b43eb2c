"""Where `rules/` and `schemas/` lie: inside the package when installed, beside it in a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from preflight.errors import PreflightError


@cache
def folder(name: str) -> Path:
    """Return the folder `rules` or `schemas` that belongs to this code.

    Raises `PreflightError` when the installation lacks it.
    """
    package = Path(__file__).parent
    for candidate in (package / "_data" / name, package.parent / name):
        if candidate.is_dir():
            return candidate
    raise PreflightError(f"the installation at {package} has no {name}/; reinstall preflight")
