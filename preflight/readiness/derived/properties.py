"""Whether the properties of a resource are set, and what is in them, by paths such as `Code.S3Bucket`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from preflight.unresolved import DeployText

Set = Literal["set", "unset", "unknown"]
_EMPTY: tuple[Any, ...] = (None, "", [], {})


def values_at(properties: Any, path: str) -> Iterator[Any]:
    """Give what is found at a path; elements of lists are gone through."""
    waiting = [(properties, path.split("."))]
    while waiting:
        value, parts = waiting.pop(0)
        if isinstance(value, list):
            waiting.extend((each, parts) for each in value)
        elif not parts:
            yield value
        elif isinstance(value, Mapping):
            if parts[0] in value:
                waiting.append((value[parts[0]], parts[1:]))
        elif DeployText.partial(value):
            # Nothing is known of what is inside.
            yield value


def is_set(properties: Mapping[str, Any], path: str) -> Set:
    """Say whether a property is set: what a condition decides that is not known is unknown, as is a plain false."""
    found = [each for each in values_at(properties, path) if each not in _EMPTY]
    if not found:
        return "unset"
    return "set" if any(map(_certain, found)) else "unknown"


def any_set(properties: Mapping[str, Any], paths: tuple[str, ...]) -> tuple[Set, str]:
    """Say whether any of several properties is set, and which."""
    found = {path: is_set(properties, path) for path in paths}
    for wanted in ("set", "unknown"):
        for path, each in found.items():
            if each == wanted:
                return wanted, path
    return "unset", ""


def _certain(value: Any) -> bool:
    if value is False or value == "false":
        return False
    text = DeployText.partial(value)
    return text is None or not (text.is_wholly_unknown and any(each.startswith("condition ") for each in text.labels))


def leaves(value: Any, path: str) -> dict[str, Any]:
    """Return the texts that lie beside the property at a path, by their names: `S3Bucket` and `S3Key` of `Code`."""
    found: dict[str, Any] = {}
    above, _, _ = path.rpartition(".")
    for each in values_at(value, above) if above else (value,):
        if isinstance(each, Mapping):
            found |= {name: inner for name, inner in each.items() if isinstance(inner, (str, int, list))}
    return found
