"""What happens on the way to AWS: refused, throttled, cut off, late. None of it is a pass, none a traceback."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from tests.aws.account import Ready, populate
from tests.aws.control import StandIn
from tests.scenarios import breaking as b
from tests.scenarios.running import check

READS = {
    "sagemaker:DescribeEndpointConfig": "PRE401",
    "sagemaker:DescribeModel": "PRE402",
    "sagemaker:ListEndpoints": "PRE501",
    "s3:GetObject": "PRE403",
    "ecr:DescribeImages": "PRE404",
    "kms:DescribeKey": "PRE405",
    "ec2:DescribeSubnets": "PRE406",
    "ec2:DescribeSecurityGroups": "PRE406",
}


@pytest.fixture
def ready(aws: StandIn) -> Ready:
    return populate(aws)


def test_each_read_that_is_refused_names_its_permission(aws: StandIn, ready: Ready) -> None:
    for permission, rule in READS.items():
        aws.mend()
        # ECR tells of an image by two calls: either will do.
        for pattern in {permission, "ecr:BatchGetImage" if permission.startswith("ecr:") else permission}:
            aws.deny(pattern)
        outcome = check(aws, ready.plan(), "--config-retry-delay", "0.01")
        assert "open" in outcome.kinds(rule), permission
        assert permission in outcome.said(rule, "open"), permission
        assert outcome.code == 3, permission


def test_a_read_that_is_throttled_is_tried_again(aws: StandIn, ready: Ready) -> None:
    aws.throttle("sagemaker:DescribeEndpointConfig", times=2)
    outcome = check(aws, ready.plan())
    assert outcome.kinds("PRE401") == ["pass"]
    assert len(aws.calls.of("sagemaker:DescribeEndpointConfig")) == 3


@pytest.mark.parametrize("trouble", ["throttle", "broken", "cut"])
def test_a_read_that_never_comes_leaves_its_rule_open(aws: StandIn, ready: Ready, trouble: str) -> None:
    getattr(aws, trouble)("sagemaker:DescribeModel")
    outcome = check(aws, ready.plan(), AWS_MAX_ATTEMPTS="2")
    assert outcome.kinds("PRE402") == ["open"]
    assert outcome.kinds("PRE401") == ["pass"]
    assert outcome.code == 3
    assert len(aws.calls.of("sagemaker:DescribeModel")) == 2


def test_a_configuration_that_is_not_seen_at_first(aws: StandIn, ready: Ready) -> None:
    aws.stale(reads=2)
    outcome = check(aws, ready.plan(), "--config-retries", "4", "--config-retry-delay", "0.01")
    assert "(after 3 reads)" in outcome.said("PRE401", "pass")
    aws.stale(reads=99)
    aws.calls.clear()
    outcome = check(aws, ready.plan(), "--config-retries", "3", "--config-retry-delay", "0.01")
    assert "(after 4 reads)" in outcome.said("PRE401", "fail")
    assert len(aws.calls.of("sagemaker:DescribeEndpointConfig")) == 4


def test_another_name_is_proposed_only_if_it_is_free(aws: StandIn, ready: Ready) -> None:
    aws.quota("ml.m5.xlarge for endpoint usage", 20)
    for name in ("churn", "churn-2", "CHURN-3"):
        b.running(name)(aws, ready)
    assert "`churn-4` is free" in check(aws, ready.plan()).said("PRE302", "fail")


def ten_variants(aws: StandIn, ready: Ready) -> dict[str, Any]:
    """Plan an endpoint of ten variants, each with its own model."""
    sagemaker = aws.client("sagemaker")
    (usual,) = ready.config_request["ProductionVariants"]
    variants = []
    for number in range(10):
        sagemaker.create_model(**{**ready.model_request, "ModelName": f"churn-{number}"})
        variants.append({**usual, "VariantName": f"v{number}", "ModelName": f"churn-{number}"})
    sagemaker.create_endpoint_config(EndpointConfigName="churn-ten", ProductionVariants=variants)
    return ready.plan(("sagemaker:CreateEndpoint", {**ready.request, "EndpointConfigName": "churn-ten"}))


def test_reads_are_made_at_the_same_time_and_none_twice(aws: StandIn, ready: Ready) -> None:
    plan = ten_variants(aws, ready)
    b.running()(aws, ready)
    latency = 0.5
    aws.latency(latency)
    aws.calls.clear()
    outcome = check(aws, plan, "--verbose")
    assert outcome.kinds("PRE402") == ["pass"]
    assert len(outcome.of("PRE402")) == 10
    chain = re.search(r"the longest chain: (\d+) calls one after another", outcome.err)
    assert chain is not None and int(chain[1]) <= 5
    repeated = Counter(
        (call.action, call.region, json.dumps(call.parameters, sort_keys=True, default=str)) for call in aws.calls
    )
    assert [read for read, times in repeated.items() if times > 1] == []
    assert aws.calls.most_at_once() >= 10
    calls = list(aws.calls)
    took = max(call.end for call in calls) - min(call.start for call in calls)
    # Six latencies where nothing else runs, as the chain says; on a busy machine far from one after another.
    assert took < len(calls) * latency / 2
