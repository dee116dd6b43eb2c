"""SAM's policy templates, written out, and whether our copy of them is SAM's."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from preflight.documents.cloudformation.sam.policies import arn_named, written_out
from preflight.unresolved import DeployText


def test_parameters_are_filled_in() -> None:
    (statement,) = written_out({"SQSPollerPolicy": {"QueueName": {"Fn::GetAtt": ["Queue", "QueueName"]}}})
    assert "sqs:ReceiveMessage" in statement["Action"]
    assert {"queueName": {"Fn::GetAtt": ["Queue", "QueueName"]}} in statement["Resource"]["Fn::Sub"]


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (
            {"S3ReadPolicyy": {}},
            "SAM's policy template S3ReadPolicyy, which does not exist (did you mean S3ReadPolicy?)",
        ),
        ({"S3ReadPolicy": {}}, "BucketName of SAM's policy template S3ReadPolicy"),
    ],
)
def test_what_sam_would_refuse_is_unknown(policy: Any, reason: str) -> None:
    (found,) = written_out(policy)
    assert list(DeployText(found).labels) == [reason]


def test_managed_policies_have_their_paths() -> None:
    assert arn_named("AWSLambdaRole")["Fn::Sub"].endswith("policy/service-role/AWSLambdaRole")
    assert arn_named("AmazonS3FullAcess")["Fn::Sub"].endswith("policy/AmazonS3FullAcess")


@pytest.mark.skipif(find_spec("samtranslator") is None, reason="aws-sam-translator is not installed")
def test_templates_and_connectors_are_those_of_the_package() -> None:
    from tools.sam_policy_templates import PATH, PROFILES, profiles, text

    assert PATH.read_text(encoding="utf-8") == text()
    assert PROFILES.read_text(encoding="utf-8") == profiles()
