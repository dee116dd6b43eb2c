"""The actions of SageMaker hosting that an audit asks about, from `rules/audit-data/hosting.json`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from preflight.data_files import declared_json

ANY_NAME = "?*"


@dataclass(frozen=True, slots=True)
class HostingAction:
    """One action. `group` is create, update, delete, invoke or read; `type` the type of resource, `*` for none."""

    action: str
    group: str
    type: str

    def resource(self, partition: str, region: str, account: str) -> str:
        """Return every resource that the action can be on, as an ARN with an open name; `*` where it is on none."""
        return "*" if self.type == "*" else f"arn:{partition}:sagemaker:{region}:{account}:{self.type}/{ANY_NAME}"


@cache
def hosting_actions() -> tuple[HostingAction, ...]:
    """Return the actions, in the order of a resource's life."""
    declared = declared_json("audit-data/hosting")
    return tuple(HostingAction(each["action"], each["group"], each["resource"]) for each in declared["actions"])
