"""What a request relies on, level by level: what is found, how it is said to be reached, and in how few reads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.account.snapshots.snapshot import Snapshot
from preflight.readiness.memo import Memo
from preflight.readiness.references import Reference, references, reported
from tests.readiness.worlds import CREATE, EXECUTION, plan, role, snapshot, steps

IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/serve:v1"
MODEL = {
    "ModelName": "m",
    "ExecutionRoleArn": EXECUTION,
    "PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://models/m.tar.gz"},
}
CONFIG = {
    "EndpointConfigName": "demo-config",
    "KmsKeyId": "alias/volumes",
    "ProductionVariants": [
        {"VariantName": "blue", "ModelName": "m", "InstanceType": "ml.m5.xlarge"},
        {"VariantName": "green", "ModelName": "m", "InstanceType": "ml.m5.xlarge"},
        {"VariantName": "components", "InstanceType": "ml.m5.xlarge"},
    ],
    "ShadowProductionVariants": [{"VariantName": "dark", "ModelName": "gone"}],
    "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
}
WORLD = snapshot(
    role("endpoint-execution"),
    endpoint_configs=[CONFIG],
    models=[MODEL],
    objects=[{"Bucket": "models", "Key": "m.tar.gz", "BucketRegion": "us-east-1"}],
    images=[{"registryId": "111122223333", "repositoryName": "serve", "imageTags": ["v1"], "imageDigest": "sha256:1"}],
    repositories=[],
    kms_keys=[{"KeyId": "k-1", "Arn": "arn:aws:kms:us-east-1:111122223333:key/k-1"}],
    kms_aliases=[{"AliasName": "alias/volumes", "TargetKeyId": "k-1"}],
    subnets=[{"SubnetId": "subnet-1"}],
    security_groups=[],
)


def found(*requests: Any, facts: Any = WORLD) -> list[Reference]:
    return list(references(list(steps(plan(*requests), facts))[-1]))


def by_name(references: list[Reference]) -> dict[str, Reference]:
    return {f"{each.kind} {each.name}": each for each in references}


def test_everything_is_reached_nearest_first() -> None:
    assert [f"{each.rule} {each.kind} {each.name}" for each in found(CREATE)] == [
        "PRE401 sagemaker:endpoint-config demo-config",
        "PRE402 sagemaker:model m",
        "PRE402 sagemaker:model gone",
        "PRE505 sagemaker:instance-type ml.m5.xlarge",
        "PRE405 kms:key alias/volumes",
        "PRE406 ec2:subnet subnet-1",
        "PRE406 ec2:security-group sg-1",
        f"PRE120 iam:role {EXECUTION}",
        "PRE403 s3:object models/m.tar.gz",
        "PRE403 s3:bucket models",
        "PRE404 ecr:image 111122223333/serve:v1",
    ]


def test_how_it_is_reached_is_said() -> None:
    told = by_name(found(CREATE))
    assert told["sagemaker:endpoint-config demo-config"].via == "endpoint `Demo`"
    assert told["sagemaker:model m"].via == "variant `blue` and variant `green` of endpoint configuration `demo-config`"
    assert told["sagemaker:model gone"].via == "shadow variant `dark` of endpoint configuration `demo-config`"
    assert told["s3:object models/m.tar.gz"].via == "model data of model `m`"


def test_facts_come_with_it() -> None:
    told = by_name(found(CREATE))
    assert isinstance(told["sagemaker:model gone"].fact, Absent)
    assert isinstance(told["ec2:security-group sg-1"].fact, Absent)
    assert told["sagemaker:model m"].fact == Known(MODEL)
    assert told["s3:object models/m.tar.gz"].owner["ModelName"] == "m"
    assert [each.name for each in told["s3:object models/m.tar.gz"].parents] == ["m"]


def test_the_arn_of_an_alias_is_its_keys() -> None:
    (step,) = steps(plan(CREATE), WORLD)
    key = by_name(list(references(step)))["kms:key alias/volumes"]
    assert key.arn(step) == "arn:aws:kms:us-east-1:111122223333:key/k-1"


def test_an_unknown_config_ends_the_search() -> None:
    (only,) = found(CREATE, facts=snapshot())
    assert isinstance(only.fact, Unknown)


class Rounds(Snapshot):
    """A snapshot that counts the times it is asked: a live account answers each within one latency."""

    def __init__(self) -> None:
        super().__init__(WORLD, "snapshot.json")
        self.rounds: list[list[Ask]] = []

    def read_many(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        self.rounds.append(list(asks))
        return super().read_many(asks)


def test_each_level_is_one_round_trip_however_many_ask() -> None:
    account = Rounds()
    (step,) = steps(plan(CREATE), account)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: references(step), range(8)))
    assert all(each is answers[0] for each in answers)
    assert [len(asks) for asks in account.rounds] == [1, 6, 6]
    asked = [ask for asks in account.rounds for ask in asks]
    assert all(ask.expected for ask in asked if not ask.kind.endswith("-policy"))
    assert {ask.kind for ask in asked if not ask.expected} == {"ecr:repository-policy", "s3:bucket-policy"}


def test_what_an_earlier_request_relies_on_is_reported_there() -> None:
    model = ("CreateModel", MODEL)
    config = ("CreateEndpointConfig", {"EndpointConfigName": "new", "ProductionVariants": CONFIG["ProductionVariants"]})
    create = ("CreateEndpoint", {"EndpointName": "Demo", "EndpointConfigName": "new"})
    first, second, third = steps(plan(model, config, create), WORLD)
    assert [each.name for each in reported(first, "PRE403", "s3:object")] == ["models/m.tar.gz"]
    assert [each.planned for each in reported(second, "PRE402")] == [True]
    assert reported(second, "PRE403") == []
    assert [each.name for each in references(third) if each.covered] == [
        "m",
        "ml.m5.xlarge",
        EXECUTION,
        "models/m.tar.gz",
        "models",
        "111122223333/serve:v1",
    ]


def test_a_deletion_relies_on_what_it_deletes_alone() -> None:
    (only,) = found(("DeleteEndpointConfig", {"EndpointConfigName": "demo-config"}))
    assert (only.rule, only.name, only.via) == ("PRE401", "demo-config", "what is to be deleted of the request")


def test_an_update_relies_on_the_endpoint_and_not_on_its_old_config() -> None:
    there = {"endpoints": [{"EndpointName": "Demo", "EndpointConfigName": "old"}]}
    facts = {**WORLD, "regions": {"us-east-1": {**WORLD["regions"]["us-east-1"], **there}}}
    names = [each.name for each in found(("UpdateEndpoint", CREATE[1]), facts=facts)]
    assert names[:2] == ["Demo", "demo-config"]
    assert "old" not in names


EVERYTHING = {
    "EndpointConfigName": "all",
    "ExecutionRoleArn": EXECUTION,
    "ProductionVariants": [
        {
            "VariantName": "a",
            "ModelName": "m",
            "InstancePools": [{"InstanceType": "ml.g5.xlarge", "ModelNameOverride": "m-g5", "Priority": 1}],
            "CoreDumpConfig": {"DestinationS3Uri": "s3://dumps/x", "KmsKeyId": "dump-key"},
        }
    ],
    "DataCaptureConfig": {"DestinationS3Uri": "s3://captured/x", "KmsKeyId": "capture-key", "EnableCapture": True},
    "AsyncInferenceConfig": {
        "OutputConfig": {"KmsKeyId": "async-key", "S3OutputPath": "s3://out/x", "S3FailurePath": "s3://failed/x"}
    },
}


def test_everything_that_a_configuration_can_name() -> None:
    names = {each.name for each in found(("CreateEndpointConfig", EVERYTHING), facts=snapshot())}
    models, types, buckets = {"m", "m-g5"}, {"ml.g5.xlarge"}, {"dumps", "captured", "out", "failed"}
    assert names == {EXECUTION, *models, *types, *buckets, "dump-key", "capture-key", "async-key"}


def test_data_capture_that_is_switched_off_names_nothing() -> None:
    off = {**EVERYTHING, "DataCaptureConfig": {**EVERYTHING["DataCaptureConfig"], "EnableCapture": False}}
    names = {each.name for each in found(("CreateEndpointConfig", off), facts=snapshot())}
    assert not {"captured", "capture-key"} & names


def test_a_model_package_leads_on_to_its_image_and_data() -> None:
    package = {
        "ModelPackageName": "p",
        "InferenceSpecification": {"Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://models/m.tar.gz"}]},
    }
    model = ("CreateModel", {"ModelName": "x", "Containers": [{"ModelPackageName": "p"}]})
    names = [each.name for each in found(model, facts=snapshot(model_packages=[package]))]
    assert names == ["p", "models/m.tar.gz", "models", "111122223333/serve:v1"]


def test_model_data_sources_and_manifests() -> None:
    source = {"S3Uri": "s3://models/llm/", "S3DataType": "S3Prefix", "ManifestS3Uri": "s3://models/llm.csv"}
    more = {"ChannelName": "adapter", "S3DataSource": {"S3Uri": "s3://adapters/a/", "S3DataType": "S3Prefix"}}
    container = {"ModelDataSource": {"S3DataSource": source}, "AdditionalModelDataSources": [more]}
    for parameters in ({"PrimaryContainer": container}, {"Containers": [container]}):
        model = ("CreateModel", {"ModelName": "x", **parameters})
        objects = {each.name for each in found(model, facts=snapshot()) if each.kind == "s3:object"}
        assert objects == {"models/llm/", "models/llm.csv", "adapters/a/"}


def test_an_error_is_everybodys() -> None:
    memo = Memo()

    def broken() -> None:
        raise ValueError("broken")

    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            memo.once("x", broken)
