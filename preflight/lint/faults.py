"""What one look at a policy finds wrong with it, by kind: a rule is one kind, and several share the look."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, TypeAlias

from preflight.lint.finding import Finding

Faults: TypeAlias = defaultdict[str, list[Finding]]

_SHOWN = 80


def no_faults() -> Faults:
    """Return a place for findings."""
    return defaultdict(list)


def shown(value: Any) -> str:
    """Return a value as a message cites it: as JSON has it, shortened where it is long."""
    import json

    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
