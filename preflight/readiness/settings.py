"""What a team vouches for when a plan is checked: the settings of `[check]` and the options of the same names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from preflight.account.sessions import Session


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """What holds for a check beside the plan and the facts.

    `session` is what is known of the session that makes the calls. In the regions of `sts_active` STS is active: AWS
    has no call that shows it. Resources whose type fits a pattern of `allow_unchecked` (`Custom::*`) may go unchecked.
    `service_role` is the role that CloudFormation deploys a stack with; the plan's principal is then who deploys it.
    """

    session: Session = field(default_factory=Session)
    sts_active: tuple[str, ...] = ()
    allow_unchecked: tuple[str, ...] = ()
    service_role: str | None = None

    def vouched(self) -> dict[str, Any]:
        """Return what was vouched for as plain data, by the names of a report's `vouched_for`."""
        said: dict[str, Any] = {
            "session_policies": [each.path for each in self.session.policies],
            "session_tags": dict(self.session.tags),
            "source_identity": self.session.source_identity,
            "sts_active": list(self.sts_active),
            "allow_unchecked": list(self.allow_unchecked),
            "service_role": self.service_role,
        }
        return {name: value for name, value in said.items() if value}
