"""The account service: which regions an account has opted in to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from tests.aws.answers import AwsError
from tests.aws.scope import Scope
from tests.aws.state import partition_of

Parameters = Mapping[str, Any]

# Regions launched after 2019-03-20: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
OPT_IN = frozenset(
    {
        "af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
        "ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1",
        "me-central-1", "me-south-1", "mx-central-1",
    }
)  # fmt: skip


def get_region_opt_status(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    name = parameters["RegionName"]
    if name not in _regions(partition_of(scope.region)):
        raise AwsError("ValidationException", f"{name} is not a valid region.")
    return {"RegionName": name, "RegionOptStatus": status(scope, name)}


def list_regions(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    entries = [
        {"RegionName": name, "RegionOptStatus": status(scope, name)} for name in _regions(partition_of(scope.region))
    ]
    wanted = parameters.get("RegionOptStatusContains")
    kept = [entry for entry in entries if not wanted or entry["RegionOptStatus"] in wanted]
    start, size = int(parameters.get("NextToken", "0")), int(parameters.get("MaxResults", 20))
    following = {"NextToken": str(start + size)} if start + size < len(kept) else {}
    return {"Regions": kept[start : start + size], **following}


def status(scope: Scope, region: str) -> str:
    """Return a region's RegionOptStatus: as the test set it, or that of an account that opted in to nothing."""
    usual = "DISABLED" if region in OPT_IN else "ENABLED_BY_DEFAULT"
    return scope.state.regions.get(region, usual)


@cache
def _regions(partition: str) -> list[str]:
    from botocore.loaders import Loader

    for each in Loader().load_data("partitions")["partitions"]:
        if each["id"] == partition:
            return sorted(name for name in each["regions"] if not name.endswith("-global"))
    return []
