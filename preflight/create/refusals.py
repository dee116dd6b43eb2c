"""What AWS says when it refuses a call: who is denied what and by which policy, or which quota is used up."""

from __future__ import annotations

import re
from dataclasses import dataclass

from preflight.account.live.errors import Failed
from preflight.iam.access_denied import access_denied
from preflight.iam.access_denied_message import NAMES

# As users quote it: https://github.com/aws-samples/sagemaker-custom-project-templates/issues/51
_LIMIT = re.compile(
    r"service limit '(?P<quota>.+?)' is (?P<limit>\d+) (?P<unit>\w+), with current utilization of (?P<used>\d+) \w+ "
    r"and a request delta of (?P<wanted>\d+)"
)


@dataclass(frozen=True, slots=True)
class Denied:
    """AWS's AccessDenied, taken apart. `missing` or `denying` is the type of policy that it names, if it names one."""

    caller: str
    action: str
    resource: str
    missing: str
    denying: str

    def says(self) -> str:
        """Return in words what decided."""
        on = f" on {self.resource}" if self.resource else ""
        if self.denying:
            article = "an" if self.denying.startswith("identity") else "a"
            return f"{article} {self.denying} denies {self.action}{on} to {self.caller}"
        missing = f"no {self.missing} allows" if self.missing else "nothing allows"
        return f"{missing} {self.action}{on} to {self.caller}"

    def remedy(self) -> str:
        """Return what to do, and who can."""
        kind = self.denying or self.missing
        on = f" on {self.resource}" if self.resource else ""
        if "service control" in kind or "resource control" in kind:
            return f"Only the organization's management account can change it: ask it to allow {self.action}{on}."
        if "permissions boundary" in kind:
            return f"Allow {self.action}{on} in the permissions boundary of {self.caller}."
        if self.denying:
            return f"Ask the owner of that {kind} to exclude {self.action}{on} from its Deny."
        return f"Allow {self.action}{on} to {self.caller}."


@dataclass(frozen=True, slots=True)
class Limit:
    """AWS's ResourceLimitExceeded, taken apart."""

    quota: str
    limit: int
    used: int
    wanted: int
    unit: str

    @property
    def headroom(self) -> int:
        """How much of the quota is left."""
        return max(self.limit - self.used, 0)

    def says(self) -> str:
        """Return the sum in words."""
        return (
            f"{self.wanted} more requested, {self.headroom} available: {self.used} of {self.limit} of the quota "
            f"'{self.quota}' are in use"
        )

    def remedy(self, region: str) -> str:
        """Return what to ask for."""
        return (
            f"Ask for at least {self.used + self.wanted} of '{self.quota}' in Service Quotas of {region}, "
            "delete what is not needed, or ask for less."
        )


def denied(failed: Failed) -> Denied | None:
    """Take AWS's refusal for want of permission apart; None for any other, or one that it words differently."""
    said = next(access_denied(failed.message), None) if failed.denied else None
    if said is None:
        return None
    kind = "" if said.policy_type is None else NAMES[said.policy_type]
    missing, denying = (kind, "") if said.effect == "implicitDeny" else ("", kind)
    return Denied(said.principal, said.action, said.resource, missing, denying)


def limit(failed: Failed) -> Limit | None:
    """Take AWS's refusal for want of quota apart; None for any other, or one that it words differently."""
    found = _LIMIT.search(failed.message) if failed.code == "ResourceLimitExceeded" else None
    if found is None:
        return None
    return Limit(found["quota"], int(found["limit"]), int(found["used"]), int(found["wanted"]), found["unit"])


def rules_for(failed: Failed) -> tuple[str, ...]:
    """Return the rules whose checks may explain a refusal."""
    if failed.denied:
        return ("PRE110", "PRE122")
    if failed.code == "ResourceLimitExceeded":
        return ("PRE501", "PRE502", "PRE503", "PRE504")
    if failed.code in ("RegionDisabledException", "OptInRequired", "UnrecognizedClientException"):
        return ("PRE201", "PRE210")
    if failed.code == "ParamValidationError":
        return ("PRE303",)
    if failed.code == "ValidationException":
        return ("PRE301", "PRE303", "PRE302", "PRE401", "PRE402", "PRE505")
    return ()
