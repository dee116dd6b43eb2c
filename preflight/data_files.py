"""Where `rules/` and `schemas/` lie (inside the package when installed, beside it in a checkout), and their YAML."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

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


@cache
def declared_json(name: str) -> Any:
    """Return what a JSON file of `rules/` says, read once: `authorization/service-rules`.

    Not for large files that are distilled and dropped: the content is kept.
    """
    return json.loads((folder("rules") / f"{name}.json").read_bytes())


def load_yaml(text: str | bytes) -> Any:
    """Return what a YAML text of our own says. What users write is read by `documents.text`, with its places."""
    import yaml

    return yaml.load(text, yaml_loader())


def yaml_loader() -> Any:
    """Return PyYAML's safe loader: libyaml's, which is ten times as fast, where PyYAML was built with it."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def head_and_examples(text: str) -> tuple[str, str]:
    """Return a declaration of ours in two: what runs need, and its `examples`, which come last."""
    head, mark, examples = text.partition("\nexamples:")
    return head, mark.lstrip() + examples
