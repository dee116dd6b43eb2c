from __future__ import annotations

from typing import Any

from preflight.engine.result import Result
from tests.readiness.checking import judge
from tests.readiness.worlds import CREATE, kinds

VPC = {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
MODEL = {"ModelName": "m", "VpcConfig": VPC}


def subnet(name: str, free: int | None = 10, vpc: str = "vpc-1") -> dict[str, Any]:
    return {"SubnetId": name, "VpcId": vpc, **({} if free is None else {"AvailableIpAddressCount": free})}


def variant(count: int, model: str = "m", name: str = "a") -> dict[str, Any]:
    return {"VariantName": name, "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": count}


def world(*variants: dict[str, Any], subnets: Any = None, groups: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "endpoint_configs": [{"EndpointConfigName": "demo-config", "ProductionVariants": list(variants)}],
        "models": [MODEL, {"ModelName": "outside"}],
        "subnets": subnets if subnets is not None else [subnet("subnet-1"), subnet("subnet-2")],
        "security_groups": groups if groups is not None else [{"GroupId": "sg-1", "VpcId": "vpc-1"}],
        **more,
    }


def wrong(results: list[Result]) -> list[str]:
    return [each.message for each in results if each.kind == "fail"]


def test_subnets_and_groups_of_one_vpc_with_room() -> None:
    results = judge("PRE406", CREATE, **world(variant(20)))
    assert set(kinds(results)) == {"pass"}
    assert any("have 20 free addresses; 20 instances need one each" in each.message for each in results)


def test_too_few_addresses_for_the_instances() -> None:
    (message,) = wrong(judge("PRE406", CREATE, **world(variant(21))))
    assert "(subnet-1, subnet-2) have 20 free addresses, and 21 instances need one each" in message


def test_only_the_variants_of_the_model_take_its_addresses() -> None:
    assert wrong(judge("PRE406", CREATE, **world(variant(5), variant(90, "outside", "b")))) == []


def test_a_configuration_connects_all_its_variants() -> None:
    config = {"EndpointConfigName": "demo-config", "ProductionVariants": [variant(30, "outside")], "VpcConfig": VPC}
    parts = {**world(), "endpoint_configs": [config], "models": [{"ModelName": "outside"}]}
    assert len(wrong(judge("PRE406", CREATE, **parts))) == 1


def test_addresses_are_counted_for_what_the_plan_creates() -> None:
    model = ("CreateModel", MODEL)
    config = ("CreateEndpointConfig", {"EndpointConfigName": "demo-config", "ProductionVariants": [variant(21)]})
    parts = {**world(), "endpoint_configs": [], "models": []}
    results = judge("PRE406", model, config, CREATE, **parts)
    assert len(wrong(results)) == 1
    assert sum("subnet `subnet-1`" in each.message for each in results) == 1


def test_what_is_missing_is_named() -> None:
    messages = wrong(judge("PRE406", CREATE, **world(variant(1), subnets=[subnet("subnet-1")], groups=[])))
    assert [("subnet `subnet-2`" in messages[0], "security group `sg-1`" in messages[1])] == [(True, True)]


def test_two_vpcs() -> None:
    groups = [{"GroupId": "sg-1", "VpcId": "vpc-2"}]
    (message,) = wrong(judge("PRE406", CREATE, **world(variant(1), groups=groups)))
    assert "to 2 VPCs: vpc-1 has subnet-1, subnet-2; vpc-2 has sg-1" in message


def test_addresses_that_are_not_known_leave_it_open_unless_the_others_suffice() -> None:
    some = [subnet("subnet-1", 3), subnet("subnet-2", None)]
    assert "open" in kinds(judge("PRE406", CREATE, **world(variant(4), subnets=some)))
    assert set(kinds(judge("PRE406", CREATE, **world(variant(3), subnets=some)))) == {"pass"}


def test_nothing_is_known_of_the_network() -> None:
    parts = world(variant(1))
    del parts["subnets"], parts["security_groups"]
    assert set(kinds(judge("PRE406", CREATE, **parts))) == {"open"}
