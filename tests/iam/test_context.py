"""The keys that a request determines by itself, and those it does not."""

from __future__ import annotations

import pytest

from preflight.iam.context import RequestContext
from preflight.iam.principals import caller
from preflight.iam.request import Context, Request
from preflight.iam.variables import Found, Missing

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
        (SESSION, "aws:PrincipalArn", (f"arn:aws:iam::{A}:role/r",)),
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
        (USER, "kms:CallerAccount", (A,)),
        (USER, "aws:RequestedRegion", ("us-east-1",)),
        (USER, "aws:ResourceAccount", (A,)),
    ],
)
def test_derived_keys(principal: str, key: str, expected: Found) -> None:
    assert value(key, principal, context=Context(complete=False)) == expected


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
