"""Training, processing and transform jobs: what they read and write, under which keys, and what that takes."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.engine.result import Result
from tests.readiness.worlds import ACCOUNT, EXECUTION, REGION, allow, plan, results, role, snapshot

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SOURCE = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in/"}}
INPUT = {"InputName": "in", "S3Input": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in/", "LocalPath": "/x"}}
OUTPUT = {"OutputName": "out", "S3Output": {"S3Uri": "s3://results/out/", "LocalPath": "/y"}}
VPC = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
INSTANCES = {"InstanceType": "ml.m5.large", "InstanceCount": 2}
TRAINING = {
    "TrainingJobName": "j",
    "RoleArn": EXECUTION,
    "InputDataConfig": [{"ChannelName": "train", "DataSource": SOURCE}],
    "OutputDataConfig": {"S3OutputPath": "s3://results/out/", "KmsKeyId": KEY},
    "ResourceConfig": {**INSTANCES, "VolumeKmsKeyId": KEY},
    "VpcConfig": VPC,
}
PROCESSING = {
    "ProcessingJobName": "j",
    "RoleArn": EXECUTION,
    "ProcessingInputs": [INPUT],
    "ProcessingOutputConfig": {"Outputs": [OUTPUT], "KmsKeyId": KEY},
    "ProcessingResources": {"ClusterConfig": {**INSTANCES, "VolumeKmsKeyId": KEY}},
    "NetworkConfig": {"VpcConfig": VPC},
}
TRANSFORM = {
    "TransformJobName": "j",
    "ModelName": "m",
    "TransformInput": {"DataSource": SOURCE},
    "TransformOutput": {"S3OutputPath": "s3://results/out/", "KmsKeyId": KEY},
    "TransformResources": {**INSTANCES, "VolumeKmsKeyId": KEY},
}
JOBS = [("CreateTrainingJob", TRAINING), ("CreateProcessingJob", PROCESSING), ("CreateTransformJob", TRANSFORM)]
KEYS = [
    {
        "KeyId": KEY.rpartition("/")[2],
        "Arn": KEY,
        "KeyState": "Enabled",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeySpec": "SYMMETRIC_DEFAULT",
    }
]
OWN = {"Version": "2012-10-17", "Statement": [allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})]}
PARTS: dict[str, Any] = {
    "models": [{"ModelName": "m", "ExecutionRoleArn": EXECUTION}],
    "buckets": [{"Name": name, "BucketRegion": REGION, "Policy": None} for name in ("data", "results")],
    "objects": [{"Bucket": "data", "Key": "in/1.csv"}],
    "kms_keys": [{**KEYS[0], "Policy": OWN}],
}
pytestmark = pytest.mark.parametrize("job", JOBS, ids=lambda each: each[0])


def needs(job: Any, *execution: Any, caller: Any = ()) -> dict[str, str]:
    """Return what PRE121 says, by action."""
    facts = snapshot(role("endpoint-execution", *execution), role("deployer", *caller), **PARTS)
    found = results("PRE121", plan(job), facts)
    return {each.message.partition(" on ")[0].rpartition(" ")[2]: each.kind.value for each in found if each.subject}


def said(rule: str, job: Any, **parts: Any) -> list[Result]:
    return results(rule, plan(job), snapshot(role("endpoint-execution"), **{**PARTS, **parts}))


def test_the_role_lists_its_input_and_writes_its_output_under_the_key(job: Any) -> None:
    demanded = {"s3:GetObject", "s3:ListBucket", "s3:PutObject", "kms:Encrypt", "kms:CreateGrant", "logs:PutLogEvents"}
    assert demanded <= set(refused := needs(job))
    assert {refused[each] for each in demanded} == {"fail"}
    held = needs(job, allow(["s3:*", "kms:*", "logs:*", "cloudwatch:*", "ec2:*", "ecr:*"]))
    assert demanded <= set(held) and set(held.values()) == {"pass"}
    assert needs(job, allow(["s3:GetObject", "s3:PutObject"]))["s3:ListBucket"] == "fail"


def test_the_caller_may_make_the_grant_for_the_volumes(job: Any) -> None:
    """AWS: the caller needs kms:CreateGrant only where "the associated role does not" have it."""
    assert needs(job, caller=[allow("kms:CreateGrant")])["kms:CreateGrant"] == "pass"
    other = allow("kms:CreateGrant", Condition={"StringEquals": {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}})
    assert needs(job, caller=[other])["kms:CreateGrant"] == "fail"


def test_the_role_connects_the_job_to_its_vpc(job: Any) -> None:
    name, request = job
    if name == "CreateTransformJob":
        assert "ec2:CreateNetworkInterface" not in needs(job)
        return
    assert needs(job)["ec2:CreateNetworkInterface"] == "fail"
    outside = {key: value for key, value in request.items() if key not in ("VpcConfig", "NetworkConfig")}
    assert "ec2:CreateNetworkInterface" not in needs((name, outside))


def test_the_output_goes_to_a_bucket_of_the_region(job: Any) -> None:
    data = PARTS["buckets"][0]
    assert {each.kind.value for each in said("PRE403", job)} == {"pass"}
    away = said("PRE403", job, buckets=[data, {"Name": "results", "BucketRegion": "eu-west-1"}])
    assert [(each.kind.value, each.level.value) for each in away if "results" in each.message] == [("fail", "error")]
    unsure = said("PRE403", job, buckets=[data, {"Name": "results"}])
    assert [each.kind.value for each in unsure if "results" in each.message] == ["open"]


def test_the_keys_are_usable(job: Any) -> None:
    assert {each.kind.value for each in said("PRE405", job)} == {"pass"}
    assert {each.kind.value for each in said("PRE405", job, kms_keys=[{**KEYS[0], "KeyState": "Disabled"}])} == {"fail"}
    without = {name: value for name, value in PARTS.items() if name != "kms_keys"}
    facts = snapshot(role("endpoint-execution"), **without)
    assert {each.kind.value for each in results("PRE405", plan(job), facts)} == {"open"}
