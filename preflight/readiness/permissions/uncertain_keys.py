"""Condition keys of which AWS's own pages say different things: whether a request has them is not known.

Two sorts: a key that AWS lists for an action and says elsewhere that it does not support
(`rules/authorization/unsupported-keys.yaml`), and a deprecated key that AWS's reference lists under its new name only
while policies that AWS has published use the old one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from preflight.data_files import folder

_REPLACED = re.compile(r"has been deprecated\. It has been replaced by ([A-Za-z0-9-]+:[A-Za-z0-9]+)")


def why_uncertain(action: str, key: str) -> str | None:
    """Return why it is not known whether a request for an action has a key; None for all other keys."""
    for pattern, why in _unsupported().get(action.lower(), ()):
        if _fits(pattern, key.lower()):
            return why
    new = next((new for old, new in renamed_keys(action).items() if old.lower() == key.lower()), None)
    if new is None:
        return None
    return f"AWS's service authorization reference lists {new} for {action}, which replaces the deprecated {key}"


@cache
def renamed_keys(action: str) -> Mapping[str, str]:
    """Return deprecated keys of the service and what replaces each, where AWS lists only the new one for an action."""
    from preflight.catalog import action as of_name
    from preflight.catalog import condition_keys

    service, _, name = action.partition(":")
    found = of_name(service, name)
    if found is None:
        return {}
    listed = set(found.all_condition_keys)
    pairs = ((key.name, _REPLACED.search(key.description)) for key in condition_keys(service))
    return {name: match[1] for name, match in pairs if match and match[1] in listed and name not in listed}


@cache
def _unsupported() -> Mapping[str, tuple[tuple[str, str], ...]]:
    import yaml

    text = (folder("rules") / "authorization" / "unsupported-keys.yaml").read_text(encoding="utf-8")
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for entry in yaml.safe_load(text):
        for action in entry["actions"]:
            name = action.lower()
            found[name] = (*found.get(name, ()), *((key.lower(), entry["why"]) for key in entry["keys"]))
    return found


def _fits(pattern: str, key: str) -> bool:
    return key.startswith(pattern[:-1]) if pattern.endswith("*") else key == pattern
