"""How much of each kind of resource an instance type has, of those that AWS publishes: `rules/instance-sizes.json`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from preflight.data_files import declared_json

_MIB = 1024


def beyond(types: Iterable[str], required: Mapping[str, Any]) -> str | None:
    """Say what an inference component requires that no instance of these types has; None where one has it, or where
    the size of a type is not known.

    `required` has the members of InferenceComponentComputeResourceRequirements.
    """
    found = [(each, _lack(each, required)) for each in dict.fromkeys(types)]
    if not found or any(lack is None for _, lack in found):
        return None
    return "; ".join(f"{each} has {lack}" for each, lack in found)


def _lack(instance_type: str, required: Mapping[str, Any]) -> str | None:
    size = _sizes().get(instance_type)
    if size is None:
        return None
    cpus, memory, accelerators = size
    for member, has, words in (
        ("MinMemoryRequiredInMb", memory * _MIB, "MiB of memory"),
        ("NumberOfCpuCoresRequired", cpus, "vCPUs"),
        ("NumberOfAcceleratorDevicesRequired", accelerators, "accelerators"),
    ):
        wanted = required.get(member)
        if isinstance(wanted, int | float) and wanted > has:
            return f"{has:,} {words} where {wanted:,} are required"
    return None


@cache
def _sizes() -> Mapping[str, tuple[int, int, int]]:
    document = declared_json("instance-sizes")
    return {name: (cpus, memory, accelerators) for name, (cpus, memory, accelerators) in document["types"].items()}
