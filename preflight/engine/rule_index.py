"""Every rule of `rules/` as its file declares it, without examples, from one file: `rules/index.json`.

A run needs the heads of all rules and the texts of few; reading hundreds of YAML files for that takes longer than most
runs. `python tools/rule_index.py` writes the index from the rules' files, which a test holds to be current.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from preflight.data_files import folder, load_yaml
from preflight.errors import PreflightError

INDEX = "index.json"


@cache
def indexed() -> Mapping[str, Mapping[str, Any]]:
    """Return what each rule's file declares, by the rule's id; `family` is the folder that the file lies in."""
    rules: Mapping[str, Mapping[str, Any]] = json.loads((folder("rules") / INDEX).read_bytes())
    return rules


@cache
def path_of(rule: str) -> Path | None:
    """Return the file of a rule of ours; None where there is none."""
    entry = indexed().get(rule)
    return None if entry is None else _family(entry["family"]) / f"{rule}.yaml"


@cache
def _family(name: str) -> Path:
    return folder("rules") / name


def declared_in(path: Path) -> Mapping[str, Any]:
    """Return what a rule's file declares, without its examples: from the index where it is a rule of ours."""
    return indexed()[path.stem] if path == path_of(path.stem) else read(path)


def read(path: Path) -> Mapping[str, Any]:
    """Return what a rule's file declares, without its examples, which are most of it and come last; from the file.

    Raises `PreflightError` where it is not YAML, or no rule.
    """
    from yaml import YAMLError

    from preflight.documents.text.load import decode

    text = decode(path.read_bytes(), str(path)).removeprefix("\ufeff").partition("\nexamples:")[0]
    try:
        members: Mapping[str, Any] = load_yaml(text)
        return {**members, "family": path.parent.name}
    except (YAMLError, TypeError) as error:
        raise PreflightError(f"{path}: it isn't the YAML of a rule: {' '.join(str(error).split())}") from error
