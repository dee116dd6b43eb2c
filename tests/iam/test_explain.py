"""Near misses: which Allow came closest, and what kept it."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.iam.decide import decide
from preflight.iam.decision import NearMiss, Outcome
from preflight.iam.policy import parse_policy
from preflight.iam.request import Context, Policies, PolicyType, Request

A = "111122223333"
ROLE = f"arn:aws:iam::{A}:role/r"
ENDPOINT = f"arn:aws:sagemaker:us-east-1:{A}:endpoint/mymodel"
ON = f"arn:aws:sagemaker:*:{A}:endpoint"


def misses(*statements: dict[str, Any], context: Context | None = None, **more: Any) -> tuple[NearMiss, ...]:
    full = [{"Effect": "Allow", "Action": "sagemaker:CreateEndpoint", **each} for each in statements]
    for each in full:
        if "NotResource" not in each:
            each.setdefault("Resource", "*")
    identity = parse_policy({"Version": "2012-10-17", "Statement": full}, "p")
    request = Request(ROLE, "sagemaker:CreateEndpoint", ENDPOINT, context=context or Context())
    found = decide(request, Policies(identity=(identity,), **more))
    assert found.outcome is Outcome.IMPLICIT_DENY
    return found.near_misses


@pytest.mark.parametrize(
    ("statement", "kind", "says"),
    [
        ({"Resource": f"{ON}/prod-*"}, "resource", f"allows this action on {ON}/prod-*, not on this resource"),
        ({"Resource": f"{ON}/MyModel"}, "case", "only in upper and lower case"),
        ({"NotResource": f"{ON}/*"}, "resource", f"on everything but {ON}/*"),
        (
            {"Action": "sagemaker:CreateEndpointConfig"},
            "action",
            "allows sagemaker:CreateEndpointConfig on this resource",
        ),
        (
            {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
            "condition",
            "would allow this if aws:SourceIp were in 10.0.0.0/8 (the request does not have it)",
        ),
        (
            {"Condition": {"StringNotLike": {"aws:PrincipalAccount": ["1*", "2*"]}}},
            "condition",
            "if aws:PrincipalAccount were not like 1* or 2* (it is 111122223333)",
        ),
        ({"Condition": {"Null": {"aws:TagKeys": "false"}}}, "condition", "if aws:TagKeys were in the request"),
        (
            {"Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}},
            "condition",
            "if a value of aws:TagKeys were a (the request does not have it)",
        ),
    ],
)
def test_kinds_of_near_miss(statement: dict[str, Any], kind: str, says: str) -> None:
    (miss,) = misses(statement)
    assert miss.kind == kind
    assert says in miss.why
    cited = miss.statement
    assert (cited.policy_type, cited.policy, cited.statement) == (PolicyType.IDENTITY, "p", 0)


def test_the_closest_come_first_and_there_are_at_most_five() -> None:
    elsewhere = [{"Resource": f"{ON}/other-{number}"} for number in range(9)]
    found = misses(*elsewhere, {"Resource": f"{ON}/MYMODEL"})
    assert [each.kind for each in found] == ["case", *["resource"] * 4]


@pytest.mark.parametrize(
    ("bounds", "kind"),
    [
        ({"Action": "sagemaker:CreateEndpoint", "Resource": f"{ON}/x"}, "resource"),
        ({"Action": "sagemaker:CreateEndpointConfig", "Resource": "*"}, "action"),
    ],
)
def test_each_type_that_withheld_an_allow_has_its_closest(bounds: dict[str, Any], kind: str) -> None:
    boundary = parse_policy({"Statement": {"Effect": "Allow", **bounds}}, "b")
    closer = [{"Condition": {"StringEquals": {"aws:PrincipalAccount": str(number)}}} for number in range(9)]
    found = misses(*closer, boundaries=(boundary,))
    assert [(each.statement.policy, each.kind) for each in found] == [("p", "condition")] * 4 + [("b", kind)]


def test_only_what_withheld_the_allow_is_explained() -> None:
    boundary = parse_policy({"Statement": {"Effect": "Allow", "Action": "*", "Resource": f"{ON}/x"}}, "b")
    found = misses({}, boundaries=(boundary,))
    assert [each.statement.policy for each in found] == ["b"]


def test_statements_that_are_far_off_are_not_mentioned() -> None:
    deny = {"Effect": "Deny", "Resource": "arn:x"}
    assert misses({"Action": "s3:GetObject"}, {"Action": "sagemaker:ListModels"}, deny) == ()
