from __future__ import annotations

import pytest

from tests.aws.account import populate
from tests.aws.control import StandIn


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "cn-north-1"])
def test_everything_that_the_endpoint_relies_on_is_there(aws: StandIn, region: str) -> None:
    ready = populate(aws, region)
    config = aws.client("sagemaker", region).describe_endpoint_config(EndpointConfigName=ready.config)
    model = aws.client("sagemaker", region).describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    bucket = aws.client("s3", region).head_bucket(Bucket=ready.bucket)
    assert bucket["BucketRegion"] == region
    assert model["PrimaryContainer"]["ModelDataUrl"] == f"s3://{ready.bucket}/{ready.artifact}"
    images = aws.client("ecr", region).describe_images(
        repositoryName=ready.repository, imageIds=[{"imageTag": "1.4.2"}]
    )
    assert len(images["imageDetails"]) == 1
    assert aws.client("iam", region).get_role(RoleName="deployer")["Role"]["Arn"] == ready.principal
    assert aws.client("iam", region).get_role(RoleName="endpoint-execution")["Role"]["Arn"] == ready.execution_role
    key = aws.client("kms", region).describe_key(KeyId=config["KmsKeyId"])["KeyMetadata"]
    assert (key["Enabled"], key["Arn"]) == (True, ready.kms_key)
    subnets = aws.client("ec2", region).describe_subnets(SubnetIds=list(ready.subnets))["Subnets"]
    assert {subnet["VpcId"] for subnet in subnets} == {ready.vpc}
    made = aws.client("sagemaker", region).create_endpoint(**ready.request)
    assert made["EndpointArn"].split(":")[1:5] == [ready.principal.split(":")[1], "sagemaker", region, aws.account]
