from __future__ import annotations

from typing import Any

import pytest

from preflight.account.facts import Absent, Ask, Fact, Known
from preflight.account.snapshots.snapshot import Snapshot
from preflight.readiness.rules.regions import partitions
from tests.readiness.checking import check, judge, only
from tests.readiness.worlds import ACCOUNT, CREATE, plan


class Live(Snapshot):
    """A snapshot that knows of one region what AWS would say."""

    def __init__(self, fact: Fact[Any]) -> None:
        super().__init__({"version": 1, "account": ACCOUNT}, "the live account")
        self.fact = fact

    def read(self, ask: Ask) -> Fact[Any]:
        return self.fact if ask.kind == "account:region" else super().read(ask)


@pytest.mark.parametrize(
    ("status", "kind", "remedy"),
    [
        ("ENABLED", "pass", ""),
        ("ENABLED_BY_DEFAULT", "pass", ""),
        ("DISABLED", "fail", "Enable it: aws account enable-region --region-name eu-south-1"),
        ("DISABLING", "fail", "Once it is disabled, enable it"),
        ("ENABLING", "fail", "aws account get-region-opt-status --region-name eu-south-1"),
    ],
)
def test_an_opt_in_region_must_be_enabled(status: str, kind: str, remedy: str) -> None:
    result = only(judge("PRE201", CREATE, region="eu-south-1", RegionOptStatus=status))
    assert result.kind == kind
    assert remedy in result.remedy
    assert status in result.message


def test_an_opt_in_region_of_which_nothing_is_known_is_open() -> None:
    result = only(judge("PRE201", CREATE, region="ap-east-1"))
    assert result.kind == "open"
    assert "RegionOptStatus" in result.message


@pytest.mark.parametrize(
    ("region", "partition"), [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_regions_that_everybody_has_need_no_facts(region: str, partition: str) -> None:
    assert only(judge("PRE201", CREATE, region=region, partition=partition)).kind == "pass"


@pytest.mark.parametrize(
    ("region", "says"),
    [
        ("cn-north-1", "is a region of the partition aws-cn, not of aws"),
        ("us-east1", "isn't a Region of aws"),
        ("us-iso-west-1", "is a region of the partition aws-iso"),
    ],
)
def test_what_is_no_region_of_the_partition(region: str, says: str) -> None:
    result = only(check("PRE201", plan(CREATE, region=region), {"version": 1, "account": ACCOUNT}))
    assert result.kind == "fail"
    assert says in result.message


def test_a_region_without_the_service() -> None:
    facts = {"version": 1, "account": ACCOUNT, "partition": "aws-iso"}
    result = only(check("PRE201", plan(CREATE, region="us-iso-west-1"), facts))
    assert result.kind == "fail"
    assert "sagemaker is not offered" in result.message


def test_a_region_that_the_list_lacks_is_asked_for() -> None:
    unheard = plan(CREATE, region="us-easst-1")
    unknown = only(check("PRE201", unheard, {"version": 1, "account": ACCOUNT}))
    assert unknown.kind == "open"
    assert "Did you mean us-east-1?" in unknown.remedy
    assert only(check("PRE201", unheard, Live(Absent("no such region")))).kind == "fail"
    newer = only(check("PRE201", unheard, Live(Known({"RegionOptStatus": "ENABLED"}))))
    assert newer.kind == "open"
    assert "can't determine whether it offers sagemaker" in newer.message


def test_a_plan_is_told_once() -> None:
    assert len(judge("PRE201", CREATE, ("UpdateEndpoint", CREATE[1]))) == 1


def test_the_list_is_that_of_the_botocore_that_is_installed() -> None:
    import botocore.session

    session = botocore.session.get_session()
    data = session.get_component("data_loader").load_data("endpoints")
    assert {each["partition"] for each in data["partitions"]} == set(partitions())
    for each in data["partitions"]:
        known = partitions()[each["partition"]]
        assert set(each["regions"]) == set(known.regions)
        assert each["regionRegex"].strip("^$").replace("\\-", "-") == known.pattern
        served = set(session.get_available_regions("sagemaker", known.name))
        assert set(known.regions) - served == set(known.lacks.get("sagemaker", ()))
        assert set(known.opt_in) <= set(known.regions)


def test_no_region_of_the_list_says_more_than_its_partition() -> None:
    names = [region for each in partitions().values() for region in each.regions]
    assert len(names) == len(set(names))
