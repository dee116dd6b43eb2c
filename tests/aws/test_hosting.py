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


def test_what_the_model_forbids_is_refused_as_aws_says_it(sagemaker: Any) -> None:
    code, message = refused(sagemaker.create_endpoint, EndpointName="a_b", EndpointConfigName="churn-1")
    assert (code, message) == (
        "ValidationException",
        "1 validation error detected: Value 'a_b' at 'endpointName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
    )
    long = refused(sagemaker.create_endpoint, EndpointName="a" * 64, EndpointConfigName="churn-1")[1]
    assert "Member must have length less than or equal to 63" in long
    other = [variant(InstanceType="ml.imaginary.large")]
    unknown = refused(sagemaker.create_endpoint_config, EndpointConfigName="c", ProductionVariants=other)[1]
    assert "'productionVariants.1.member.instanceType'" in unknown
    assert "Member must satisfy enum value set: [" in unknown


def test_what_is_not_there_is_named_by_its_arn(sagemaker: Any) -> None:
    assert refused(sagemaker.describe_endpoint, EndpointName="Nope") == (
        "ValidationException",
        f'Could not find endpoint "{ARN}:endpoint/nope".',
    )
    assert refused(sagemaker.create_endpoint, EndpointName="e", EndpointConfigName="Nope")[1] == (
        f'Could not find endpoint configuration "{ARN}:endpoint-config/nope".'
    )
    missing = [variant(ModelName="nope")]
    assert refused(sagemaker.create_endpoint_config, EndpointConfigName="c", ProductionVariants=missing)[1] == (
        f'Could not find model "{ARN}:model/nope".'
    )


def test_a_configuration_is_described_as_it_was_given(sagemaker: Any) -> None:
    given = {
        "EndpointConfigName": "full",
        "ProductionVariants": [variant(InstanceType="ml.g6e.xlarge")],
        "ShadowProductionVariants": [variant(VariantName="shadow", InstanceType="ml.inf2.xlarge")],
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/endpoint-execution",
        "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        "EnableNetworkIsolation": True,
    }
    sagemaker.create_endpoint_config(**given, Tags=[{"Key": "team", "Value": "ml"}])
    described = sagemaker.describe_endpoint_config(EndpointConfigName="full")
    assert {name: described[name] for name in given} == given
    assert "Tags" not in described
    tags = sagemaker.list_tags(ResourceArn=described["EndpointConfigArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "ml"}]


def test_a_new_configuration_is_not_seen_at_first(aws: StandIn, sagemaker: Any) -> None:
    aws.stale(reads=2, creates=1, config="churn-1")
    for _ in range(2):
        assert (
            "Could not find endpoint configuration"
            in refused(sagemaker.describe_endpoint_config, EndpointConfigName="churn-1")[1]
        )
    assert sagemaker.describe_endpoint_config(EndpointConfigName="churn-1")["EndpointConfigName"] == "churn-1"
    names = {"EndpointName": "churn", "EndpointConfigName": "churn-1"}
    assert "Could not find endpoint configuration" in refused(sagemaker.create_endpoint, **names)[1]
    assert sagemaker.create_endpoint(**names)["EndpointArn"] == f"{ARN}:endpoint/churn"


def test_quotas_hold_over_all_endpoints(aws: StandIn, sagemaker: Any) -> None:
    aws.quota("ml.m5.xlarge for endpoint usage", 2)
    for name in ("one", "two"):
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName="churn-1")
    assert refused(sagemaker.create_endpoint, EndpointName="three", EndpointConfigName="churn-1") == (
        "ResourceLimitExceeded",
        "The account-level service limit 'ml.m5.xlarge for endpoint usage' is 2 Instances, with current utilization "
        "of 2 Instances and a request delta of 1 Instances. Please contact AWS support to request an increase for "
        "this limit.",
    )
    aws.quota("ml.m5.xlarge for endpoint usage", 10)
    aws.quota("Number of instances across active endpoints", 2)
    assert (
        "'Number of instances across active endpoints' is 2 Instances"
        in refused(sagemaker.create_endpoint, EndpointName="three", EndpointConfigName="churn-1")[1]
    )


def test_an_endpoint_fails_with_its_reason_and_can_only_be_deleted(aws: StandIn, sagemaker: Any) -> None:
    aws.fail_endpoint("churn", "The container did not pass the ping health check.")
    sagemaker.create_endpoint(EndpointName="churn", EndpointConfigName="churn-1")
    assert "in-progress" in refused(sagemaker.delete_endpoint, EndpointName="churn")[1]
    assert "FailureReason" not in sagemaker.describe_endpoint(EndpointName="churn")
    failed = sagemaker.describe_endpoint(EndpointName="churn")
    assert (failed["EndpointStatus"], failed["FailureReason"]) == (
        "Failed",
        "The container did not pass the ping health check.",
    )
    assert "failed" in refused(sagemaker.update_endpoint, EndpointName="churn", EndpointConfigName="churn-1")[1]
    sagemaker.delete_endpoint(EndpointName="churn")
    assert sagemaker.describe_endpoint(EndpointName="churn")["EndpointStatus"] == "Deleting"
    assert refused(sagemaker.describe_endpoint, EndpointName="churn")[0] == "ValidationException"


def test_an_endpoint_that_is_held_goes_on_when_released(aws: StandIn, sagemaker: Any) -> None:
    aws.hold_endpoint("churn")
    sagemaker.create_endpoint(EndpointName="churn", EndpointConfigName="churn-1")
    looks = [sagemaker.describe_endpoint(EndpointName="churn")["EndpointStatus"] for _ in range(3)]
    assert looks == ["Creating"] * 3
    aws.release_endpoint("churn")
    looks = [sagemaker.describe_endpoint(EndpointName="churn")["EndpointStatus"] for _ in range(2)]
    assert looks == ["Creating", "InService"]
    assert aws.endpoint("CHURN") == {
        "EndpointName": "churn",
        "EndpointConfigName": "churn-1",
        "EndpointStatus": "InService",
    }


def test_an_update_moves_an_endpoint_to_another_configuration(aws: StandIn, sagemaker: Any) -> None:
    sagemaker.create_endpoint_config(EndpointConfigName="churn-2", ProductionVariants=[variant(VariantName="new")])
    sagemaker.create_endpoint(EndpointName="churn", EndpointConfigName="churn-1")
    update = {"EndpointName": "churn", "EndpointConfigName": "churn-2"}
    assert "in-progress" in refused(sagemaker.update_endpoint, **update)[1]
    sagemaker.describe_endpoint(EndpointName="churn")
    sagemaker.update_endpoint(**update)
    looks = [sagemaker.describe_endpoint(EndpointName="churn") for _ in range(2)]
    assert [look["EndpointStatus"] for look in looks] == ["Updating", "InService"]
    assert [look["EndpointConfigName"] for look in looks] == ["churn-1", "churn-2"]
    assert looks[0]["PendingDeploymentSummary"]["EndpointConfigName"] == "churn-2"
    assert looks[1]["ProductionVariants"][0]["VariantName"] == "new"


def test_an_update_that_is_rolled_back_leaves_the_configuration_as_it_was(aws: StandIn, sagemaker: Any) -> None:
    sagemaker.create_endpoint_config(EndpointConfigName="churn-2", ProductionVariants=[variant(VariantName="new")])
    sagemaker.create_endpoint(EndpointName="churn", EndpointConfigName="churn-1")
    sagemaker.describe_endpoint(EndpointName="churn")
    aws.endpoint_goes("Updating", "RollingBack", "InService", name="churn", reason="An alarm went off.")
    sagemaker.update_endpoint(EndpointName="churn", EndpointConfigName="churn-2")
    looks = [sagemaker.describe_endpoint(EndpointName="churn") for _ in range(3)]
    assert [look["EndpointStatus"] for look in looks] == ["Updating", "RollingBack", "InService"]
    assert [look.get("FailureReason") for look in looks] == [None, "An alarm went off.", "An alarm went off."]
    assert looks[2]["EndpointConfigName"] == "churn-1"


def test_lists_come_in_pages_and_are_filtered(sagemaker: Any) -> None:
    for index in range(12):
        sagemaker.create_endpoint_config(EndpointConfigName=f"many-{index}", ProductionVariants=[variant()])
    assert len(sagemaker.list_endpoint_configs()["EndpointConfigs"]) == 10
    pages = sagemaker.get_paginator("list_endpoint_configs").paginate(PaginationConfig={"PageSize": 5})
    assert len([entry for page in pages for entry in page["EndpointConfigs"]]) == 13
    assert len(sagemaker.list_endpoint_configs(NameContains="many-1")["EndpointConfigs"]) == 3
    sagemaker.delete_endpoint_config(EndpointConfigName="many-1")
    assert len(sagemaker.list_endpoint_configs(NameContains="many-1")["EndpointConfigs"]) == 2
    sagemaker.delete_model(ModelName="Churn")
    assert sagemaker.list_models()["Models"] == []


def test_what_the_overlay_does_not_know_is_motos(sagemaker: Any) -> None:
    sagemaker.create_model_package_group(ModelPackageGroupName="group")
    listed = sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert listed[0]["ModelPackageGroupArn"].split(":")[4] == "111122223333"


def test_accounts_do_not_see_each_other(aws: StandIn, sagemaker: Any) -> None:
    aws.call_as_role("deployer", account="444455556666")
    assert sagemaker.list_models()["Models"] == []
