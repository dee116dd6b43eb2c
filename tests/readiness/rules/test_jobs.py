"""Training, processing and transform jobs: what they read and write, under which keys, and what that takes."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.engine.result import Result
from tests.readiness.checking import judge
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


USAGE = {"CreateTrainingJob": "training", "CreateProcessingJob": "processing", "CreateTransformJob": "transform"}


def quotas(job: Any, limit: int, name: str = "ml.m5.large for {} job usage", **parts: Any) -> list[str]:
    kind = USAGE[job[0]]
    listed = [{"QuotaName": name.format(kind), "QuotaCode": "L-1", "Value": limit}]
    return [each.kind.value for each in said("PRE501", job, quotas=listed, **{f"{kind}_jobs": [], **parts})]


def test_the_instances_fit_under_the_quota_of_their_type(job: Any) -> None:
    kind, request = USAGE[job[0]], job[1]
    named = f"{kind.title()}JobName"
    running = {**request, named: "other", f"{kind.title()}JobStatus": "InProgress"}
    ended = {**request, named: "older", f"{kind.title()}JobStatus": "Completed"}
    assert quotas(job, 2) == ["pass"]
    assert quotas(job, 1) == ["fail"]
    assert quotas(job, 3, **{f"{kind}_jobs": [running, ended]}) == ["fail"]
    assert quotas(job, 4, **{f"{kind}_jobs": [running, ended]}) == ["pass"]
    assert quotas(job, 4, **{f"{kind}_jobs": [{named: "other", f"{kind.title()}JobStatus": "InProgress"}]}) == ["open"]
    assert quotas(job, 9, name="ml.c5.large for {} job usage") == ["open"]


def test_the_instances_fit_under_the_quota_of_all_jobs(job: Any) -> None:
    name = f"Number of instances across all {USAGE[job[0]]} jobs"
    none = {f"{USAGE[job[0]]}_jobs": []}
    for limit, expected in ((2, "pass"), (1, "fail")):
        found = said("PRE502", job, quotas=[{"QuotaName": name, "Value": limit}], **none)
        assert [each.kind.value for each in found] == [expected]


def test_spot_and_warm_pools_have_quotas_of_their_own(job: Any) -> None:
    if job[0] != "CreateTrainingJob":
        return
    spot = (job[0], {**TRAINING, "EnableManagedSpotTraining": True})
    assert quotas(spot, 1, name="ml.m5.large for spot {} job usage") == ["fail"]
    assert quotas(spot, 2, name="ml.m5.large for spot {} job usage") == ["pass"]
    warm = {"ResourceConfig": {**INSTANCES, "KeepAlivePeriodInSeconds": 600}}
    keeps = (job[0], {**TRAINING, **warm})
    both = [
        {"QuotaName": f"ml.m5.large for {name} usage", "Value": 3} for name in ("training job", "training warm pool")
    ]
    kept = {"TrainingJobName": "k", "TrainingJobStatus": "Completed", "WarmPoolStatus": {"Status": "Available"}, **warm}
    found = said("PRE501", keeps, quotas=both, training_jobs=[kept])
    assert [each.kind.value for each in found] == ["pass", "fail"]
    assert "warm pool" in found[1].message


def test_the_region_offers_the_type(job: Any) -> None:
    part = f"{USAGE[job[0]]}_instance_types"
    assert [each.kind.value for each in said("PRE505", job, **{part: ["ml.m5.large"]})] == ["pass"]
    assert [each.kind.value for each in said("PRE505", job, **{part: ["ml.m5.xlarge"]})] == ["fail"]
    assert [each.kind.value for each in said("PRE505", job)] == ["open"]


def test_the_experiment_and_the_trial_exist(job: Any) -> None:
    name, parameters = job
    named = (name, {**parameters, "ExperimentConfig": {"ExperimentName": "churn", "TrialName": "first"}})
    found = {**PARTS, "experiments": [{"ExperimentName": "churn"}], "trials": [{"TrialName": "first"}]}
    for facts, kind in (({**found, "trials": []}, "fail"), (PARTS, "open"), (found, "pass")):
        told = [each.kind for each in judge("PRE408", named, **facts)]
        assert (kind in told, "fail" in told and kind != "fail") == (True, False)
