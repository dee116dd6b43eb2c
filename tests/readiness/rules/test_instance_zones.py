"""PRE410: are the subnets in zones that offer the instance types?"""

from __future__ import annotations

from typing import Any

import pytest

from preflight.engine.result import Result
from tests.readiness.checking import judge
from tests.readiness.worlds import CREATE, kinds

NETWORK = {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
SUBNETS = [
    {"SubnetId": "subnet-1", "VpcId": "vpc-1", "AvailabilityZone": "us-east-1a"},
    {"SubnetId": "subnet-2", "VpcId": "vpc-1", "AvailabilityZone": "us-east-1e"},
]


def offered(*pairs: str) -> list[dict[str, str]]:
    """Return what EC2 lists: each pair is a type and the letter of a zone."""
    return [
        {"InstanceType": name, "Location": f"us-east-1{zone}", "LocationType": "availability-zone"}
        for name, zone in (pair.split() for pair in pairs)
    ]


def variant(instance_type: str, model: str = "m", **more: Any) -> dict[str, Any]:
    given = {"VariantName": f"{model}-{instance_type}", "ModelName": model, "InitialInstanceCount": 1, **more}
    return {**given, "InstanceType": instance_type} if instance_type else given


def told(*variants: dict[str, Any], offers: Any = (), subnets: Any = SUBNETS, models: Any = None) -> list[Result]:
    parts: dict[str, Any] = {
        "endpoint_configs": [{"EndpointConfigName": "demo-config", "ProductionVariants": list(variants)}],
        "models": [{"ModelName": "m", "VpcConfig": NETWORK}, {"ModelName": "outside"}] if models is None else models,
        "subnets": subnets,
        "security_groups": [{"GroupId": "sg-1", "VpcId": "vpc-1"}],
    }
    if offers is not None:
        parts["instance_type_offerings"] = list(offers)
    return judge("PRE410", CREATE, **parts)


def test_one_subnet_in_a_zone_that_offers_the_type_is_enough() -> None:
    (result,) = told(variant("ml.g5.xlarge"), offers=offered("g5.xlarge a", "m5.large e"))
    assert (result.kind, "subnet-1 in us-east-1a (subnet-2 can't be used for it)" in result.message) == ("pass", True)


@pytest.mark.parametrize(
    ("offers", "reason"),
    [
        (offered("g5.xlarge b", "g5.xlarge c"), "EC2 offers g5.xlarge only in us-east-1b, us-east-1c, but subnet-1 is"),
        (offered("m5.large a"), "EC2 lists no zone of us-east-1 that offers g5.xlarge"),
        (None, "instance_type_offerings"),
    ],
)
def test_a_type_that_no_zone_of_the_subnets_is_known_to_offer_is_unknown(offers: Any, reason: str) -> None:
    (result,) = told(variant("ml.g5.xlarge"), offers=offers)
    assert (result.kind, reason in result.message, bool(result.remedy)) == ("open", True, True)


def test_a_subnet_whose_zone_is_not_known_leaves_it_open_unless_another_fits() -> None:
    subnets = [{"SubnetId": "subnet-1", "VpcId": "vpc-1"}, SUBNETS[1]]
    (result,) = told(variant("ml.g5.xlarge"), offers=offered("g5.xlarge a"), subnets=subnets)
    assert (result.kind, "the zone of subnet-1 is not known" in result.message) == ("open", True)
    (result,) = told(variant("ml.g5.xlarge"), offers=offered("g5.xlarge e"), subnets=subnets)
    assert result.kind == "pass"


def test_each_type_of_the_variants_that_run_the_model_is_asked_for() -> None:
    offers = offered("g5.xlarge a", "m5.large e", "p3.2xlarge b")
    results = told(variant("ml.g5.xlarge"), variant("ml.m5.large"), variant("ml.p3.2xlarge", "outside"), offers=offers)
    assert [each.kind for each in results] == ["pass", "pass"]


def test_every_pool_of_a_variant_counts() -> None:
    pools = [{"InstanceType": name, "Priority": 1} for name in ("ml.g5.xlarge", "ml.p3.2xlarge")]
    results = told(variant("", InstancePools=pools), offers=offered("g5.xlarge a", "p3.2xlarge b"))
    assert kinds(results) == ["pass", "open"]


def test_without_a_vpc_or_instances_there_is_nothing_to_ask() -> None:
    serverless = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
    outside = [{"ModelName": "m"}]
    assert kinds(told(variant("ml.g5.xlarge"), models=outside)) == ["notApplicable"]
    assert kinds(told({"VariantName": "v", "ModelName": "m", **serverless})) == ["notApplicable"]
