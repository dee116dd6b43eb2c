"""A request that a statement is plainly about tells two policies apart only where a proof does."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.iam.policy import Policy, parse_policy
from preflight.iam.proof import equivalent
from preflight.iam.proof.boxes import box_of
from preflight.iam.proof.plain_requests import plain_request

_ROLE = "arn:aws:iam::*:role/service/*"


def _policy(*statements: dict[str, Any]) -> Policy:
    return parse_policy({"Version": "2012-10-17", "Statement": list(statements)}, "policy")


def _passing(service: str, resource: str = _ROLE, **more: Any) -> dict[str, Any]:
    condition = {"StringEquals": {"iam:PassedToService": service, **more}}
    return {"Effect": "Allow", "Action": "iam:PassRole", "Resource": resource, "Condition": condition}


def test_the_first_action_on_the_first_resource_with_conditions_just_met() -> None:
    """The request is one that the statement holds for."""
    [statement] = _policy(_passing("a.amazonaws.com")).statements
    found = plain_request(box_of(statement), {"iam:passedtoservice"})
    assert found is not None
    assert (found.action, found.resource) == ("iam:PassRole", "arn:aws:iam::example:role/service/example")
    assert found.context == {"iam:passedtoservice": ("a.amazonaws.com",)}


@pytest.mark.parametrize(
    ("statement", "keys"),
    [
        ({"Effect": "Allow", "Action": "iam:Pass*", "Resource": "*"}, ()),
        ({"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*"}, ()),
        ({"Effect": "Allow", "Action": "iam:PassRole", "NotResource": _ROLE}, ()),
        ({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::home/${aws:username}/*"}, ()),
        ({"Effect": "Allow", "Action": "iam:PassRole", "Resource": _ROLE}, ("aws:requestedregion",)),
        ({"Effect": "Allow", "Action": "iam:PassRole", "Resource": _ROLE}, ("aws:principalarn",)),
    ],
)
def test_what_has_more_to_it_is_left_to_the_search(statement: dict[str, Any], keys: tuple[str, ...]) -> None:
    """Patterns of actions, all but some, variables, and keys that are never missing."""
    [read] = _policy(statement).statements
    assert plain_request(box_of(read), keys) is None


@pytest.mark.parametrize(
    ("one", "beside", "same"),
    [
        (_passing("a.amazonaws.com"), _passing("b.amazonaws.com", "*"), False),
        (_passing("a.amazonaws.com"), _passing("a.amazonaws.com", "*"), True),
        (_passing("a.amazonaws.com", **{"iam:AssociatedResourceArn": "x"}), _passing("a.amazonaws.com", "*"), True),
        (_passing("a.amazonaws.com", **{"aws:ResourceAccount": "${aws:PrincipalAccount}"}), _passing("b", "*"), False),
        ({"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}, _passing("b", "*"), True),
        ({**_passing("a"), "Condition": {"StringEquals": {"aws:PrincipalArn": ""}}}, _passing("b", "*"), True),
    ],
)
def test_a_statement_that_grants_nothing_more_is_not_told_apart(
    one: dict[str, Any], beside: dict[str, Any], *, same: bool
) -> None:
    """What needs no permission, and what no request meets, changes nothing."""
    assert equivalent(_policy(beside, one), _policy(beside), "identity") is same
