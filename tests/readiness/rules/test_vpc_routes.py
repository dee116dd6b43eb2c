"""PRE409: is S3 reached from the subnets of what has data there?"""

from __future__ import annotations

from typing import Any

import pytest

from tests.readiness.checking import judge, only
from tests.readiness.worlds import EXECUTION

NETWORK = {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
MODEL = {
    "ModelName": "m",
    "ExecutionRoleArn": EXECUTION,
    "PrimaryContainer": {"ModelDataUrl": "s3://models/a/model.tar.gz"},
    "VpcConfig": NETWORK,
}
SUBNETS = [{"SubnetId": f"subnet-{each}", "VpcId": "vpc-1"} for each in (1, 2)]
OUT = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
LOCAL = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}
EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


def endpoint(*statements: Any, **more: Any) -> dict[str, Any]:
    return {
        "VpcEndpointId": "vpce-1",
        "VpcEndpointType": "Gateway",
        "VpcId": "vpc-1",
        "ServiceName": "com.amazonaws.us-east-1.s3",
        "State": "available",
        "RouteTableIds": ["rtb-1"],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements or (EVERYBODY,))},
        **more,
    }


def main(*routes: Any) -> dict[str, Any]:
    return {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": True}], "Routes": [LOCAL, *routes]}


def told(*, tables: Any = None, endpoints: Any = (), egress: Any = (OUT,), model: Any = MODEL) -> Any:
    group: dict[str, Any] = {"GroupId": "sg-1", "VpcId": "vpc-1"}
    if egress is not None:
        group["IpPermissionsEgress"] = list(egress)
    parts: dict[str, Any] = {"subnets": SUBNETS, "security_groups": [group], "vpc_endpoints": list(endpoints)}
    return only(judge("PRE409", ("CreateModel", model), route_tables=[main()] if tables is None else tables, **parts))


@pytest.mark.parametrize(
    ("routes", "kind"),
    [
        ((), "fail"),
        (({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"},), "fail"),
        (({"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"},), "pass"),
        (({"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "blackhole"},), "fail"),
        (({"DestinationCidrBlock": "0.0.0.0/0", "TransitGatewayId": "tgw-1"},), "open"),
        (({"DestinationCidrBlock": "172.16.0.0/12", "GatewayId": "vgw-1"},), "open"),
    ],
)
def test_routes(routes: Any, kind: str) -> None:
    assert told(tables=[main(*routes)]).kind == kind


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({}, "pass"),
        ({"RouteTableIds": ["rtb-9"]}, "fail"),
        ({"State": "deleted"}, "fail"),
        ({"ServiceName": "com.amazonaws.us-east-1.dynamodb"}, "fail"),
        ({"VpcEndpointType": "Interface", "RouteTableIds": [], "PrivateDnsEnabled": True}, "pass"),
        ({"VpcEndpointType": "Interface", "RouteTableIds": [], "PrivateDnsEnabled": False}, "fail"),
    ],
)
def test_endpoints(changed: Any, kind: str) -> None:
    assert told(endpoints=[endpoint(**changed)]).kind == kind


@pytest.mark.parametrize(
    ("statements", "kind"),
    [
        (({**EVERYBODY, "Resource": "arn:aws:s3:::models/*"},), "pass"),
        (({**EVERYBODY, "Resource": "arn:aws:s3:::others/*"},), "fail"),
        ((EVERYBODY, {**EVERYBODY, "Effect": "Deny", "Action": "s3:GetObject"}), "fail"),
        (({**EVERYBODY, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},), "open"),
    ],
)
def test_the_policy_of_an_endpoint(statements: Any, kind: str) -> None:
    assert told(endpoints=[endpoint(*statements)]).kind == kind


@pytest.mark.parametrize(
    ("egress", "kind"),
    [
        ((OUT,), "pass"),
        (({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},), "pass"),
        ((), "fail"),
        (({**OUT, "FromPort": 80, "ToPort": 80},), "fail"),
        (({**OUT, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},), "open"),
        (({**OUT, "IpRanges": [], "PrefixListIds": [{"PrefixListId": "pl-1"}]},), "pass"),
        (None, "open"),
    ],
)
def test_outbound_rules(egress: Any, kind: str) -> None:
    through = {"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1"}
    assert told(tables=[main(through)], endpoints=[endpoint()], egress=egress).kind == kind


def test_one_subnet_of_two_that_does_not_reach_it() -> None:
    own = {"RouteTableId": "rtb-2", "VpcId": "vpc-1", "Associations": [{"SubnetId": "subnet-2"}], "Routes": [LOCAL]}
    assert told(tables=[main(), own], endpoints=[endpoint()]).kind == "open"


def test_only_what_has_data_in_s3_needs_it() -> None:
    image = {"Image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/m:1"}
    assert told(model={**MODEL, "PrimaryContainer": image}).kind == "notApplicable"
    unconnected = {name: each for name, each in MODEL.items() if name != "VpcConfig"}
    assert judge("PRE409", ("CreateModel", unconnected)) == []
