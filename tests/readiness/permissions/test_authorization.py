"""PRE110 and PRE122: what the caller is allowed, by which statement, and what to do where it is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from preflight.engine.result import Evidence, Result
from tests.readiness.worlds import (
    ACCOUNT,
    CREATE,
    DEPLOYER,
    EXECUTION,
    REGION,
    allow,
    kinds,
    managed,
    plan,
    policy,
    results,
    role,
    snapshot,
)

ENDPOINT = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/demo"
CONFIG = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint-config/demo-config"
THERE = {"endpoint_configs": [{"EndpointConfigName": "demo-config", "ProductionVariants": []}]}
FULL = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
MODEL = ("CreateModel", {"ModelName": "m", "ExecutionRoleArn": EXECUTION})
ALL = allow("sagemaker:*")


def check(
    *statements: Any, request: Any = CREATE, rule: str = "PRE110", facts: Any = None, **more: Any
) -> list[Result]:
    parts = facts if facts is not None else THERE
    return results(
        rule, plan(request, **more), snapshot(role("deployer", *statements), role("endpoint-execution"), **parts)
    )


def pasted(result: Result) -> Any:
    return json.loads(result.remedy[result.remedy.index("{") : result.remedy.rindex("}") + 1])


def test_the_limited_policy_of_the_seed() -> None:
    found = check(
        allow(["sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig"], [ENDPOINT, CONFIG], Sid="Limited")
    )
    assert [(each.kind.value, each.subject) for each in found] == [("pass", ENDPOINT), ("pass", CONFIG)]
    assert found[0].evidence == (Evidence("deployer-inline", "Limited"),)
    assert "Limited" in found[0].message


def test_the_managed_policy_of_the_seed() -> None:
    attached = role(
        "deployer", AttachedManagedPolicies=[{"PolicyName": "AmazonSageMakerFullAccess", "PolicyArn": FULL}]
    )
    facts = snapshot(attached, role("endpoint-execution"), policies=[managed("AmazonSageMakerFullAccess")], **THERE)
    found = results("PRE110", plan(CREATE), facts)
    assert kinds(found) == ["pass", "pass"]
    assert found[0].evidence == (Evidence(FULL, "AllowAllNonAdminSageMakerActions"),)


def test_the_managed_policy_passes_any_role_to_sagemaker() -> None:
    attached = role("deployer", AttachedManagedPolicies=[{"PolicyName": "x", "PolicyArn": FULL}])
    facts = snapshot(attached, role("endpoint-execution"), policies=[managed("AmazonSageMakerFullAccess")])
    (found,) = results("PRE122", plan(MODEL), facts)
    assert found.kind.value == "pass"
    assert found.evidence[0].policy == FULL


def test_what_is_missing_can_be_pasted() -> None:
    found = check(allow("sagemaker:CreateEndpoint", ENDPOINT))
    assert kinds(found) == ["pass", "fail"]
    assert pasted(found[1]) == {"Effect": "Allow", "Action": "sagemaker:CreateEndpoint", "Resource": CONFIG}
    assert "role/deployer" in found[1].remedy
    assert f"allows this action on {ENDPOINT}" in found[1].message


def test_a_pasted_statement_suffices() -> None:
    first = check(allow("sagemaker:CreateEndpoint", ENDPOINT))
    again = check(allow("sagemaker:CreateEndpoint", ENDPOINT), pasted(first[1]))
    assert kinds(again) == ["pass", "pass"]


def test_names_in_arns_are_in_lower_case() -> None:
    spelled = ENDPOINT.replace("demo", "Demo")
    found = check(allow("sagemaker:CreateEndpoint", [spelled, CONFIG]))
    assert kinds(found) == ["fail", "pass"]
    assert f"allows this action on {spelled}" in found[0].message
    assert "only in upper and lower case" in found[0].message


def test_a_deny_of_the_organization() -> None:
    guard = policy(allow("*"), {"Sid": "No", "Effect": "Deny", "Action": "sagemaker:*", "Resource": "*"})
    levels = {ACCOUNT: [[{"name": "guard", "policy": guard}]]}
    organization = {"service_control_policies": levels, "resource_control_policies": {}}
    found = check(ALL, facts={**THERE, "organization": organization})
    assert kinds(found) == ["fail", "fail"]
    assert "explicit deny in a service control policy: No of the service control policy guard" in found[0].message
    assert "administrator of the organization" in found[0].remedy
    assert found[0].evidence == (Evidence("guard", "No"),)


def test_a_deny_of_the_principals_own() -> None:
    found = check(ALL, {"Effect": "Deny", "Action": "sagemaker:CreateEndpoint", "Resource": ENDPOINT})
    assert kinds(found) == ["fail", "pass"]
    assert "Statement[1] of the identity-based policy deployer-inline" in found[0].message
    assert "overrides any allow" in found[0].remedy


def test_a_boundary_that_does_not_allow() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    bounded = role("deployer", ALL, PermissionsBoundary={"PermissionsBoundaryArn": arn})
    boundary = {
        "PolicyName": "boundary",
        "Arn": arn,
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": policy(allow("s3:*"))}],
    }
    found = results("PRE110", plan(CREATE), snapshot(bounded, policies=[boundary], **THERE))
    assert kinds(found) == ["fail", "fail"]
    assert "no permissions boundary allows" in found[0].message
    assert "the permissions boundary of role/deployer" in found[0].remedy


def test_organization_not_known_is_open() -> None:
    facts = snapshot(role("deployer", ALL), **THERE)
    del facts["organization"]
    found = results("PRE110", plan(CREATE), facts)
    assert kinds(found) == ["open", "open"]
    assert "--scp FILE" in found[0].remedy


def test_unknown_context_is_open_and_settled_by_saying_it() -> None:
    office = allow("sagemaker:*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    found = check(office)
    assert kinds(found) == ["open", "open"]
    assert "aws:SourceIp IpAddress 203.0.113.0/24" in found[0].message
    assert "--context aws:SourceIp=VALUE" in found[0].remedy
    assert kinds(check(office, context={"aws:SourceIp": "203.0.113.7"})) == ["pass", "pass"]
    assert kinds(check(office, context={"aws:SourceIp": "198.51.100.7"})) == ["fail", "fail"]


def tagged(**tags: str) -> Any:
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return ("CreateEndpoint", {**CREATE[1], "Tags": listed})


def test_tags_take_addtags() -> None:
    found = check(allow("sagemaker:CreateEndpoint"), request=tagged(team="a"))
    assert kinds(found) == ["pass", "pass", "fail"]
    assert pasted(found[2])["Action"] == "sagemaker:AddTags"
    on_create = allow("sagemaker:AddTags", Condition={"StringEquals": {"sagemaker:TaggingAction": "CreateEndpoint"}})
    assert kinds(check(allow("sagemaker:CreateEndpoint"), on_create, request=tagged(team="a"))) == ["pass"] * 3


def test_request_tags_are_known_and_so_is_their_absence() -> None:
    must = allow("sagemaker:*", Condition={"StringEquals": {"aws:RequestTag/team": "a"}})
    assert kinds(check(must, request=tagged(team="a"))) == ["pass"] * 3
    assert kinds(check(must, request=tagged(team="b"))) == ["fail"] * 3
    assert kinds(check(must)) == ["fail"] * 2
    only = allow("sagemaker:*", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}})
    assert kinds(check(only, request=tagged(team="a"))) == ["pass"] * 3
    assert kinds(check(only, request=tagged(other="a"))) == ["fail"] * 3


def test_tags_of_what_exists_count_where_known() -> None:
    ours = allow("sagemaker:CreateEndpoint", CONFIG, Condition={"StringEquals": {"aws:ResourceTag/team": "a"}})
    statements = (allow("sagemaker:CreateEndpoint", ENDPOINT), ours)

    def facts(**more: Any) -> Any:
        return {"endpoint_configs": [{"EndpointConfigName": "demo-config", **more}]}

    assert kinds(check(*statements, facts=facts())) == ["pass", "open"]
    assert kinds(check(*statements, facts=facts(Tags=[{"Key": "team", "Value": "a"}]))) == ["pass", "pass"]
    assert kinds(check(*statements, facts=facts(Tags=[]))) == ["pass", "fail"]


VARIANT = {"VariantName": "v", "ModelName": "M", "InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 1}


def config(**more: Any) -> Any:
    return ("CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": [VARIANT], **more})


VPC = {"Subnets": ["s"], "SecurityGroupIds": ["g"]}
VOLUME = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"


@pytest.mark.parametrize(
    ("condition", "request_", "expected"),
    [
        ({"ForAllValues:StringLike": {"sagemaker:InstanceTypes": "ml.m5.*"}}, config(), "pass"),
        ({"ForAllValues:StringLike": {"sagemaker:InstanceTypes": "ml.t2.*"}}, config(), "fail"),
        ({"ArnLike": {"sagemaker:ModelArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/m"}}, config(), "pass"),
        ({"Null": {"sagemaker:VpcSubnets": "false"}}, config(), "fail"),
        ({"Null": {"sagemaker:VpcSubnets": "false"}}, config(VpcConfig=VPC), "pass"),
        ({"Bool": {"sagemaker:NetworkIsolation": "true"}}, config(EnableNetworkIsolation=True), "pass"),
        ({"Bool": {"sagemaker:NetworkIsolation": "true"}}, config(EnableNetworkIsolation=False), "fail"),
        ({"Bool": {"sagemaker:NetworkIsolation": "true"}}, config(), "open"),
        ({"Null": {"sagemaker:AcceleratorTypes": "true"}}, config(), "pass"),
        ({"ArnEquals": {"sagemaker:VolumeKmsKeyArn": VOLUME}}, config(KmsKeyId="alias/a"), "pass"),
        ({"ArnEquals": {"sagemaker:VolumeKmsKeyArn": VOLUME}}, config(KmsKeyId="alias/b"), "open"),
        ({"Null": {"sagemaker:VolumeKmsKeyArn": "false"}}, config(), "fail"),
    ],
)  # fmt: skip
def test_what_the_request_says_settles_its_keys(condition: Any, request_: Any, expected: str) -> None:
    keys = {
        "kms_keys": [{"KeyId": "k", "Arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"}],
        "kms_aliases": [{"AliasName": "alias/a", "TargetKeyId": "k"}],
    }
    (found,) = check(allow("sagemaker:CreateEndpointConfig", Condition=condition), request=request_, facts=keys)
    assert found.kind.value == expected


def test_serverless_limits_are_numbers() -> None:
    serverless = {
        "VariantName": "v",
        "ModelName": "m",
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 20},
    }
    request = ("CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": [serverless]})
    for limit, expected in (("20", "pass"), ("10", "fail")):
        condition = {"NumericLessThanEquals": {"sagemaker:ServerlessMaxConcurrency": limit}}
        (found,) = check(allow("sagemaker:*", Condition=condition), request=request)
        assert found.kind.value == expected


def test_keys_that_aws_does_not_list_for_the_action_are_absent() -> None:
    guard = {"Effect": "Deny", "Action": "sagemaker:Create*", "Resource": "*"}
    types = {"ForAnyValue:StringNotLike": {"sagemaker:InstanceTypes": "ml.t2.*"}}
    assert kinds(check(ALL, {**guard, "Condition": types})) == ["pass", "pass"]


VOLUMES = {"endpoint_configs": [{"EndpointConfigName": "demo-config", "KmsKeyId": "alias/volumes"}]}
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k-1"


def keyed(document: Any = None) -> dict[str, Any]:
    key = {"KeyId": "k-1", "Arn": KEY, **({} if document is None else {"Policy": document})}
    return {**VOLUMES, "kms_keys": [key], "kms_aliases": [{"AliasName": "alias/volumes", "TargetKeyId": "k-1"}]}


def test_a_key_for_volumes_takes_a_grant() -> None:
    found = check(
        ALL,
        facts=keyed(
            policy(
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            )
        ),
    )
    assert [(each.kind.value, each.subject) for each in found[2:]] == [("fail", KEY)]
    assert pasted(found[2])["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    again = check(
        ALL,
        pasted(found[2]),
        facts=keyed(
            policy(
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            )
        ),
    )
    assert kinds(again) == ["pass"] * 3


def test_a_key_policy_that_is_not_known_is_open() -> None:
    found = check(ALL, allow("kms:*"), facts=keyed())
    assert kinds(found) == ["pass", "pass", "open"]
    assert f"the policy of key `{KEY}` was not read" in found[2].message
    assert "it must allow kms:CreateGrant" in found[2].remedy


def test_an_alias_that_cannot_be_looked_up_is_open() -> None:
    found = check(ALL, allow("kms:*"), facts=VOLUMES)
    assert kinds(found) == ["pass", "pass", "open"]
    assert "alias/volumes" in found[2].message


def test_a_config_that_cannot_be_read_leaves_the_grant_open() -> None:
    found = check(ALL, facts={})
    assert kinds(found) == ["pass", "pass", "open"]
    assert "kms:CreateGrant depends on endpoint configuration `demo-config`" in found[2].message


def test_no_principal_and_no_such_principal_are_open() -> None:
    assert kinds(check(principal=None)) == ["open", "open"]
    assert kinds(check(principal=f"arn:aws:iam::{ACCOUNT}:role/none")) == ["open", "open"]


def test_sessions_have_their_roles_policies() -> None:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci"
    assert kinds(check(ALL, principal=session)) == ["pass", "pass"]


def test_create_endpoint_passes_no_role() -> None:
    (found,) = check(ALL, rule="PRE122")
    assert found.kind.value == "notApplicable"


def test_passing_a_role_to_another_service_is_not_enough() -> None:
    condition = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    (found,) = check(allow("iam:PassRole", Condition=condition), request=MODEL, rule="PRE122")
    assert found.kind.value == "fail"
    assert pasted(found) == {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": EXECUTION,
        "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    }
    (again,) = check(pasted(found), request=MODEL, rule="PRE122")
    assert again.kind.value == "pass"


@pytest.mark.parametrize(("partition", "region"), [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")])
def test_other_partitions(partition: str, region: str) -> None:
    arn = f"arn:{partition}:sagemaker:{region}:{ACCOUNT}"
    both = [f"{arn}:endpoint/demo", f"{arn}:endpoint-config/demo-config"]
    facts = snapshot(
        role("deployer", allow("sagemaker:CreateEndpoint", both), partition=partition),
        region=region,
        partition=partition,
        **THERE,
    )
    found = results("PRE110", plan(CREATE, region=region, principal=DEPLOYER.replace("aws", partition, 1)), facts)
    assert [(each.kind.value, each.subject) for each in found] == [
        ("pass", f"{arn}:endpoint/demo"),
        ("pass", f"{arn}:endpoint-config/demo-config"),
    ]


def test_results_stand_where_the_request_does() -> None:
    (first, _) = check(ALL)
    assert first.location is not None
    assert (first.location.path, first.location.pointer) == ("plan.json", "/requests/0/parameters")
