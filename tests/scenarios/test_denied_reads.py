"""Each read of a check that is denied: what is open then is on the page, and nothing else is ready for lack of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.aws.account import Ready, populate
from tests.aws.control import StandIn
from tests.scenarios import breaking as b
from tests.scenarios.running import Outcome, check

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"
ROW = re.compile(r"\| `([a-z0-9-]+:[A-Za-z]+)` \|([^|]*)\|([^|]*)\|")
# HeadBucket and HeadObject are calls; what they take is another action.
CALLED = {"s3:ListBucket": "s3:HeadBucket", "s3:GetObject": "s3:HeadObject"}


def table() -> dict[str, tuple[list[str], str]]:
    """Return the rules that become open by each denied read, and why a check is ready all the same."""
    rows = ROW.findall(PAGE.read_text(encoding="utf-8").partition("## What a denied read leaves unknown")[2])
    return {CALLED.get(read, read): (re.findall(r"PRE\d+", rules), why.strip()) for read, rules, why in rows}


@pytest.fixture
def ready(aws: StandIn) -> Ready:
    return populate(aws)


def checked(aws: StandIn, ready: Ready) -> Outcome:
    return check(aws, ready.plan(), "--config-retry-delay", "0.01")


def opened(outcome: Outcome) -> list[str]:
    return sorted({each["rule"] for each in outcome.report["results"] if each["kind"] == "open"})


def test_the_table_has_every_read_of_a_check(aws: StandIn, ready: Ready) -> None:
    aws.calls.clear()
    assert checked(aws, ready).code == 0
    assert {call.action for call in aws.calls} == set(table())


@pytest.mark.nightly
def test_what_each_denied_read_leaves_open(aws: StandIn, ready: Ready) -> None:
    for read, (rules, why) in table().items():
        aws.mend()
        aws.deny(read)
        outcome = checked(aws, ready)
        assert opened(outcome) == rules, read
        assert outcome.code == (3 if rules else 0), read
        # None turns into READY without a reason that the page gives.
        assert bool(rules) != bool(why), read


def test_endpoints_that_may_scale_and_are_not_read_are_told_of(aws: StandIn, ready: Ready) -> None:
    aws.quota("ml.m5.xlarge for endpoint usage", 20)
    b.running("other")(aws, ready)
    assert "scaling" not in checked(aws, ready).said("PRE501", "pass")
    aws.deny("application-autoscaling:DescribeScalableTargets")
    said = checked(aws, ready).said("PRE501", "pass")
    assert "can't determine whether scaling may take more" in said
    assert "application-autoscaling:DescribeScalableTargets" in said
