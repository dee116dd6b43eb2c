"""What each resource type comes to, as `rules/cloudformation.yaml` declares it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from preflight.data_files import folder, load_yaml
from preflight.declared.expressions import fill
from preflight.unresolved import DeployText

_NOT_DECLARED: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Made:
    """A resource with what is known of it. `values` are its properties with its name among them, where it lies, what
    AWS makes up, and its attributes; `ref` is what Ref gives.
    """

    declared: Mapping[str, Any]
    values: Mapping[str, Any]
    ref: str | None

    @property
    def properties(self) -> Mapping[str, Any]:
        """The properties, with the name that CloudFormation gives where the template gives none."""
        named: Mapping[str, Any] = self.values["Properties"]
        return named

    def attribute(self, name: str) -> Any:
        """Return an attribute; None where it is not known before deployment."""
        return self.values["Attributes"].get(name)


def declared_of(type_: str) -> Mapping[str, Any]:
    """Return what is declared of a resource type; empty for one that is not declared."""
    return _types().get(type_, _NOT_DECLARED)


def made_of(declared: Mapping[str, Any], properties: Mapping[str, Any], place: Mapping[str, Any]) -> Made:
    """Return a resource with its name, what Ref gives of it and its attributes.

    `place` has Partition, Region, Account, DnsSuffix, StackName, LogicalId, and Id, which AWS makes up.
    """
    named = dict(properties)
    if (member := declared.get("name")) and member not in named:
        named[member] = _generated(declared, place)
    values = {**named, **place}
    attributes = {name: fill(text, values) for name, text in declared.get("attributes", {}).items()}
    ref = fill(declared["ref"], values) if "ref" in declared else None
    return Made(declared, {**values, **attributes, "Ref": ref, "Properties": named, "Attributes": attributes}, ref)


def _generated(declared: Mapping[str, Any], place: Mapping[str, Any]) -> str:
    """Return the name that CloudFormation makes up; nothing is known of one that it would have to shorten."""
    made_up: str = place["Id"]
    name = fill(declared.get("generated", "${Id}"), place) or made_up
    # The random part has 12 or 13 characters; a stack's name that is not known may be of any length.
    parts = len(place["StackName"]) if not DeployText.partial(place["StackName"]) else 64
    return name if parts + len(place["LogicalId"]) + 15 <= declared.get("most", 64) else made_up


@cache
def _types() -> Mapping[str, Mapping[str, Any]]:
    declared: Mapping[str, Mapping[str, Any]] = load_yaml((folder("rules") / "cloudformation.yaml").read_bytes())[
        "types"
    ]
    return declared
