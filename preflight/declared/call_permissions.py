"""Which IAM actions authorize an AWS call, as `rules/calls/` declares it; for others it is the action of its name.

Services are named as botocore names them; prefixes of policies may differ.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from preflight.data_files import folder, yaml_loader
from preflight.declared.service_models import service_model
from preflight.errors import PreflightError


@cache
def prefix_of(service: str) -> str:
    """Return the prefix that the actions of a service have in policies."""
    return str(_services()["prefixes"].get(service, service))


def needs_no_permission(call: str) -> bool:
    """Say whether a call (`sts:GetCallerIdentity`) is authorized by nothing in IAM."""
    return call in _services()["no-permission"]


@cache
def declared_needs(call: str) -> tuple[Mapping[str, Any], ...] | None:
    """Return what authorizes a call that `rules/calls/` declares; None for one that it does not.

    Entries have an `action` and perhaps: `when`, JMESPath over the parameters; `each`, members laid over the parameters
    to find the resource by, a list of them; `of`, the list whose elements `each` and `action` are evaluated over; `on`,
    the resource's ARN; `role`, the member with the role that is passed; `context`; `maybe`.
    """
    found = _calls(call.partition(":")[0]).get(call)
    if found is None:
        return None
    return tuple({"action": each} if isinstance(each, str) else each for each in found)


@cache
def authorized_actions(prefix: str, operation: str) -> tuple[str, ...] | None:
    """Return the actions that AWS's service reference gives for an operation, where `rules/stacks/` has them and they
    are not just the one of its name; None where it says nothing.
    """
    path = folder("rules") / "stacks" / "operations.json.gz"
    if not path.is_file():
        return None
    found = _published(path).get(f"{prefix}:{operation}")
    return None if found is None else tuple(each["action"] for each in found)


@cache
def _published(path: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return found


@cache
def operations(service: str) -> Mapping[str, Any]:
    """Return botocore's operations of a service by name, each with its HTTP method and path and its input's members;
    empty for a service that botocore does not know.
    """
    try:
        model = service_model(service)
    except PreflightError:
        return {}
    shapes = model["shapes"]
    return {
        name: {
            "http": each.get("http", {}),
            "members": shapes.get(each.get("input", {}).get("shape"), {}).get("members", {}),
        }
        for name, each in model["operations"].items()
    }


@cache
def _services() -> Mapping[str, Any]:
    return _loaded("services")


def _calls(service: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _loaded(service).get("calls", {})
    return found


@cache
def _loaded(name: str) -> Mapping[str, Any]:
    import yaml

    path = folder("rules") / "calls" / f"{name}.yaml"
    if not path.is_file():
        return {}
    with path.open("rb") as stream:
        found: Mapping[str, Any] = yaml.load(stream, yaml_loader())
    return found
