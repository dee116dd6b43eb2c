"""PRE410: do the Availability Zones of the subnets offer the instance types that are connected to them?"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.account.facts import Ask, Known, Unknown
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.readiness.capacity.amounts import types_of
from preflight.readiness.connected_instances import instances_of
from preflight.readiness.connections import SUBNET, VpcConnection, connections
from preflight.readiness.references import Reference
from preflight.readiness.step import Step
from preflight.readiness.wording import subject
from preflight.sentence import sentence

_OFFERING = "ec2:instance-type-offering"
_PAGE = "https://docs.aws.amazon.com/sagemaker/latest/dg/instance-types-az.html"


def zones_offer(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of each connection to a VPC and each instance type whether a subnet lies in a zone that offers the type.

    SageMaker launches instances only in the zones of the subnets, and no zone offers every type ("For information
    about the availability of specific instance types, see Supported Instance Types and Availability Zones":
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_VpcConfig.html). No call of SageMaker tells the zones
    of a type: EC2 tells them of the type that it is made of, so that what EC2 does not offer is open, not refused.
    """
    told = False
    for connection in connections(step) if step.operation.kind.section("usage") else ():
        draws = [each for each in instances_of(step, connection) if each.amount.high != 0]
        subnets = connection.of(SUBNET)
        if not subnets or not draws:
            continue
        told = True
        for draw in draws:
            if not draw.types:
                untyped = draw.why_untyped
                whether = f"Can't determine whether the subnets of {connection.name} are in zones that offer"
                why = f"{whether} the instance type: {untyped.reason}"
                yield _result(step, rule, Kind.OPEN, why, sentence(untyped.resolution))
        for instance_type in types_of(draws):
            yield _offered(step, rule, connection, subnets, instance_type)
    if not told:
        why = f"{step.operation.id} launches no instances in a VPC here"
        yield rule.result(Kind.NOT_APPLICABLE, why, subject=subject(step), location=step.location)


def _offered(step: Step, rule: Rule, connection: VpcConnection, subnets: list[Reference], instance_type: str) -> Result:
    whether = f"Can't determine whether the subnets of {connection.name} are in zones that offer {instance_type}"
    of_ec2 = instance_type.removeprefix("ml.")
    fact = step.account.read(Ask.all(_OFFERING, step.region, InstanceType=of_ec2))
    if isinstance(fact, Unknown):
        return _result(step, rule, Kind.OPEN, f"{whether}: {fact.reason}", fact.remedy)
    offering = {str(each.get("Location")) for each in (fact.value if isinstance(fact, Known) else ())}
    if not offering:
        why = f"EC2 lists no zone of {step.region} that offers {of_ec2}"
        return _result(step, rule, Kind.OPEN, f"{whether}: {why}", f"look it up on {_PAGE}")
    zones = {each.name: _zone(each) for each in subnets}
    fit = [name for name, zone in zones.items() if zone in offering]
    if fit:
        others = [name for name in zones if name not in fit]
        rest = f" ({', '.join(others)} can't be used for it)" if others and None not in zones.values() else ""
        where = ", ".join(f"{name} in {zones[name]}" for name in fit)
        message = f"{instance_type} is offered in zones of the subnets of {connection.name}: {where}{rest}"
        return _result(step, rule, Kind.PASS, message)
    unplaced = [name for name, zone in zones.items() if zone is None]
    if unplaced:
        why = f"the zone of {', '.join(unplaced)} is not known"
        resolution = "allow ec2:DescribeSubnets, or give AvailabilityZone of each subnet in the snapshot"
        return _result(step, rule, Kind.OPEN, f"{whether}: {why}", resolution)
    where = ", ".join(f"{name} is in {zone}" for name, zone in zones.items())
    why = f"EC2 offers {of_ec2} only in {', '.join(sorted(offering))}, but {where}"
    resolution = f"add a subnet in one of these zones, or look the type up on {_PAGE}"
    return _result(step, rule, Kind.OPEN, f"{whether}: {why}", resolution)


def _result(step: Step, rule: Rule, kind: Kind, message: str, resolution: str = "") -> Result:
    remedy = sentence(resolution)
    return rule.result(kind, message, subject=subject(step), location=step.location, remedy=remedy)


def _zone(subnet: Reference) -> str | None:
    zone = subnet.fact.value.get("AvailabilityZone") if isinstance(subnet.fact, Known) else None
    return str(zone) if zone else None
