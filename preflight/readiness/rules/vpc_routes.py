"""PRE409: does a VPC let through to S3 what is connected to it and has data there?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

from preflight.account.facts import Ask, Known, Unknown
from preflight.account.principals import parsed_policy
from preflight.declared.expressions import evaluate
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.iam.decide import decide
from preflight.iam.decision import Outcome
from preflight.iam.policy import Policy, parse_policy
from preflight.iam.request import Context, Policies, PolicyType, Request
from preflight.readiness.connections import GROUP, SUBNET, VpcConnection, connections
from preflight.readiness.references import Reference, references
from preflight.readiness.step import Step
from preflight.readiness.wording import subject
from preflight.sentence import sentence

_TABLE, _ENDPOINT = "ec2:route-table", "ec2:vpc-endpoint"
_HTTPS = 443
_EVERYWHERE = ("0.0.0.0/0", "::/0")
# Members of a route that lead somewhere from which S3 may be reached: a firewall, a hub, another network.
_ELSEWHERE = (
    "TransitGatewayId",
    "InstanceId",
    "NetworkInterfaceId",
    "VpcPeeringConnectionId",
    "LocalGatewayId",
    "CoreNetworkArn",
)


class _Reach(IntEnum):
    """How far something is let through, the worst first."""

    NO = 0
    PERHAPS = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to S3, or what is in it: how far it lets through, why, and what to do where it does not for certain."""

    reach: _Reach
    why: str
    remedy: str = ""


def data_reached(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of each connection to a VPC through which data in S3 is read whether S3 is reached from its subnets.

    "If you configure your VPC so that model containers don't have access to the internet, they can't connect to the
    Amazon S3 buckets that contain your data unless you create a VPC endpoint":
    https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html. Images and logs do not go through the VPC.
    """
    found = [each for each in connections(step) if not each.is_told]
    told = not found
    for connection in found:
        data = [
            each
            for each in references(step)
            if each.kind == "s3:object" and any(owner is connection.owner for owner in each.owners)
        ]
        if not data:
            continue
        told = True
        way = min(_ways(step, connection, data), key=lambda each: each.reach)
        kind = {_Reach.NO: Kind.FAIL, _Reach.PERHAPS: Kind.OPEN, _Reach.YES: Kind.PASS}[way.reach]
        begin = (
            "" if way.reach is _Reach.YES else "it can't reach S3: " if way.reach is _Reach.NO else "cannot determine "
        )
        whether = "whether S3 is reached: " if way.reach is _Reach.PERHAPS else ""
        message = f"{connection.name} has data in S3 and is connected to a VPC; {begin}{whether}{way.why}"
        yield rule.result(kind, message, subject=subject(step), location=step.location, remedy=sentence(way.remedy))
    if not told:
        why = f"{step.operation.id} reads no data in S3 through a VPC here"
        yield rule.result(Kind.NOT_APPLICABLE, why, subject=subject(step), location=step.location)


def _ways(step: Step, connection: VpcConnection, data: Sequence[Reference]) -> Iterator[_Way]:
    """Give what is in the way of each part: the routes, the policies of endpoints, the security groups."""
    facts = step.account.read_many([Ask.all(_TABLE, step.region), Ask.all(_ENDPOINT, step.region)])
    unknown = next((each for each in facts if isinstance(each, Unknown)), None)
    if unknown is not None:
        yield _Way(_Reach.PERHAPS, unknown.reason, unknown.resolution)
        return
    tables, endpoints = (each.value if isinstance(each, Known) else [] for each in facts)
    of_s3 = [each for each in endpoints if _serves_s3(each, step.region)]
    routed = [_routed(subnet, tables, of_s3) for subnet in connection.of(SUBNET)]
    reached = [way for way, _ in routed]
    worst = min(reached, key=lambda each: each.reach)
    if worst.reach is _Reach.NO and max(each.reach for each in reached) > _Reach.NO:
        # Which of the subnets an instance gets is the service's choice.
        worst = _Way(_Reach.PERHAPS, worst.why, worst.remedy)
    yield worst
    if worst.reach is _Reach.NO:
        return
    used = {str(each.get("VpcEndpointId")): each for _, found in routed for each in found}
    for endpoint in used.values():
        yield _let_through(step, connection, endpoint, data)
    lists = {str(each["DestinationPrefixListId"]) for each in _routes(tables) if each.get("DestinationPrefixListId")}
    yield max((_egress(each, lists) for each in connection.of(GROUP)), key=lambda each: each.reach, default=worst)


def _serves_s3(endpoint: Mapping[str, Any], region: str) -> bool:
    state = str(endpoint.get("State", "available")).lower()
    return str(endpoint.get("ServiceName", "")).endswith(f".{region}.s3") and state == "available"


def _routed(
    subnet: Reference, tables: Sequence[Mapping[str, Any]], endpoints: Sequence[Mapping[str, Any]]
) -> tuple[_Way, list[Mapping[str, Any]]]:
    """Return how a subnet reaches S3, with the endpoints that it goes through."""
    vpc = subnet.fact.value.get("VpcId") if isinstance(subnet.fact, Known) else None
    if vpc is None:
        reason = subnet.fact.reason if isinstance(subnet.fact, Unknown) else "its VPC is not given"
        return _Way(_Reach.PERHAPS, f"subnet `{subnet.name}`: {reason}", "give VpcId of the subnet"), []
    for endpoint in endpoints:
        private = endpoint.get("PrivateDnsEnabled", False)
        if endpoint.get("VpcEndpointType") == "Interface" and endpoint.get("VpcId") == vpc and private:
            return _Way(_Reach.YES, f"interface endpoint {endpoint.get('VpcEndpointId')} serves {vpc}"), [endpoint]
    table = _table_of(subnet.name, vpc, tables)
    if table is None:
        return _Way(_Reach.PERHAPS, f"no route table of subnet `{subnet.name}` is known", "give it in route_tables"), []
    name, routes = table.get("RouteTableId"), list(_routes([table]))
    for endpoint in endpoints:
        through = [each for each in routes if each.get("GatewayId") == endpoint.get("VpcEndpointId")]
        if through or name in (endpoint.get("RouteTableIds") or ()):
            return _Way(_Reach.YES, f"gateway endpoint {endpoint.get('VpcEndpointId')} serves {name}"), [endpoint]
    outwards = [each for each in routes if each.get("DestinationCidrBlock") == _EVERYWHERE[0]]
    if any(each.get("NatGatewayId") for each in outwards):
        return _Way(_Reach.YES, f"{name} leads through a NAT gateway"), []
    if any(each.get(member) for each in routes for member in _ELSEWHERE) or any(
        str(each.get("GatewayId", "")).startswith("vgw-") for each in routes
    ):
        why = f"{name} of subnet `{subnet.name}` has routes to other networks, and no endpoint of S3"
        return _Way(_Reach.PERHAPS, why, "try from a machine in the subnet, or add a gateway endpoint of S3"), []
    # What is connected has no public address, so that an internet gateway does not serve it.
    why = f"subnet `{subnet.name}` of {vpc} has neither an endpoint of S3 nor a NAT gateway in its route table {name}"
    remedy = (
        f"aws ec2 create-vpc-endpoint --vpc-id {vpc} --service-name com.amazonaws.REGION.s3 --route-table-ids {name}"
    )
    return _Way(_Reach.NO, why, f"create a gateway endpoint of S3: {remedy}"), []


def _table_of(subnet: str, vpc: str, tables: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the route table of a subnet: the one it is associated with, else the main one of its VPC.

    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html
    """
    main = None
    for table in tables:
        for each in table.get("Associations") or ():
            if each.get("SubnetId") == subnet:
                return table
            if each.get("Main") and table.get("VpcId") == vpc:
                main = table
    return main


def _routes(tables: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Give the routes of tables that lead somewhere."""
    for table in tables:
        yield from (each for each in table.get("Routes") or () if each.get("State") != "blackhole")


def _let_through(step: Step, connection: VpcConnection, endpoint: Mapping[str, Any], data: Sequence[Reference]) -> _Way:
    """Say whether the policy of an endpoint lets the role read the data.

    https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
    """
    name = str(endpoint.get("VpcEndpointId"))
    if "PolicyDocument" not in endpoint:
        return _Way(
            _Reach.PERHAPS, f"the policy of endpoint {name} is not known", "give PolicyDocument of the endpoint"
        )
    document = endpoint["PolicyDocument"]
    policy = parsed_policy(f"the policy of endpoint {name}", document, PolicyType.VPC_ENDPOINT)
    if isinstance(policy, Unknown):
        return _Way(_Reach.PERHAPS, policy.reason, policy.resolution)
    expression = connection.kind.declared.get("execution-role")
    role = evaluate(expression, connection.owner) if expression else None
    if not role:
        return _Way(_Reach.PERHAPS, f"the principal for the policy of endpoint {name} is not known")
    found = []
    for each in data:
        key = each.key.get("Key") or each.key.get("Prefix") or ""
        arn = f"arn:{step.partition}:s3:::{each.key['Bucket']}/{key}{'object' if not key or key.endswith('/') else ''}"
        context = Context({"aws:SecureTransport": "true"}, complete=False)
        request = Request(role, "s3:GetObject", arn, resource_account=step.account_id, context=context)
        outcome = decide(request, Policies(identity=(_everything(),), vpc_endpoint=(policy,))).outcome
        if outcome is Outcome.ALLOWED:
            found.append(_Way(_Reach.YES, f"endpoint {name} lets {role} read {arn}"))
        elif outcome is Outcome.OPEN:
            found.append(_Way(_Reach.PERHAPS, f"whether the policy of endpoint {name} allows s3:GetObject on {arn} "
                             "depends on conditions", "allow it without them"))  # fmt: skip
        else:
            found.append(_Way(_Reach.NO, f"the policy of endpoint {name} does not allow {role} s3:GetObject on {arn}",
                             f"allow it in the policy of {name}"))  # fmt: skip
    return min(found, key=lambda each: each.reach)


@cache
def _everything() -> Policy:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return parse_policy({"Version": "2012-10-17", "Statement": [statement]}, "everything")


def _egress(group: Reference, prefix_lists: set[str]) -> _Way:
    """Say whether a security group lets HTTPS out to S3; of several groups of a connection the rules add up.

    https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
    """
    rules = group.fact.value.get("IpPermissionsEgress") if isinstance(group.fact, Known) else None
    if rules is None:
        reason = group.fact.reason if isinstance(group.fact, Unknown) else "its outbound rules are not given"
        return _Way(_Reach.PERHAPS, f"security group `{group.name}`: {reason}", "give IpPermissionsEgress of the group")
    https = [each for each in rules if _is_https(each)]
    if any(_is_everywhere(each) or _lists(each) & prefix_lists for each in https):
        return _Way(_Reach.YES, f"security group `{group.name}` allows outbound HTTPS")
    if https:
        why = f"security group `{group.name}` allows outbound HTTPS only to some addresses"
        return _Way(_Reach.PERHAPS, why, "allow HTTPS to the prefix list of S3")
    why = f"no outbound rule of security group `{group.name}` allows HTTPS"
    return _Way(_Reach.NO, why, "allow outbound TCP 443, to the prefix list of S3 at least")


def _is_https(rule: Mapping[str, Any]) -> bool:
    protocol = str(rule.get("IpProtocol", ""))
    ports = rule.get("FromPort", 0), rule.get("ToPort", 65535)
    return protocol == "-1" or (protocol in ("tcp", "6") and ports[0] <= _HTTPS <= ports[1])


def _is_everywhere(rule: Mapping[str, Any]) -> bool:
    return any(each.get("CidrIp") == _EVERYWHERE[0] for each in rule.get("IpRanges") or ())


def _lists(rule: Mapping[str, Any]) -> set[str]:
    return {str(each.get("PrefixListId")) for each in rule.get("PrefixListIds") or ()}
