from __future__ import annotations

from typing import Any

import pytest

from tests.readiness.checking import judge, only
from tests.readiness.worlds import CREATE, kinds

CONFIG = {"EndpointConfigName": "demo-config", "ProductionVariants": [{"VariantName": "a", "ModelName": "m"}]}
IN_S3 = {"ModelName": "m", "PrimaryContainer": {"ModelDataUrl": "s3://models/model.tar.gz"}}
IN_IMAGE = {"ModelName": "m", "PrimaryContainer": {"Image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/m:1"}}


def world(model: dict[str, Any] = IN_S3, **more: Any) -> dict[str, Any]:
    return {"endpoint_configs": [CONFIG], "models": [model], **more}


@pytest.mark.parametrize(("active", "kind"), [(True, "pass"), (False, "fail"), (None, "open")])
def test_models_with_data_in_s3_need_sts_in_the_region(active: bool | None, kind: str) -> None:
    said = {} if active is None else {"sts_active": active}
    result = only(judge("PRE210", CREATE, region="eu-west-1", **world(**said)))
    assert result.kind == kind
    assert "read the data of models" in result.message
    if kind == "fail":
        assert "Account settings" in result.remedy
        assert "model data of model `m`" in result.message


@pytest.mark.parametrize("said", [{}, {"sts_active": False}])
def test_models_without_data_in_s3_do_not(said: dict[str, bool]) -> None:
    result = only(judge("PRE210", CREATE, region="eu-west-1", **world(IN_IMAGE, **said)))
    assert result.kind == "notApplicable"
    assert "no model of the endpoint has data in S3" in result.message


def test_uncompressed_data_counts_as_well() -> None:
    source = {"S3DataSource": {"S3Uri": "s3://models/m/", "S3DataType": "S3Prefix", "CompressionType": "None"}}
    model = {"ModelName": "m", "PrimaryContainer": {"ModelDataSource": source}}
    assert only(judge("PRE210", CREATE, region="eu-west-1", **world(model, sts_active=False))).kind == "fail"


def test_without_the_configuration_it_is_not_known_whether_sts_is_needed() -> None:
    result = only(judge("PRE210", CREATE, region="eu-west-1", endpoint_configs=[], sts_active=False))
    assert result.kind == "open"
    assert "endpoint configuration `demo-config`" in result.message


def test_a_model_that_cannot_be_read_leaves_it_open() -> None:
    result = only(judge("PRE210", CREATE, region="eu-west-1", endpoint_configs=[CONFIG], sts_active=False))
    assert result.kind == "open"
    assert "model `m`" in result.message


def test_only_the_call_that_needs_it_is_told_of_it() -> None:
    model = ("CreateModel", IN_S3)
    config = ("CreateEndpointConfig", CONFIG)
    found = judge("PRE210", model, config, CREATE, region="eu-west-1", models=[], endpoint_configs=[], sts_active=False)
    assert kinds(found) == ["fail"]
    assert kinds(judge("PRE210", model, region="eu-west-1")) == ["notApplicable"]


SERVING = {
    "EndpointName": "old",
    "EndpointConfigName": "demo-config",
    "EndpointStatus": "InService",
    "LastModifiedTime": "2026-01-03T10:00:00Z",
}


def test_an_endpoint_in_service_with_data_in_s3_is_evidence() -> None:
    result = only(judge("PRE210", CREATE, region="eu-west-1", **world(endpoints=[SERVING])))
    assert result.kind == "open"
    assert (
        "endpoint `old`, for which the service needed it, has been in service there since 2026-01-03" in result.message
    )
    assert "--sts-active eu-west-1" in result.remedy
    for other in ({**SERVING, "EndpointStatus": "Failed"}, {**SERVING, "EndpointConfigName": "gone"}):
        assert "Evidence" not in only(judge("PRE210", CREATE, region="eu-west-1", **world(endpoints=[other]))).message
