"""Ways from what a principal may do to more than that, as `rules/` declares them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from preflight.lint.policy.sensitive_actions import lint_data


class Existing(NamedTuple):
    """What must exist for a way: a resource kind, declared in `rules/resources/` if snapshots can list it, the actions
    of the way that are on it, and what people call several of it, or one where it is only needed to run something in.
    """

    kind: str
    on: tuple[str, ...]
    called: str


class Way(NamedTuple):
    """One way. `kind` is `own-permissions`, `passed-role` or `existing-role`; `does` says what it comes to.

    `runs_as` are the services whose resources an `existing-role` way takes over, as roles trust them;
    `on` are actions with the ARN of what they are tried on, where that is not the first resource type of the action.
    `existing` is what it changes or takes over, `within` what it needs beside that, such as a cluster to run in,
    and `depends_on`, in words, what no permission of AWS decides.
    `audit_only` ways mean something only where an account's facts say more: a policy by itself is not faulted for them.
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
    existing: Existing | None = None
    within: Existing | None = None
    depends_on: tuple[str, ...] = ()
    audit_only: bool = False


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
            _existing(each.get("existing")),
            _existing(each.get("within")),
            tuple(each.get("depends-on", ())),
            each.get("audit-only", False),
        )
        for each in lint_data("escalation")
    )


def _existing(declared: Mapping[str, Any] | None) -> Existing | None:
    return None if declared is None else Existing(declared["kind"], tuple(declared["on"]), declared["called"])
