"""A whole working account: everything that creating the endpoint `churn` relies on is there and allowed.

A scenario begins from it and breaks one thing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.aws.control import StandIn
from tests.aws.state import REGION, partition_of

Statement = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ready:
    """What is in the account, by name."""

    region: str
    principal: str
    execution_role: str
    bucket: str
    artifact: str
    repository: str
    image: str
    kms_key: str
    subnets: tuple[str, ...]
    security_group: str
    vpc: str
    encrypted: bool
    model: str = "churn-model"
    config: str = "churn-config"
    endpoint: str = "churn"

    @property
    def request(self) -> dict[str, Any]:
        """CreateEndpoint's parameters."""
        return {"EndpointName": self.endpoint, "EndpointConfigName": self.config}

    @property
    def model_request(self) -> dict[str, Any]:
        """CreateModel's parameters for the model that is there."""
        return {
            "ModelName": self.model,
            "ExecutionRoleArn": self.execution_role,
            "PrimaryContainer": {"Image": self.image, "ModelDataUrl": f"s3://{self.bucket}/{self.artifact}"},
            "VpcConfig": {"Subnets": list(self.subnets), "SecurityGroupIds": [self.security_group]},
        }

    @property
    def config_request(self) -> dict[str, Any]:
        """CreateEndpointConfig's parameters for the configuration that is there."""
        variant = {
            "VariantName": "blue",
            "ModelName": self.model,
            "InstanceType": "ml.m5.xlarge",
            "InitialInstanceCount": 2,
            "InitialVariantWeight": 1.0,
        }
        key = {"KmsKeyId": self.kms_key} if self.encrypted else {}
        return {"EndpointConfigName": self.config, **key, "ProductionVariants": [variant]}

    def plan(self, *requests: tuple[str, dict[str, Any]]) -> dict[str, Any]:
        """Return a plan document: of these requests, or of CreateEndpoint alone."""
        wanted = requests or (("sagemaker:CreateEndpoint", self.request),)
        return {
            "region": self.region,
            "account": self.principal.split(":")[4],
            "principal": self.principal,
            "requests": [{"operation": operation, "parameters": parameters} for operation, parameters in wanted],
        }


def populate(aws: StandIn, region: str = REGION, *, hosting: bool = True, encrypted: bool = True) -> Ready:
    """Put the account together.

    Without `hosting` there is no model and no configuration yet; without `encrypted` the configuration names no key.
    """
    partition = partition_of(region)
    principal = f"arn:{partition}:iam::{aws.account}:role/deployer"
    execution = f"arn:{partition}:iam::{aws.account}:role/endpoint-execution"
    aws.call_as_role("deployer", partition=partition)
    bucket, artifact = f"churn-models-{region}", "churn/model.tar.gz"
    _bucket(aws, region, bucket, artifact)
    image = _image(aws, region, "churn")
    key = _key(aws, region, principal, execution)
    vpc, subnets, group = _network(aws, region)
    ready = Ready(region, principal, execution, bucket, artifact, "churn", image, key, subnets, group, vpc, encrypted)
    _roles(aws, region, ready)
    if hosting:
        sagemaker = aws.client("sagemaker", region)
        sagemaker.create_model(**ready.model_request)
        sagemaker.create_endpoint_config(**ready.config_request)
    aws.calls.clear()
    return ready


def deployer_statements(ready: Ready) -> list[Statement]:
    """Return what the deployer is allowed: the three SageMaker resources, the role, the key, and the reads."""
    partition, account = partition_of(ready.region), ready.principal.split(":")[4]
    prefix = f"arn:{partition}:sagemaker:{ready.region}:{account}"
    hosting = [f"{prefix}:endpoint/churn*", f"{prefix}:endpoint-config/churn*", f"{prefix}:model/churn*"]
    reads = [
        "sagemaker:Describe*", "sagemaker:List*", "servicequotas:Get*", "servicequotas:List*", "account:Get*",
        "account:List*", "iam:Get*", "iam:List*", "s3:GetObject", "s3:ListBucket", "s3:GetBucketPolicy",
        "ecr:Describe*", "ecr:GetRepositoryPolicy", "ecr:BatchGetImage", "kms:DescribeKey", "kms:GetKeyPolicy",
        "ec2:Describe*", "application-autoscaling:Describe*", "organizations:Describe*", "organizations:List*",
        "cloudwatch:DescribeAlarms",
    ]  # fmt: skip
    writes = [
        f"sagemaker:{verb}{what}" for verb in ("Create", "Delete") for what in ("Model", "EndpointConfig", "Endpoint")
    ]
    return [
        {"Sid": "Hosting", "Effect": "Allow", "Action": [*writes, "sagemaker:UpdateEndpoint", "sagemaker:AddTags"],
         "Resource": hosting},
        {"Sid": "PassRole", "Effect": "Allow", "Action": "iam:PassRole", "Resource": ready.execution_role,
         "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}},
        {"Sid": "Volumes", "Effect": "Allow", "Action": "kms:CreateGrant", "Resource": ready.kms_key},
        {"Sid": "Read", "Effect": "Allow", "Action": reads, "Resource": "*"},
    ]  # fmt: skip


def execution_statements(ready: Ready) -> list[Statement]:
    """Return what the execution role is allowed: its artifacts, its image, its logs and metrics, its network."""
    partition, account = partition_of(ready.region), ready.principal.split(":")[4]
    repository = f"arn:{partition}:ecr:{ready.region}:{account}:repository/{ready.repository}"
    logs = f"arn:{partition}:logs:{ready.region}:{account}:log-group:/aws/sagemaker/Endpoints/*"
    layers = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    network = ["ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface",
               "ec2:DeleteNetworkInterfacePermission", "ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces",
               "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"]  # fmt: skip
    return [
        {"Sid": "Artifacts", "Effect": "Allow", "Action": "s3:GetObject",
         "Resource": f"arn:{partition}:s3:::{ready.bucket}/*"},
        {"Sid": "Bucket", "Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
         "Resource": f"arn:{partition}:s3:::{ready.bucket}"},
        {"Sid": "Image", "Effect": "Allow", "Action": layers, "Resource": repository},
        {"Sid": "Token", "Effect": "Allow", "Action": ["ecr:GetAuthorizationToken", *network], "Resource": "*"},
        {"Sid": "Logs", "Effect": "Allow", "Resource": logs,
         "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]},
        {"Sid": "Metrics", "Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*"},
        {"Sid": "Key", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:CreateGrant"], "Resource": ready.kms_key},
    ]  # fmt: skip


def policy(*statements: Statement) -> str:
    """Return a policy document as IAM takes it."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal: dict[str, str]) -> str:
    """Return a trust policy."""
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def _roles(aws: StandIn, region: str, ready: Ready) -> None:
    iam = aws.client("iam", region)
    root = f"arn:{partition_of(region)}:iam::{aws.account}:root"
    iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=trust({"AWS": root}))
    iam.put_role_policy(RoleName="deployer", PolicyName="deploy", PolicyDocument=policy(*deployer_statements(ready)))
    service = trust({"Service": "sagemaker.amazonaws.com"})
    iam.create_role(RoleName="endpoint-execution", AssumeRolePolicyDocument=service)
    iam.put_role_policy(
        RoleName="endpoint-execution", PolicyName="serve", PolicyDocument=policy(*execution_statements(ready))
    )


def _bucket(aws: StandIn, region: str, bucket: str, key: str) -> None:
    s3 = aws.client("s3", region)
    placed = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket, **placed)
    s3.put_object(Bucket=bucket, Key=key, Body=b"model")


def _image(aws: StandIn, region: str, repository: str) -> str:
    ecr = aws.client("ecr", region)
    uri = ecr.create_repository(repositoryName=repository)["repository"]["repositoryUri"]
    digest = f"sha256:{'0' * 64}"
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1, "digest": digest},
        "layers": [],
    }
    ecr.put_image(repositoryName=repository, imageManifest=json.dumps(manifest), imageTag="1.4.2")
    return f"{uri}:1.4.2"


def _key(aws: StandIn, region: str, principal: str, execution: str) -> str:
    root = f"arn:{partition_of(region)}:iam::{aws.account}:root"
    own = policy({"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"})
    made = aws.client("kms", region).create_key(
        Policy=own, Description="Volumes of endpoints", KeyUsage="ENCRYPT_DECRYPT"
    )
    arn: str = made["KeyMetadata"]["Arn"]
    return arn


def _network(aws: StandIn, region: str) -> tuple[str, tuple[str, ...], str]:
    ec2 = aws.client("ec2", region)
    vpc: str = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = tuple(
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"{region}{zone}")["Subnet"][
            "SubnetId"
        ]
        for index, zone in enumerate("ab")
    )
    made = ec2.create_security_group(GroupName="endpoints", Description="Endpoints", VpcId=vpc)
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    table = ec2.describe_route_tables(Filters=of_vpc)["RouteTables"][0]["RouteTableId"]
    # AWS gives an endpoint this policy where none is named; moto gives none.
    everything = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    ec2.create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType="Gateway",
        ServiceName=f"com.amazonaws.{region}.s3",
        RouteTableIds=[table],
        PolicyDocument=json.dumps({"Version": "2008-10-17", "Statement": [everything]}),
    )
    return vpc, subnets, str(made["GroupId"])
