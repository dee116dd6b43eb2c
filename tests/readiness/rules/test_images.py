from __future__ import annotations

from typing import Any

import pytest

from tests.readiness.checking import judge, only, pointer
from tests.readiness.worlds import ACCOUNT

IMAGE = {
    "registryId": ACCOUNT,
    "repositoryName": "serve/churn",
    "imageTags": ["1.4", "latest"],
    "imageDigest": "sha256:ab",
}
HOST = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"


def model(image: str, **more: Any) -> tuple[str, dict[str, Any]]:
    vpc = {"VpcConfig": more.pop("vpc")} if "vpc" in more else {}
    return "CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": image, **more}, **vpc}


@pytest.mark.parametrize("end", [":1.4", "", "@sha256:ab", ":latest"])
def test_an_image_is_found_by_tag_or_digest(end: str) -> None:
    result = only(judge("PRE404", model(f"{HOST}/serve/churn{end}"), images=[IMAGE]))
    assert result.kind == "pass"
    assert pointer(result) == "/PrimaryContainer/Image"


@pytest.mark.parametrize("image", [f"{HOST}/serve/churn:1.5", f"{HOST}/serve/churn@sha256:cd"])
def test_an_image_that_is_not_there(image: str) -> None:
    assert only(judge("PRE404", model(image), images=[IMAGE])).kind == "fail"


def test_an_image_in_a_repository_that_is_not_there() -> None:
    assert only(judge("PRE404", model(f"{HOST}/other:1"), images=[IMAGE], repositories=[])).kind == "fail"


def test_an_image_in_another_region() -> None:
    result = only(judge("PRE404", model(f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/serve/churn:1.4"), images=[IMAGE]))
    assert (result.kind, "is in eu-west-1" in result.message) == ("fail", True)


def test_an_image_of_aws_that_cannot_be_seen_from_here() -> None:
    uri = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
    result = only(judge("PRE404", model(uri), images=[], repositories=[]))
    assert result.kind == "open"
    assert "one of AWS's own registries" in result.message
    seen = {"registryId": "763104351884", "repositoryName": "pytorch-inference", "imageTags": ["2.6.0-cpu-py312"]}
    assert only(judge("PRE404", model(uri), images=[seen])).kind == "pass"


def test_images_outside_ecr_need_a_way_through_the_vpc() -> None:
    through = {"RepositoryAccessMode": "Vpc"}
    vpc = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    assert only(judge("PRE404", model("registry.example.com/churn:1"))).kind == "fail"
    unconnected = only(judge("PRE404", model("registry.example.com/churn:1", ImageConfig=through)))
    assert (unconnected.kind, "VpcConfig" in unconnected.message) == ("fail", True)
    assert only(judge("PRE404", model("registry.example.com/churn:1", ImageConfig=through, vpc=vpc))).kind == "open"


def test_images_are_not_in_the_snapshot() -> None:
    assert only(judge("PRE404", model(f"{HOST}/serve/churn:1.4"))).kind == "open"


GIGABYTE = 1024**3


@pytest.mark.parametrize(
    ("size", "serverless", "expected"),
    [(11, True, "fail"), (9, True, "pass"), (11, False, "pass"), (None, True, "open"), (None, False, "pass")],
)
@pytest.mark.parametrize("shadow", [False, True])
def test_a_serverless_variant_takes_no_image_beyond_its_limit(
    size: int | None, serverless: bool, expected: str, shadow: bool
) -> None:
    image = {**IMAGE, **({} if size is None else {"imageSizeInBytes": size * GIGABYTE})}
    instances = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    how = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1}} if serverless else instances
    variants = {
        "ShadowProductionVariants" if shadow else "ProductionVariants": [{"VariantName": "a", "ModelName": "m", **how}]
    }
    config = {"EndpointConfigName": "c", **variants}
    models = [{"ModelName": "m", "PrimaryContainer": {"Image": f"{HOST}/serve/churn:1.4"}}]
    there = only(judge("PRE404", ("CreateEndpointConfig", config), images=[image], models=models))
    named = {"EndpointName": "e", "EndpointConfigName": "c"}
    parts: dict[str, Any] = {"images": [image], "models": models, "endpoint_configs": [config]}
    through = only(judge("PRE404", ("CreateEndpoint", named), **parts))
    assert (there.kind, through.kind) == (expected, expected)
    assert ("too large" in through.message) is (expected == "fail")
