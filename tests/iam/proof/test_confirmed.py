"""What a counterexample shows is what the engine decides for its case; and conditions that any holder meets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from preflight.iam.decide import decide
from preflight.iam.decision import Outcome
from preflight.iam.policy import parse_policy
from preflight.iam.proof import ProofVerdict, not_administrator, not_granted, policy_type
from preflight.simulate.cases import Case, read_case

SESSION = {"AWS": "arn:aws:sts::111122223333:assumed-role/r/s"}
TODAY = datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z")


def resource_policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", **each} for each in statements]}


def outcome(case: dict[str, Any]) -> Outcome:
    read = read_case(case, 1, "case", str)
    assert isinstance(read, Case)
    return decide(read.request, read.policies).outcome


@pytest.mark.parametrize(
    ("policy", "actions"),
    [
        (resource_policy({"Action": "*", "Principal": SESSION}), ["iam:*"]),
        (resource_policy({"Action": "*", "Principal": {"AWS": "111122223333"}}), ["iam:*"]),
        (
            resource_policy(
                {"Action": "s3:GetObject", "Principal": {"AWS": "arn:aws:iam::111122223333:role/r"}},
                {
                    "Effect": "Deny",
                    "Action": "*",
                    "Principal": "*",
                    "Condition": {"DateLessThan": {"aws:TokenIssueTime": TODAY}},
                },
            ),
            ["s3:GetObject"],
        ),
    ],
    ids=["IAM has no resource policies", "to an account", "a token of today"],
)
def test_no_counterexample_is_shown_that_the_engine_decides_otherwise(policy: Any, actions: list[str]) -> None:
    proof = not_granted(parse_policy(policy, "p", policy_type("resource")), "resource", actions)
    for each in proof.counterexamples:
        assert outcome(each.case(policy, "p")) is Outcome.ALLOWED is each.new
    assert proof.verdict is not ProofVerdict.HOLDS


@pytest.mark.parametrize(
    "condition",
    [
        {"Null": {"aws:ChatbotSourceArn": "true"}},
        {"Null": {"aws:AssumedRoot": "true"}},
        {"Null": {"ec2:SourceInstanceARN": "true"}},
        {"Null": {"ssm:SourceInstanceArn": "true"}},
        {"ArnNotEquals": {"lambda:SourceFunctionArn": "arn:aws:lambda:us-east-1:111122223333:function:f"}},
    ],
)
def test_keys_of_special_sessions_keep_no_one_from_being_an_administrator(condition: dict[str, Any]) -> None:
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    proof = not_administrator(parse_policy({"Version": "2012-10-17", "Statement": allow}, "p"), "identity")
    assert proof.verdict is ProofVerdict.FAILS


@pytest.mark.parametrize(
    "condition", [{"Null": {"ec2:SourceInstanceARN": "false"}}, {"Bool": {"aws:AssumedRoot": "true"}}]
)
def test_what_asks_for_a_special_session_does(condition: dict[str, Any]) -> None:
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    proof = not_administrator(parse_policy({"Version": "2012-10-17", "Statement": allow}, "p"), "identity")
    assert proof.verdict is ProofVerdict.HOLDS
