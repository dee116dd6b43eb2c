"""Ways from what a principal may do to more than that, as `rules/` declares them."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from preflight.lint.policy.sensitive_actions import lint_data


class Way(NamedTuple):
    """One way. `kind` is `own-permissions`, `passed-role` or `existing-role`; `does` says what it comes to.

    `runs_as` are the services whose resources an `existing-role` way takes over, as roles trust them;
    `on` are actions with the ARN of what they are tried on, where that is not the first resource type of the action.
    """

    name: str
    kind: str
    needs: tuple[str, ...]
    creates: tuple[str, ...]
    passed_to: tuple[str, ...]
    source: str
    does: str
    runs_as: tuple[str, ...] = ()
    on: tuple[tuple[str, str], ...] = ()


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
            tuple(each.get("runs-as", ())),
            tuple(each.get("on", {}).items()),
        )
        for each in lint_data("escalation")
    )
