"""Service Quotas for SageMaker. Other services' quotas are moto's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from tests.aws.answers import AwsError
from tests.aws.limits import CONCURRENCY, SERVERLESS, TOTAL
from tests.aws.scope import Scope
from tests.aws.state import Quota, partition_of

Parameters = Mapping[str, Any]

# Names and codes as public dumps of ListServiceQuotas have them; see README.md. The values are this stand-in's own.
_KNOWN = {
    TOTAL: ("L-7A3DF611", 20.0),
    SERVERLESS: ("L-99AD19BF", 5.0),
    CONCURRENCY: ("L-96300102", 10.0),
    "ml.m4.xlarge for endpoint usage": ("L-97CF11BE", 2.0),
    "ml.m5.xlarge for endpoint usage": ("L-2F737F8D", 4.0),
    "ml.m5.24xlarge for endpoint usage": ("L-329751EB", 0.0),
    "ml.g4dn.4xlarge for endpoint usage": ("L-31522FA6", 1.0),
    "ml.g5.xlarge for endpoint usage": ("L-1928E07B", 2.0),
    "ml.g5.2xlarge for endpoint usage": ("L-9614C779", 1.0),
    "ml.g5.16xlarge for endpoint usage": ("L-962705EA", 0.0),
    "ml.g6.xlarge for endpoint usage": ("L-D470D954", 1.0),
    "ml.g6.2xlarge for endpoint usage": ("L-98BDE811", 1.0),
    "ml.g6.16xlarge for endpoint usage": ("L-913947FA", 0.0),
    "ml.g6e.xlarge for endpoint usage": ("L-B0729CB4", 1.0),
    "ml.g6e.2xlarge for endpoint usage": ("L-F8D7F460", 0.0),
    "ml.g6e.8xlarge for endpoint usage": ("L-96A28D02", 0.0),
    "ml.p4de.24xlarge for endpoint usage": ("L-456B4C5F", 0.0),
}


def usual() -> dict[str, Quota]:
    """Return the quotas of an account that nobody changed, by name."""
    return {name: Quota(name, code, value, value) for name, (code, value) in _KNOWN.items()}


def made_up_code(name: str) -> str:
    """Return a code in AWS's form for a quota whose code is not known."""
    return f"L-{hashlib.sha256(name.encode()).hexdigest()[:8].upper()}"


def list_service_quotas(scope: Scope, parameters: Parameters) -> dict[str, Any] | None:
    """Leaves out quotas whose applied value is not available, as AWS documents."""
    applied = [_shape(scope, quota, quota.applied) for quota in _of(scope) if quota.applied is not None]
    return _page(applied, parameters) if _sagemaker(parameters) else None


def list_aws_default_service_quotas(scope: Scope, parameters: Parameters) -> dict[str, Any] | None:
    defaults = [_shape(scope, quota, quota.default) for quota in _of(scope)]
    return _page(defaults, parameters) if _sagemaker(parameters) else None


def get_service_quota(scope: Scope, parameters: Parameters) -> dict[str, Any] | None:
    return _one(scope, parameters, applied=True) if _sagemaker(parameters) else None


def get_aws_default_service_quota(scope: Scope, parameters: Parameters) -> dict[str, Any] | None:
    return _one(scope, parameters, applied=False) if _sagemaker(parameters) else None


def _sagemaker(parameters: Parameters) -> bool:
    return bool(parameters["ServiceCode"] == "sagemaker")


def _of(scope: Scope) -> list[Quota]:
    return list(scope.state.quotas.values())


def _one(scope: Scope, parameters: Parameters, *, applied: bool) -> dict[str, Any]:
    for quota in _of(scope):
        if quota.code == parameters["QuotaCode"]:
            value = quota.applied if applied and quota.applied is not None else quota.default
            return {"Quota": _shape(scope, quota, value)}
    raise AwsError("NoSuchResourceException", "The request failed because the specified quota does not exist.")


def _page(entries: list[dict[str, Any]], parameters: Parameters) -> dict[str, Any]:
    start, size = int(parameters.get("NextToken", "0")), int(parameters.get("MaxResults", 100))
    following = {"NextToken": str(start + size)} if start + size < len(entries) else {}
    return {"Quotas": entries[start : start + size], **following}


def _shape(scope: Scope, quota: Quota, value: float) -> dict[str, Any]:
    resource = quota.name.removesuffix(" for endpoint usage")
    shape = {
        "ServiceCode": "sagemaker",
        "ServiceName": "Amazon SageMaker",
        "QuotaArn": f"arn:{partition_of(scope.region)}:servicequotas:{scope.region}:{scope.account}"
        f":sagemaker/{quota.code}",
        "QuotaCode": quota.code,
        "QuotaName": quota.name,
        "Value": value,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
        "Period": {"PeriodValue": 5, "PeriodUnit": "MINUTE"},
    }
    if resource != quota.name:
        dimensions = {"Service": "SageMaker", "Class": "None", "Type": "Resource", "Resource": f"endpoint/{resource}"}
        shape["UsageMetric"] = {
            "MetricNamespace": "AWS/Usage",
            "MetricName": "ResourceCount",
            "MetricDimensions": dimensions,
            "MetricStatisticRecommendation": "Maximum",
        }
    return shape
