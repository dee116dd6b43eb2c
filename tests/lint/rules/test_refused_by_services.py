"""What S3 and SNS refuse to store, what a service may act for, and conditions read with those beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from preflight.api import lint
from preflight.documents.policies.policy_type import type_of
from preflight.engine.result import Level
from preflight.lint.analysis.arn_overlap import within_segments
from tests.lint.linting import results

ACCOUNT = {"AWS": "111122223333"}
OBJECTS = "arn:aws:s3:::example-bucket/*"


def policy(action: Any, resource: Any, *, principal: Any = None, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    statement = {"Effect": effect, "Principal": principal or ACCOUNT, "Action": action, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize(
    ("rule", "written"),
    [
        ("IAM124", policy("s3:GetObject", "*")),
        ("IAM122", policy(["s3:ListBucket", "s3:GetObject"], OBJECTS)),
        ("IAM122", policy("s3:ListAllMyBuckets", OBJECTS)),
        ("IAM139", policy("s3:GetObject", OBJECTS, Condition={"StringEquals": {"s3:prefix": "a"}})),
    ],
)
def test_what_s3_refuses_is_an_error(rule: str, written: dict[str, Any]) -> None:
    (found,) = results(written, "resource", select=rule, service="s3")
    assert found.level is Level.ERROR and "S3" in found.message
    everyone = {**written, "Statement": [{**written["Statement"][0], "Principal": "*"}]}
    assert results(everyone, "resource", select=rule, service="s3")[0].level is Level.WARNING  # of an endpoint, perhaps


@pytest.mark.parametrize(("action", "refused"), [("sns:CreateTopic", True), ("sns:Publish", False), ("sns:*", False)])
def test_actions_out_of_scope_of_a_topic(action: str, *, refused: bool) -> None:
    topic = policy(action, "arn:aws:sns:us-east-1:111122223333:t")
    assert bool(results(topic, "resource", select="IAM123", service="sns")) == refused


@pytest.mark.parametrize(
    ("condition", "limits"),
    [
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::example-bucket"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}, False),
        ({"StringLike": {"aws:SourceAccount": "*"}}, False),
        ({"Null": {"aws:SourceAccount": "false"}}, False),
    ],
)
def test_whose_resources_a_service_acts_for(condition: dict[str, Any], *, limits: bool) -> None:
    written = policy("s3:PutObject", OBJECTS, principal={"Service": "sns.amazonaws.com"}, Condition=condition)
    assert bool(results(written, "resource", select="IAM235", service="s3")) != limits


def test_load_balancers_write_the_logs_of_one_account() -> None:
    balancers = {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    for resource, found in (("example-bucket/p/AWSLogs/111122223333/*", 0), ("example-bucket/*", 1)):
        written = policy("s3:PutObject", f"arn:aws:s3:::{resource}", principal=balancers)
        assert len(results(written, "resource", select="IAM235", service="s3")) == found


def test_conditions_are_read_with_those_beside_them() -> None:
    both = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
    asked = {**both, "Null": {"s3:x-amz-server-side-encryption": "false"}}
    other = {**both, "StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    for condition, says in ((both, "always denies"), (other, "regardless of its value"), (asked, "")):
        found = results(policy(["s3:PutObject", "s3:GetObject"], OBJECTS, effect="Deny", Condition=condition), "scp")
        messages = [each.message for each in found if each.rule == "IAM138"]
        assert [says in each for each in messages] == ([True] if says else [])


@pytest.mark.parametrize(
    ("resource", "form", "matches"),
    [
        ("f*x", "function:*", False),
        ("f*:x", "function:*", True),
        ("function:*", "function:*:*", True),
        ("*:log-stream:x", "log-group:*:log-stream:*", True),
        ("log-group:/a*b", "log-group:*:log-stream:*", False),
        ("bucket/*12:00", "*/*", True),
    ],
)
def test_a_star_takes_a_colon_at_the_end_of_its_segment_only(resource: str, form: str, *, matches: bool) -> None:
    assert within_segments(resource, form) == matches


def test_the_policy_of_a_topic_in_a_folder_of_rcps_is_none() -> None:
    topic = policy("sns:Publish", "*", principal="*", effect="Deny")
    assert type_of(topic, "resource_control_policies/sns_topic_policy.json") == "resource"
    assert type_of(policy("sqs:*", "*", principal="*", effect="Deny"), "rcps/queue-policy.json") == "rcp"
    assert type_of(topic, "rcps/perimeter.json") == "rcp"


def test_a_repository_policy_with_a_resource_is_refused(tmp_path: Path) -> None:
    """A registry's policy has resources, and a repository's has none."""
    statement = {"Effect": "Allow", "Principal": ACCOUNT, "Action": "ecr:ReplicateImage", "Resource": "*"}
    text = {"Version": "2012-10-17", "Statement": [statement]}

    def told(kind: str, name: str, body: dict[str, Any]) -> set[str]:
        (tmp_path / "t.json").write_text(json.dumps({"Resources": {"R": {"Type": kind, "Properties": {name: body}}}}))
        return {each.rule for each in lint(str(tmp_path / "t.json")).report.results if each.level is Level.ERROR}

    assert told("AWS::ECR::Repository", "RepositoryPolicyText", text) == {"IAM124"}
    assert told("AWS::ECR::RegistryPolicy", "PolicyText", text) == set()
    without = {**text, "Statement": [{name: each for name, each in statement.items() if name != "Resource"}]}
    assert told("AWS::ECR::Repository", "RepositoryPolicyText", without) == set()
    assert told("AWS::ECR::RegistryPolicy", "PolicyText", without) == {"IAM014"}
