"""PRE201: is there such a region, is it enabled for the account, and is the service there?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from preflight.account.facts import Absent, Ask, Known, Unknown
from preflight.data_files import folder, load_yaml
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.readiness.step import Step

_IN_USE = ("ENABLED", "ENABLED_BY_DEFAULT")


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition of AWS as `rules/regions.yaml` lists it. `lacks` says which services some of its regions lack."""

    name: str
    pattern: str
    regions: tuple[str, ...]
    opt_in: tuple[str, ...]
    lacks: Mapping[str, tuple[str, ...]]


@cache
def partitions() -> dict[str, Partition]:
    """Return every partition by its name. Source: botocore's `endpoints.json`, kept as data so as not to load it."""
    declared = load_yaml((folder("rules") / "regions.yaml").read_bytes())
    return {
        name: Partition(
            name,
            each["pattern"],
            tuple(each["regions"]),
            tuple(each.get("opt-in", ())),
            {service: tuple(regions) for service, regions in each.get("lacks", {}).items()},
        )
        for name, each in declared["partitions"].items()
    }


def region_ready(step: Step, rule: Rule) -> Iterator[Result]:
    """Say once for a plan whether calls to its service can be made in its region at all."""
    if not step.is_first:
        return
    kind, message, remedy = _judge(step)
    yield rule.result(kind, message, subject=step.region, location=step.location, remedy=remedy)


def _judge(step: Step) -> tuple[Kind, str, str]:
    region, partition = step.region, partitions().get(step.partition)
    service = step.operation.call.service
    listed = partition is not None and region in partition.regions
    elsewhere = next((each.name for each in partitions().values() if region in each.regions), None)
    if not listed and elsewhere is not None:
        return Kind.FAIL, f"{region} is a region of the partition {elsewhere}, not of {step.partition}", _nearest(step)
    if partition is not None and not re.fullmatch(partition.pattern, region):
        return Kind.FAIL, f"{region} isn't a Region of {step.partition}", _nearest(step)
    if partition is not None and region in partition.lacks.get(service, ()):
        return Kind.FAIL, f"{service} is not offered in {region}", "Use another region."
    if listed and partition is not None and region not in partition.opt_in:
        return _default(step, service)
    fact = step.account.read(Ask.one("account:region", "", {"RegionName": region}))
    if isinstance(fact, Absent):
        return Kind.FAIL, f"there is no region {region}", _nearest(step)
    if isinstance(fact, Unknown):
        what = f"whether {region} is enabled" if listed else f"whether there is a region {region}"
        near = "" if listed else _nearest(step)
        return (
            Kind.OPEN,
            f"{what} is not known: {fact.reason}",
            " ".join(filter(None, (near, fact.remedy))),
        )
    status = str(fact.value.get("RegionOptStatus"))
    if status not in _IN_USE:
        return Kind.FAIL, f"{region} is {status} for account {step.account_id}", _way_on(region, status)
    if not listed:
        return (
            Kind.OPEN,
            f"{region} is {status}; can't determine whether it offers {service}: preflight's list lacks it",
            f"Look it up on https://docs.aws.amazon.com/general/latest/gr/{service}.html, or update preflight.",
        )
    return Kind.PASS, f"{region} is {status} for account {step.account_id} and offers {service}", ""


def _default(step: Step, service: str) -> tuple[Kind, str, str]:
    """Judge a region that is enabled for everybody; a snapshot or AWS may still say otherwise of it."""
    fact = step.account.read(Ask.one("account:region", "", {"RegionName": step.region}))
    status = str(fact.value.get("RegionOptStatus")) if isinstance(fact, Known) else "ENABLED_BY_DEFAULT"
    if status not in _IN_USE:
        return Kind.FAIL, f"{step.region} is {status} for account {step.account_id}", _way_on(step.region, status)
    return Kind.PASS, f"{step.region} is enabled by default in partition {step.partition} and offers {service}", ""


def _way_on(region: str, status: str) -> str:
    if status == "ENABLING":
        wait = f"aws account get-region-opt-status --region-name {region}"
        return f"Wait: enabling a Region takes minutes to hours. Check the status with: {wait}."
    after = "Once it is disabled, enable" if status == "DISABLING" else "Enable"
    return (
        f"{after} it: aws account enable-region --region-name {region}, or in the console under Account, AWS Regions "
        "(https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html). It may take hours."
    )


def _nearest(step: Step) -> str:
    from difflib import get_close_matches

    partition = partitions().get(step.partition)
    near = get_close_matches(step.region, partition.regions if partition else (), n=1)
    return f"Did you mean {near[0]}?" if near else f"Use a Region of {step.partition} with --region."
