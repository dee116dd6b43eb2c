"""After the command line has had its say, account, region, partition and principal agree or are refused."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
import yaml

from preflight.data_files import folder
from preflight.declared.partitions import partition_of
from preflight.documents.plans.consistency import context_of, with_options
from preflight.documents.plans.plan import Plan
from preflight.documents.plans.requests import plan_of
from preflight.documents.text.load import load_text
from preflight.errors import InputError, UsageError

ROLE = "arn:aws:iam::111122223333:role/deployer"


def plan(**members: Any) -> Plan:
    call = {"operation": "create-endpoint", "parameters": {"EndpointName": "e", "EndpointConfigName": "c"}}
    return plan_of([load_text(json.dumps({"requests": [call], **members}, indent=1), "plan.json")])


def test_options_come_before_documents() -> None:
    settled = with_options(
        plan(region="us-east-1", account="222222222222", context={"aws:SourceIp": "1", "aws:UserAgent": "x"}),
        principal=ROLE,
        region="eu-west-1",
        account="111122223333",
        context={"aws:sourceip": "2"},
    )
    assert (settled.region, settled.account, settled.principal) == ("eu-west-1", "111122223333", ROLE)
    assert settled.context == {"aws:UserAgent": "x", "aws:sourceip": "2"}
    untouched = plan(region="us-east-1", principal=ROLE)
    assert with_options(untouched) == untouched


@pytest.mark.parametrize(
    "principal",
    [
        ROLE,
        "arn:aws:iam::111122223333:role/path/to/deployer",
        "arn:aws:iam::111122223333:user/someone",
        "arn:aws:iam::111122223333:root",
        "arn:aws:sts::111122223333:assumed-role/deployer/session@example.com",
    ],
)
def test_principals_that_can_call(principal: str) -> None:
    assert with_options(plan(), principal=principal, region="us-east-1", account="111122223333").principal == principal


@pytest.mark.parametrize(
    ("members", "options", "path", "says"),
    [
        ({}, {"account": "1111"}, "--account", "the account '1111' is not a 12-digit account ID"),
        ({}, {"account": "1111-2222-3333"}, "--account", "is not a 12-digit account ID"),
        ({}, {"account": ""}, "--account", "is not a 12-digit account ID"),
        ({}, {"region": "us-east-1a"}, "--region", "an availability zone; write us-east-1"),
        ({}, {"region": "US_EAST_1"}, "--region", "write us-east-1"),
        ({}, {"region": "virginia"}, "--region", "'virginia' is not a region name; write one such as us-east-1"),
        (
            {},
            {"principal": "deployer"},
            "--principal",
            "write the full ARN, such as arn:aws:iam::111122223333:role/deployer",
        ),
        ({}, {"principal": "arn:aws:iam::111122223333:group/g"}, "--principal", "is not the ARN of a role"),
        ({}, {"principal": "arn:aws:iam::111122223333:role/"}, "--principal", "is not the ARN of a role"),
        ({}, {"principal": "arn:aws:sts::111122223333:assumed-role/r"}, "--principal", "assumed-role/ROLE/SESSION"),
        (
            {"account": "222222222222"},
            {"principal": ROLE},
            "--principal",
            "belongs to account 111122223333, but the plan is for account 222222222222",
        ),
        ({"principal": ROLE}, {"account": "222222222222"}, "plan.json", "to account 111122223333"),
        (
            {"principal": ROLE},
            {"region": "cn-north-1"},
            "plan.json",
            "in partition aws, but Region cn-north-1 is in aws-cn",
        ),
        (
            {},
            {"principal": "arn:aws-us-gov:iam::111122223333:role/r", "region": "us-east-1"},
            "--principal",
            "in partition aws-us-gov",
        ),
    ],
)
def test_what_does_not_agree(members: dict[str, Any], options: dict[str, str], path: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        with_options(plan(**members), **options)  # type: ignore[arg-type]
    assert caught.value.path == path
    assert says in str(caught.value)
    assert caught.value.mend
    assert path != "plan.json" or caught.value.place == "/principal (line 11, column 15)"


def test_whether_a_region_exists_is_for_a_check() -> None:
    assert with_options(plan(), region="us-east1").region == "us-east1"
    assert with_options(plan(), region="us-moon-1").region == "us-moon-1"


def test_context_options() -> None:
    assert context_of(["aws:SourceIp=10.0.0.1", "aws:TagKeys=a", "aws:tagkeys=b", "aws:RequestTag/k=x=y"]) == {
        "aws:SourceIp": "10.0.0.1",
        "aws:TagKeys": ["a", "b"],
        "aws:RequestTag/k": "x=y",
    }
    assert context_of(["aws:UserAgent="]) == {"aws:UserAgent": ""}
    for option, says in (("aws:SourceIp", "is not key=value"), ("=x", "is not key=value"), ("SourceIp=x", "no prefix")):
        with pytest.raises(UsageError, match=says):
            context_of([option])
    with pytest.raises(UsageError, match="no prefix"):
        with_options(plan(), context={"aws:": "x"})


@cache
def declared_partitions() -> dict[str, list[str]]:
    with (folder("rules") / "regions.yaml").open("rb") as stream:
        declared = yaml.safe_load(stream)["partitions"]
    return {name: partition["regions"] for name, partition in declared.items()}


def test_the_partition_of_every_region() -> None:
    for partition, regions in declared_partitions().items():
        for region in regions:
            assert partition_of(region) == partition
            assert with_options(plan(), region=region).region == region
