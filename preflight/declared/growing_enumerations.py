"""Which enumerations of API models AWS adds values to often: `rules/growing-enumerations.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from preflight.data_files import folder


@cache
def growing() -> Mapping[str, Mapping[str, Any]]:
    """Return what is declared of each such enumeration, by the name of its shape."""
    import yaml

    path = folder("rules") / "growing-enumerations.yaml"
    return {each["shape"]: each for each in yaml.safe_load(path.read_bytes())}
