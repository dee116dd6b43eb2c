"""The keys that a request determines by itself, and those it does not."""

from __future__ import annotations

import pytest

from preflight.iam.context import RequestContext
from preflight.iam.principals import caller
from preflight.iam.request import Context, Request
from preflight.iam.variables import Constrained, Found, Missing
from preflight.iam.wildcard import tokens

A = "111122223333"
USER, SESSION = f"arn:aws:iam::{A}:user/p/u", f"arn:aws:sts::{A}:assumed-role/r/s"
ENDPOINT = f"arn:aws:sagemaker:us-east-1:{A}:endpoint/e"


def value(key: str, principal: str = USER, resource: str = ENDPOINT, **more: object) -> Found:
    request = Request(principal, "sagemaker:DescribeEndpoint", resource, **more)  # type: ignore[arg-type]
    return RequestContext(request, caller(principal), A)(key.lower())


@pytest.mark.parametrize(
    ("principal", "key", "expected"),
    [
        (USER, "aws:PrincipalArn", (USER,)),
        (USER, "aws:username", ("u",)),
        (SESSION, "aws:username", Missing.ABSENT),
        (SESSION, "aws:PrincipalType", ("AssumedRole",)),
        (USER, "aws:PrincipalType", ("User",)),
        (f"arn:aws:iam::{A}:root", "aws:userid", (A,)),
        (f"arn:aws:sts::{A}:federated-user/f", "aws:userid", (f"{A}:f",)),
        ("*", "aws:userid", ("anonymous",)),
        ("*", "aws:PrincipalAccount", ("anonymous",)),
        ("*", "aws:PrincipalArn", Missing.ABSENT),
        ("s3.amazonaws.com", "aws:PrincipalIsAWSService", ("true",)),
        ("s3.amazonaws.com", "aws:PrincipalServiceName", ("s3.amazonaws.com",)),
        (USER, "aws:PrincipalIsAWSService", ("false",)),
        (USER, "aws:PrincipalAccount", (A,)),
        (USER, "kms:CallerAccount", Missing.ABSENT),
        (USER, "iam:PassedToService", Missing.ABSENT),
        (USER, "ec2:SourceInstanceArn", Missing.UNKNOWN),
        (USER, "saml:sub", Missing.UNKNOWN),
        (USER, "aws:RequestedRegion", ("us-east-1",)),
        (USER, "aws:ResourceAccount", (A,)),
    ],
)
def test_derived_keys(principal: str, key: str, expected: Found) -> None:
    assert value(key, principal, context=Context(complete=False)) == expected


def test_what_a_session_settles() -> None:
    role = f"arn:aws:iam::{A}:role/path/r"
    assert value("aws:PrincipalArn", SESSION) == (f"arn:aws:iam::{A}:role/r",)
    assert isinstance(value("aws:PrincipalArn", SESSION, context=Context(complete=False)), Constrained)
    assert value("aws:PrincipalArn", SESSION, principal_arn=role) == (role,)
    assert value("aws:userid", SESSION, principal_id="AROAONE") == ("AROAONE:s",)
    assert value("aws:userid", role, principal_id="AROAONE") == Constrained((tokens("AROAONE:?*"),))
    assert value("aws:userid", USER, principal_id="AIDAONE") == ("AIDAONE",)
    assert isinstance(value("aws:userid", SESSION), Constrained)


def test_the_time_is_known() -> None:
    at = Context({"aws:CurrentTime": "2026-01-02T00:00:00Z"})
    issued = value("aws:TokenIssueTime", SESSION, context=at)
    assert isinstance(issued, Constrained)
    assert issued.period == (1767312000 - 36 * 3600, 1767312000)
    assert value("aws:TokenIssueTime", USER) is Missing.ABSENT
    assert value("aws:EpochTime", context=at) == ("1767312000",)
    assert isinstance(value("aws:CurrentTime"), tuple)


def test_what_is_given_wins_and_keys_have_no_case() -> None:
    context = Context({"AWS:UserName": "other", "aws:TagKeys": ("a", "b"), "empty": ()})
    assert value("aws:username", context=context) == ("other",)
    assert value("aws:tagkeys", context=context) == ("a", "b")
    assert value("empty", context=context) is Missing.ABSENT


def test_what_is_not_given_is_absent_or_unknown() -> None:
    assert value("aws:SourceIp") is Missing.ABSENT
    open_context = Context(complete=False, absent=("aws:RequestTag/*",))
    assert value("aws:SourceIp", context=open_context) is Missing.UNKNOWN
    assert value("aws:RequestTag/Team", context=open_context) is Missing.ABSENT


def test_tags() -> None:
    tagged = {"principal_tags": {"Team": "ml"}, "resource_tags": {}, "context": Context(complete=False)}
    assert value("aws:PrincipalTag/team", **tagged) == ("ml",)
    assert value("aws:PrincipalTag/other", **tagged) is Missing.ABSENT
    assert value("aws:ResourceTag/team", **tagged) is Missing.ABSENT
    assert value("aws:ResourceTag/team", context=Context(complete=False)) is Missing.UNKNOWN
