"""Statements of a decision, as results cite them."""

from __future__ import annotations

from collections.abc import Iterable

from preflight.engine.result import Evidence
from preflight.iam.decision import StatementRef


def evidence(refs: Iterable[StatementRef]) -> tuple[Evidence, ...]:
    """Return statements as results cite them, each once."""
    found = (Evidence(each.policy, each.sid or f"Statement[{each.statement}]") for each in refs)
    return tuple(dict.fromkeys(found))
