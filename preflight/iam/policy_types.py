"""The types of policy that bear on a decision."""

from __future__ import annotations

from enum import StrEnum


class PolicyType(StrEnum):
    """The types of policy that bear on a decision, by AWS's names."""

    IDENTITY = "identity"
    BOUNDARY = "permissions-boundary"
    SESSION = "session"
    SCP = "service-control"
    RCP = "resource-control"
    RESOURCE = "resource"
    VPC_ENDPOINT = "vpc-endpoint"
