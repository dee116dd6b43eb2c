"""Training and processing jobs against a live account: ready where everything is there, and not where it is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.aws.account import Ready, populate
from tests.aws.control import StandIn
from tests.scenarios.running import check

TYPE = "ml.m5.xlarge"


def allowed(aws: StandIn, ready: Ready) -> None:
    """Allow the deployer the jobs, and the role what they need."""
    iam = aws.client("iam")
    account = ready.principal.split(":")[4]
    jobs = [f"arn:aws:sagemaker:{ready.region}:{account}:{kind}-job/*" for kind in ("training", "processing")]
    may = ["sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob"]
    needs = ["s3:*", "ecr:*", "logs:*", "cloudwatch:PutMetricData"]
    for role, name, statement in (
        ("deployer", "jobs", {"Effect": "Allow", "Action": may, "Resource": jobs}),
        ("endpoint-execution", "jobs", {"Effect": "Allow", "Action": needs, "Resource": "*"}),
    ):
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
    for what in ("training", "processing"):
        aws.quota(f"{TYPE} for {what} job usage", 2)
        aws.quota(f"Number of instances across all {what} jobs", 4)
    # AWS's words for a training job that is not there; moto has others.
    aws.error("sagemaker:DescribeTrainingJob", "ValidationException", "Requested resource not found.")


def training(ready: Ready, **more: Any) -> tuple[str, dict[str, Any]]:
    data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{ready.bucket}/churn"}}
    return "sagemaker:CreateTrainingJob", {
        "TrainingJobName": "churn-1",
        "RoleArn": ready.execution_role,
        "AlgorithmSpecification": {"TrainingImage": ready.image, "TrainingInputMode": "File"},
        "InputDataConfig": [{"ChannelName": "train", "DataSource": data}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{ready.bucket}/out"},
        "ResourceConfig": {"InstanceType": TYPE, "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        **more,
    }


def processing(ready: Ready, **more: Any) -> tuple[str, dict[str, Any]]:
    source = {"S3Uri": f"s3://{ready.bucket}/churn", "LocalPath": "/opt/ml/processing/in", "S3DataType": "S3Prefix",
              "S3InputMode": "File"}  # fmt: skip
    target = {"S3Uri": f"s3://{ready.bucket}/out", "LocalPath": "/opt/ml/processing/out", "S3UploadMode": "EndOfJob"}
    cluster = {"InstanceType": TYPE, "InstanceCount": 1, "VolumeSizeInGB": 10}
    return "sagemaker:CreateProcessingJob", {
        "ProcessingJobName": "churn-1",
        "RoleArn": ready.execution_role,
        "AppSpecification": {"ImageUri": ready.image},
        "ProcessingInputs": [{"InputName": "in", "S3Input": source}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": target}]},
        "ProcessingResources": {"ClusterConfig": cluster},
        **more,
    }


@pytest.mark.parametrize("job", [training, processing])
def test_a_job_is_ready_live(aws: StandIn, job: Any) -> None:
    ready = populate(aws)
    allowed(aws, ready)
    outcome = check(aws, ready.plan(job(ready)))
    assert outcome.code == 0, [each for each in outcome.report["results"] if each["kind"] in ("fail", "open")]
    assert outcome.report["verdict"] == "ready"
    assert outcome.kinds("PRE403") == outcome.kinds("PRE501") == outcome.kinds("PRE505") == ["pass"]


def test_what_a_job_lacks_fails_live(aws: StandIn) -> None:
    ready = populate(aws)
    allowed(aws, ready)
    aws.client("iam").delete_role_policy(RoleName="deployer", PolicyName="jobs")
    data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{ready.bucket}/nothing-here"}}
    resources = {"InstanceType": TYPE, "InstanceCount": 3, "VolumeSizeInGB": 10}
    lacking = training(ready, InputDataConfig=[{"ChannelName": "c", "DataSource": data}], ResourceConfig=resources)
    outcome = check(aws, ready.plan(lacking))
    assert outcome.code == 1
    assert all("fail" in outcome.kinds(rule) for rule in ("PRE110", "PRE403", "PRE501"))
