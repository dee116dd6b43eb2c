"""AWS's regions, and the partition of each, from `rules/regions.yaml`, read without YAML: a lint of one file waits."""

from __future__ import annotations

import re
from functools import cache

from preflight.catalog.nearest import nearest
from preflight.data_files import folder

_PARTITION = re.compile(r"^  (aws[a-z-]*):$", re.MULTILINE)
_REGIONS = re.compile(r"^    regions: \[([^\]]*)\]", re.MULTILINE)
_SHAPE = re.compile(
    r"(us|eu|ap|sa|ca|me|af|il|mx|cn|us-gov|us-iso[a-z]?|eu-isoe|eusc-de)-"
    r"(north|south|east|west|central|northeast|northwest|southeast|southwest)-[1-9]"
)


@cache
def regions() -> dict[str, str]:
    """Return the partition of each region. Source: botocore's `endpoints.json`, as the file says."""
    text = (folder("rules") / "regions.yaml").read_text(encoding="utf-8")
    names = list(_PARTITION.finditer(text))
    found = {}
    for at, name in enumerate(names):
        section = text[name.end() : names[at + 1].start() if at + 1 < len(names) else len(text)]
        listed = _REGIONS.search(section)
        for region in re.findall(r"[a-z][a-z0-9-]+", listed[1]) if listed is not None else ():
            found[region] = name[1]
    return found


def region_possible(region: str) -> bool:
    """Say whether a name that is not listed has the form of a region, and so may be one that AWS opened since."""
    return _SHAPE.fullmatch(region) is not None


def nearest_region(region: str) -> str | None:
    """Return the region that was probably meant, or None where nothing is near."""
    letters = sorted(region.lower())
    return next((each for each in regions() if sorted(each) == letters), None) or nearest(region, regions())


PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")
"""The partitions that ARNs name. Source: botocore's `endpoints.json` and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""
