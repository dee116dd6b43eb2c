"""The generated policies of execution roles are what PRE121 asks for: with them it passes, with less it does not."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.account.snapshots.snapshot import Snapshot
from preflight.documents.plans.requests import plan_of
from preflight.documents.text.document import Document
from preflight.readiness.least_privilege import (
    NoFacts,
    RoleNeeds,
    documents_of,
    needed_by,
    needed_of_roles,
    statements_of,
)
from tests.lint.linting import findings
from tests.readiness.least_privilege.test_least_privilege import (
    KEY,
    PROCESSING,
    THERE,
    TRAINING,
    VARIANT,
    VPC,
    config,
    with_one_less,
)
from tests.readiness.least_privilege.test_least_privilege import Requests as Calls
from tests.readiness.worlds import ACCOUNT, EXECUTION, REGION, plan, results, role, snapshot

IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/serve:1"
DATA = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://code/in"}}
MODEL = {
    "ModelName": "M-1",
    "ExecutionRoleArn": EXECUTION,
    "PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://code/m.tar.gz"},
}
ASYNC = {"OutputConfig": {"S3OutputPath": "s3://code/out", "KmsKeyId": KEY}}
FACTS: dict[str, Any] = {
    **THERE,
    "objects": [{"Bucket": "code", "Key": key, "BucketRegion": REGION} for key in ("m.tar.gz", "in/1", "make.zip")],
    "repositories": [{"registryId": ACCOUNT, "repositoryName": "serve", "Policy": None}],
    "images": [{"registryId": ACCOUNT, "repositoryName": "serve", "imageTags": ["1"]}],
    "models": [],
}
PLANS: dict[str, Calls] = {
    "endpoint": [
        ("CreateModel", MODEL),
        config(VARIANT, AsyncInferenceConfig=ASYNC),
        ("CreateEndpoint", {"EndpointName": "Demo", "EndpointConfigName": "New"}),
    ],
    "training in a VPC, with keys": [
        ("CreateTrainingJob", {
            **TRAINING, "TrainingJobName": "Job-1", "VpcConfig": VPC,
            "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": IMAGE},
            "InputDataConfig": [{"ChannelName": "in", "DataSource": DATA}],
            "OutputDataConfig": {"S3OutputPath": "s3://code/out", "KmsKeyId": KEY},
            "ResourceConfig": {**TRAINING["ResourceConfig"], "VolumeKmsKeyId": KEY},
        })
    ],
    "processing": [
        ("CreateProcessingJob", {**PROCESSING, "ProcessingJobName": "Job-1", "AppSpecification": {"ImageUri": IMAGE}})
    ],
    "function": [
        ("lambda:CreateFunction", {
            "FunctionName": "Make", "Role": EXECUTION, "Runtime": "python3.13", "Handler": "a.b",
            "Code": {"S3Bucket": "code", "S3Key": "make.zip"}, "TracingConfig": {"Mode": "Active"},
            "VpcConfig": {"SubnetIds": VPC["Subnets"], "SecurityGroupIds": VPC["SecurityGroupIds"]},
        })
    ],
}  # fmt: skip


def needed(requests: Calls) -> RoleNeeds:
    the_plan = plan_of([Document("plan.json", plan(*requests))])
    steps = needed_by(the_plan, Snapshot(snapshot(role("deployer"), **FACTS), "snapshot.json")).steps
    (found,) = needed_of_roles(steps)
    return found


def judged(statements: list[dict[str, Any]], requests: Calls) -> set[str]:
    facts = snapshot(role("deployer"), role("endpoint-execution", *statements), **FACTS)
    return {each.kind.value for each in results("PRE121", plan(*requests), facts)} - {"notApplicable"}


@pytest.mark.parametrize("requests", PLANS.values(), ids=PLANS)
def test_a_role_with_it_passes_and_with_less_does_not(requests: Calls) -> None:
    found = needed(requests)
    assert (found.role, found.doubts) == (EXECUTION, ())
    (document,) = documents_of(statements_of(found.grants))
    assert judged(document.document["Statement"], requests) == {"pass"}
    for less in with_one_less(document.document):
        assert judged(less["Statement"], requests) - {"pass"}, less


@pytest.mark.parametrize("requests", PLANS.values(), ids=PLANS)
def test_the_linter_finds_nothing_in_it(requests: Calls) -> None:
    (document,) = documents_of(statements_of(needed(requests).grants))
    # Metrics have no resource that can be named, and network interfaces no name beforehand.
    assert {each.head.id for each in findings(document.document)} <= {"IAM204", "IAM208"}


def test_what_is_not_known_is_a_doubt() -> None:
    endpoint = ("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"})
    the_plan = plan_of([Document("plan.json", plan(("CreateModel", MODEL), endpoint))])
    (found,) = needed_of_roles(needed_by(the_plan, NoFacts(the_plan)).steps)
    assert [each.message.split("` ")[0] for each in found.doubts] == [
        f"what {EXECUTION} needs depends on object `code/m.tar.gz",
    ]


def test_a_key_by_an_alias_that_is_not_known_is_a_doubt() -> None:
    job = ("CreateTrainingJob", {**TRAINING, "TrainingJobName": "J", "OutputDataConfig": {
        "S3OutputPath": "s3://code/out", "KmsKeyId": "alias/other"}})  # fmt: skip
    the_plan = plan_of([Document("plan.json", plan(job))])
    (found,) = needed_of_roles(needed_by(the_plan, NoFacts(the_plan)).steps)
    assert any("needs kms:Encrypt on the key of the alias" in each.message for each in found.doubts)
    assert not [each for each in found.grants if "alias/" in each.resource]
    facts = snapshot(role("deployer"), role("endpoint-execution"), buckets=THERE["buckets"])
    about = [each for each in results("PRE121", plan(job), facts) if "kms:" in each.message]
    assert {each.kind.value for each in about} == {"open"}
