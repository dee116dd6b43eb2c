from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.control import StandIn

M5 = "ml.m5.xlarge for endpoint usage"


def values(client: Any, operation: str) -> dict[str, float]:
    pages = client.get_paginator(operation).paginate(ServiceCode="sagemaker", PaginationConfig={"PageSize": 5})
    return {quota["QuotaName"]: quota["Value"] for page in pages for quota in page["Quotas"]}


def test_applied_values_and_defaults_are_told_apart(aws: StandIn) -> None:
    client = aws.client("service-quotas")
    aws.quota(M5, 9)
    aws.quota("ml.g5.xlarge for endpoint usage", None)
    applied, defaults = values(client, "list_service_quotas"), values(client, "list_aws_default_service_quotas")
    assert (applied[M5], defaults[M5]) == (9.0, 4.0)
    assert set(defaults) - set(applied) == {"ml.g5.xlarge for endpoint usage"}
    found = client.get_service_quota(ServiceCode="sagemaker", QuotaCode="L-2F737F8D")["Quota"]
    assert (found["QuotaName"], found["Value"]) == (M5, 9.0)
    assert found["UsageMetric"]["MetricDimensions"]["Resource"] == "endpoint/ml.m5.xlarge"


def test_a_quota_that_is_not_there(aws: StandIn) -> None:
    aws.no_quota(M5)
    client = aws.client("service-quotas")
    assert M5 not in values(client, "list_service_quotas")
    with pytest.raises(ClientError) as caught:
        client.get_service_quota(ServiceCode="sagemaker", QuotaCode="L-2F737F8D")
    assert caught.value.response["Error"]["Code"] == "NoSuchResourceException"
