"""Tags of what the overlay holds; moto serves the tags of everything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.aws.scope import Scope

Parameters = Mapping[str, Any]


def list_tags(scope: Scope, parameters: Parameters) -> dict[str, Any] | None:
    tags = scope.hosting.tags.get(parameters["ResourceArn"].lower())
    return None if tags is None else {"Tags": tags}


def add_tags(scope: Scope, parameters: Parameters) -> dict[str, Any] | None:
    tags = scope.hosting.tags.get(parameters["ResourceArn"].lower())
    if tags is None:
        return None
    merged = {tag["Key"]: tag["Value"] for tag in [*tags, *parameters["Tags"]]}
    tags[:] = [{"Key": key, "Value": value} for key, value in merged.items()]
    return {"Tags": tags}
