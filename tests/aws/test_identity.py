from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.aws.account import populate, trust
from tests.aws.control import StandIn


def refused(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_the_caller_is_who_the_test_says(aws: StandIn) -> None:
    sts = aws.client("sts")
    assert sts.get_caller_identity()["Arn"] == "arn:aws:sts::111122223333:assumed-role/deployer/test"
    aws.call_as_user("ann")
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::111122223333:user/ann"


def test_sts_that_is_not_active_gives_no_tokens_but_still_says_who_calls(aws: StandIn) -> None:
    aws.call_as_user("ann")
    aws.sts_off("eu-west-1")
    there = aws.client("sts", "eu-west-1")
    assert there.get_caller_identity()["Account"] == "111122223333"
    code, message = refused(there.get_session_token)
    assert code == "RegionDisabledException"
    assert "STS is not activated in this region for account:111122223333" in message
    assert aws.client("sts", "us-east-1").get_session_token()["Credentials"]["AccessKeyId"].startswith("ASIA")


def test_regions_that_are_not_opted_in_to(aws: StandIn) -> None:
    account = aws.client("account")
    assert account.get_region_opt_status(RegionName="us-east-1")["RegionOptStatus"] == "ENABLED_BY_DEFAULT"
    assert account.get_region_opt_status(RegionName="me-south-1")["RegionOptStatus"] == "DISABLED"
    aws.region("me-south-1", "ENABLED")
    assert account.get_region_opt_status(RegionName="me-south-1")["RegionOptStatus"] == "ENABLED"
    assert refused(account.get_region_opt_status, RegionName="mars-north-1")[0] == "ValidationException"
    pages = account.get_paginator("list_regions").paginate(RegionOptStatusContains=["ENABLED"])
    assert [region["RegionName"] for found in pages for region in found["Regions"]] == ["me-south-1"]
    aws.call_as_user("ann")
    assert refused(aws.client("sts", "me-central-1").get_session_token)[0] == "RegionDisabledException"


def test_a_role_is_assumed_only_where_it_exists_and_trusts_the_caller(aws: StandIn) -> None:
    iam, sts = aws.client("iam"), aws.client("sts")
    iam.create_role(RoleName="open", AssumeRolePolicyDocument=trust({"AWS": "arn:aws:iam::111122223333:root"}))
    iam.create_role(RoleName="closed", AssumeRolePolicyDocument=trust({"Service": "sagemaker.amazonaws.com"}))
    for name in ("closed", "missing"):
        arn = f"arn:aws:iam::111122223333:role/{name}"
        code, message = refused(sts.assume_role, RoleArn=arn, RoleSessionName="one")
        assert code == "AccessDenied"
        assert message.endswith(f"is not authorized to perform: sts:AssumeRole on resource: {arn}")
    got = sts.assume_role(RoleArn="arn:aws:iam::111122223333:role/open", RoleSessionName="one")["Credentials"]
    session = aws.client("sts", access_key=got["AccessKeyId"])
    assert session.get_caller_identity()["Arn"] == "arn:aws:sts::111122223333:assumed-role/open/one"
    assert refused(session.get_session_token)[0] == "AccessDenied"


def test_managed_policies_are_there_for_tests_that_name_them(aws: StandIn) -> None:
    populate(aws)
    iam, arn = aws.client("iam"), "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    assert refused(iam.get_policy, PolicyArn=arn)[0] == "NoSuchEntity"
    aws.managed_policies("AmazonSageMakerFullAccess")
    iam.attach_role_policy(RoleName="deployer", PolicyArn=arn)
    attached = iam.list_attached_role_policies(RoleName="deployer")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [arn]
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    assert "sagemaker:*" in json.dumps(document)


def test_the_environment_points_the_sdk_at_the_stand_in(aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.environment("eu-west-1").items():
        monkeypatch.setenv(name, value)
    session = boto3.Session()
    assert session.region_name == "eu-west-1"
    assert session.client("sts").get_caller_identity()["Account"] == aws.account
    assert aws.calls.count() == {"sts:GetCallerIdentity": 1}
