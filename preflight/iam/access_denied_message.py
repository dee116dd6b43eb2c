"""AWS's access denied message, put together: a refusal reads as AWS writes it, so that people can search for it.

Source of the forms: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from preflight.iam.access_denied import TRUST
from preflight.iam.request import PolicyType

NAMES: Mapping[PolicyType | str, str] = MappingProxyType(
    {
        PolicyType.IDENTITY: "identity-based policy",
        PolicyType.BOUNDARY: "permissions boundary",
        PolicyType.SESSION: "session policy",
        PolicyType.SCP: "service control policy",
        PolicyType.RCP: "resource control policy",
        PolicyType.RESOURCE: "resource-based policy",
        PolicyType.VPC_ENDPOINT: "VPC endpoint policy",
        TRUST: "role trust policy",
    }
)
"""What AWS calls each type of policy in a message."""


def not_authorized(principal: str, action: str, resource: str) -> str:
    """Return the sentence that every message begins with: `User: … is not authorized to perform: … on resource: …`."""
    return f"User: {principal} is not authorized to perform: {action} on resource: {resource}"


def no_policy_allows(action: str, missing: Iterable[PolicyType | str]) -> str:
    """Return the end for an implicit deny. AWS names one type of policy; where more are missing, they follow."""
    first, *others = dict.fromkeys(missing)
    return f"because no {NAMES[first]} allows the {action} action" + "".join(
        f", and no {NAMES[each]} allows it either" for each in others
    )


def explicit_deny(policy_type: PolicyType | str) -> str:
    """Return the end for an explicit deny: `with an explicit deny in an identity-based policy`."""
    name = NAMES[policy_type]
    article = "the" if policy_type == TRUST else "an" if name[0] in "aei" else "a"
    return f"with an explicit deny in {article} {name}"
