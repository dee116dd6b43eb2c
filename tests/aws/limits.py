"""SageMaker refuses what goes over the account's quotas, with the quota, the use and the request in its message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.aws.answers import AwsError
from tests.aws.scope import Scope

TOTAL = "Number of instances across active endpoints"
SERVERLESS = "Maximum number of serverless endpoints"
CONCURRENCY = "Maximum total concurrency that can be allocated across all serverless endpoints"

_ACTIVE = ("Creating", "Updating", "SystemUpdating", "RollingBack", "InService", "OutOfService", "UpdateRollbackFailed")


def enforce(scope: Scope, config: Mapping[str, Any]) -> None:
    """Raise ResourceLimitExceeded when what a configuration asks for does not fit; an unlisted quota limits nothing."""
    wanted = _draws(config.get("ProductionVariants", []), config.get("ShadowProductionVariants", []))
    used: Counter[str] = Counter()
    for endpoint in scope.hosting.endpoints.values():
        if endpoint.status in _ACTIVE:
            used += _draws(endpoint.variants, endpoint.shadows)
    for name in sorted(wanted, key=lambda name: name == TOTAL):
        quota = scope.state.quotas.get(name)
        limit = None if quota is None else quota.default if quota.applied is None else quota.applied
        if limit is not None and used[name] + wanted[name] > limit:
            unit = "Instances" if name == TOTAL or name.endswith("for endpoint usage") else "None"
            raise AwsError(
                "ResourceLimitExceeded",
                f"The account-level service limit '{name}' is {int(limit)} {unit}, with current utilization of "
                f"{used[name]} {unit} and a request delta of {wanted[name]} {unit}. "
                "Please contact AWS support to request an increase for this limit.",
            )


def _draws(*groups: list[dict[str, Any]]) -> Counter[str]:
    draws: Counter[str] = Counter()
    for variant in [variant for group in groups for variant in group]:
        if "ServerlessConfig" in variant:
            draws[SERVERLESS] = 1
            draws[CONCURRENCY] += variant["ServerlessConfig"]["MaxConcurrency"]
        elif "InstanceType" in variant:
            count = variant.get("InitialInstanceCount", 1)
            draws[f"{variant['InstanceType']} for endpoint usage"] += count
            draws[TOTAL] += count
    return draws
