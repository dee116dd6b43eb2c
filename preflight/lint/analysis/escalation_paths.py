"""Ways from what a principal may do to more than that, as `rules/` declares them."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from preflight.lint.policy.sensitive_actions import lint_data


class Way(NamedTuple):
    """One way. `kind` is `own-permissions`, `passed-role` or `existing-role`; `does` says what it comes to."""

    name: str
    kind: str
    needs: tuple[str, ...]
    creates: tuple[str, ...]
    passed_to: tuple[str, ...]
    source: str
    does: str


@cache
def ways() -> tuple[Way, ...]:
    """Return every known way."""
    return tuple(
        Way(
            each["name"],
            each["kind"],
            tuple(each["needs"]),
            tuple(each.get("creates", ())),
            tuple(each.get("passed-to", ())),
            each["source"],
            each["does"],
        )
        for each in lint_data("escalation")
    )
