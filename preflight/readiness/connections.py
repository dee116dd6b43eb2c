"""The connections to a VPC that a request relies on: what one resource names together, subnets and security groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from preflight.account.facts import Known
from preflight.declared.resource_kinds import ResourceKind, load_kind
from preflight.readiness.references import Reference, references
from preflight.readiness.step import Step

SUBNET, GROUP = "ec2:subnet", "ec2:security-group"


@dataclass(frozen=True, slots=True)
class VpcConnection:
    """What one resource (a model, a configuration, a job) names to be connected to a VPC.

    `owner` is its described shape, `kind` what it is, `name` what messages call it.
    """

    owner: Mapping[str, Any]
    kind: ResourceKind
    name: str
    members: tuple[Reference, ...]

    def of(self, kind: str) -> list[Reference]:
        """Return its subnets, or its security groups."""
        return [each for each in self.members if each.kind == kind]

    @property
    def is_told(self) -> bool:
        """Whether the results of an earlier request in the plan tell of it."""
        return all(each.covered for each in self.members)


def connections(step: Step) -> list[VpcConnection]:
    """Return the connections by what names their subnets and groups, however often each is named."""
    owners: dict[int, tuple[Mapping[str, Any], list[Reference]]] = {}
    for reference in references(step):
        if reference.kind in (SUBNET, GROUP):
            for owner in reference.owners:
                owners.setdefault(id(owner), (owner, []))[1].append(reference)
    known = {id(each.fact.value): each for each in references(step) if isinstance(each.fact, Known)}
    return [
        VpcConnection(
            owner,
            load_kind(known[identity].kind) if identity in known else step.operation.kind,
            known[identity].label if identity in known else "the request",
            tuple(members),
        )
        for identity, (owner, members) in owners.items()
    ]
