from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.control import StandIn

ARN = "arn:aws:sagemaker:us-east-1:111122223333"


def variant(**members: Any) -> dict[str, Any]:
    return {
        "VariantName": "all",
        "ModelName": "Churn",
        "InstanceType": "ml.m5.xlarge",
        "InitialInstanceCount": 1,
        **members,
    }


@pytest.fixture
def sagemaker(aws: StandIn) -> Any:
    client = aws.client("sagemaker")
    client.create_model(ModelName="Churn", ExecutionRoleArn="arn:aws:iam::111122223333:role/endpoint-execution")
    client.create_endpoint_config(EndpointConfigName="churn-1", ProductionVariants=[variant()])
    return client


def refused(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_an_endpoint_comes_into_service_and_its_arn_is_in_lower_case(sagemaker: Any) -> None:
    made = sagemaker.create_endpoint(EndpointName="Churn", EndpointConfigName="churn-1")
    assert made["EndpointArn"] == f"{ARN}:endpoint/churn"
    looks = [sagemaker.describe_endpoint(EndpointName="Churn")["EndpointStatus"] for _ in range(3)]
    assert looks == ["Creating", "InService", "InService"]


def test_names_in_use_are_refused_and_those_of_endpoints_without_case(sagemaker: Any) -> None:
    sagemaker.create_endpoint(EndpointName="Churn", EndpointConfigName="churn-1")
    assert refused(sagemaker.create_endpoint, EndpointName="chuRN", EndpointConfigName="churn-1") == (
        "ValidationException",
        f'Cannot create already existing endpoint "{ARN}:endpoint/churn".',
    )
    assert refused(sagemaker.create_endpoint_config, EndpointConfigName="churn-1", ProductionVariants=[variant()]) == (
        "ValidationException",
        f'Cannot create already existing endpoint configuration "{ARN}:endpoint-config/churn-1".',
    )
    assert refused(sagemaker.create_model, ModelName="Churn") == (
        "ValidationException",
        f'Cannot create already existing model "{ARN}:model/churn".',
    )
