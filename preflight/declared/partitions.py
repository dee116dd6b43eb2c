"""AWS's partitions: which one a region is of, and the suffix of its host names."""

from __future__ import annotations

# How the regions of a partition begin, by botocore's partitions.json; every other region is of the partition aws.
_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}


# The domain of a partition's endpoints (botocore's endpoints.json), where it is not amazonaws.com.
_SUFFIXES = {
    "aws-cn": "amazonaws.com.cn",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
    "aws-eusc": "amazonaws.eu",
}


def partition_of(region: str) -> str:
    """Return the partition of a region by its name."""
    return next((partition for start, partition in _PARTITIONS.items() if region.startswith(start)), "aws")


def suffix_of(partition: str) -> str:
    """Return the domain of a partition's endpoints."""
    return _SUFFIXES.get(partition, "amazonaws.com")
