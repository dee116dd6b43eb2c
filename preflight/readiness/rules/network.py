"""PRE406: are subnets and security groups there, in one VPC, and have the subnets addresses left?"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.account.facts import Known
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.readiness.capacity.amounts import NOTHING
from preflight.readiness.connected_instances import instances_of
from preflight.readiness.connections import SUBNET, VpcConnection, connections
from preflight.readiness.dependency_results import existence, found_or_why_not
from preflight.readiness.step import Step
from preflight.readiness.wording import subject


def network_ready(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of subnets and groups whether they exist, of each connection whether it is of one VPC and has room."""
    found, otherwise = found_or_why_not(step, rule)
    yield from otherwise
    for reference in found:
        yield existence(step, rule, reference)
    found_connections = connections(step)
    ours = {id(each) for each in found}
    for connection in found_connections:
        if any(id(each) in ours for each in connection.members):
            yield from _one_vpc(step, rule, connection)
    if step.operation.kind.section("usage"):
        yield from _room(step, rule, found_connections)


def _one_vpc(step: Step, rule: Rule, connection: VpcConnection) -> Iterator[Result]:
    by_vpc: dict[str, list[str]] = {}
    for each in connection.members:
        vpc = each.fact.value.get("VpcId") if isinstance(each.fact, Known) else None
        if vpc is not None:
            by_vpc.setdefault(vpc, []).append(each.name)
    if len(by_vpc) > 1:
        parts = "; ".join(f"{vpc} has {', '.join(names)}" for vpc, names in by_vpc.items())
        yield rule.result(
            Kind.FAIL,
            f"{connection.name} is connected to {len(by_vpc)} VPCs: {parts}",
            subject=subject(step),
            location=step.location,
            remedy="Use subnets and security groups of one VPC.",
        )
    elif by_vpc and all(isinstance(each.fact, Known) and each.fact.value.get("VpcId") for each in connection.members):
        message = f"the subnets and security groups of {connection.name} belong to one VPC, {next(iter(by_vpc))}"
        yield rule.result(Kind.PASS, message, subject=subject(step), location=step.location)


def _room(step: Step, rule: Rule, served: list[VpcConnection]) -> Iterator[Result]:
    """Hold the free addresses of each connection's subnets against the instances; each takes one address at least."""
    for connection in served:
        subnets = connection.of(SUBNET)
        counts = [
            each.fact.value.get("AvailableIpAddressCount") if isinstance(each.fact, Known) else None for each in subnets
        ]
        need = sum((draw.amount for draw in instances_of(step, connection)), NOTHING)
        if not subnets or need.high == 0:
            continue
        known = [count for count in counts if count is not None]
        free, names = sum(known), ", ".join(each.name for each in subnets)
        every = len(known) == len(counts)
        partly = "" if every else " that are known of"
        state = f"the subnets of {connection.name} ({names}) have {free} free addresses{partly}"
        asked = f"{need} instances need one each at least"

        def result(kind: Kind, message: str, remedy: str = "") -> Result:
            return rule.result(kind, message, subject=subject(step), location=step.location, remedy=remedy)

        if every and need.low > free:
            yield result(
                Kind.FAIL,
                f"{state}, and {asked}",
                "Add a subnet of the same VPC with free addresses, or free some: delete network interfaces not in use.",
            )
        elif free and need.high is not None and need.high <= free:
            yield result(Kind.PASS, f"{state}; {asked}")
        else:
            yield result(
                Kind.OPEN,
                f"Can't determine whether {state.replace(' have ', ' with ')} have enough: {asked}",
                "Allow ec2:DescribeSubnets, or give AvailableIpAddressCount of each subnet in the snapshot.",
            )
