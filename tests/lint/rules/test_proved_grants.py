"""Who is let in, and who is an administrator, is proved: conditions that anyone meets hide nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from preflight.documents.hcl.policies import policies_of
from preflight.documents.policies.find import all_in, read_policies
from preflight.documents.policies.found_policy import FoundPolicy
from preflight.documents.text.document import Document
from preflight.engine.result import Level
from preflight.lint.runner.one_policy import Linter
from preflight.lint.runner.selection import lint_rules


def rules_of(policy: FoundPolicy) -> dict[str, str]:
    return {each.rule: each.level for each in (found.result() for found in Linter(lint_rules()).findings(policy))}


def linted(condition: dict[str, Any], **statement: Any) -> dict[str, str]:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement, "Condition": condition}]}
    (policy,) = all_in(Document("p.json", document)).found
    return rules_of(policy)


MET = [
    {"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}},
    {"IpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}},
    {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
]
LIMITS = [
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}},
    {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}},
]


@pytest.mark.parametrize("condition", MET)
def test_conditions_that_anyone_meets_hide_nothing(condition: dict[str, Any]) -> None:
    assert "IAM250" in linted(condition, Principal="*", Action="s3:GetObject", Resource="arn:aws:s3:::b/*")
    if "IpAddressIfExists" not in condition:  # a holder's own requests always have an address
        assert linted(condition, Action="*", Resource="*")["IAM200"] == Level.WARNING


@pytest.mark.parametrize("condition", LIMITS)
def test_conditions_that_limit_are_named(condition: dict[str, Any]) -> None:
    assert "IAM250" not in linted(condition, Principal="*", Action="s3:GetObject", Resource="arn:aws:s3:::b/*")
    assert linted(condition, Action="*", Resource="*")["IAM200"] == Level.NOTE


@pytest.mark.parametrize(
    ("condition", "public"), [({}, True), ({"StringEquals": {"aws:PrincipalOrgID": {"Ref": "O"}}}, False)]
)
def test_a_resource_that_only_the_deploy_names_may_be_public(condition: dict[str, Any], *, public: bool) -> None:
    resource = {"Fn::Sub": "${Bucket.Arn}/*"}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": resource}
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition} if condition else statement]}
    properties = {"Bucket": "b", "PolicyDocument": policy}
    text = json.dumps({"Resources": {"P": {"Type": "AWS::S3::BucketPolicy", "Properties": properties}}})
    (found,) = read_policies(text, "t.json")
    assert ("IAM250" in rules_of(found)) == public


def test_a_condition_that_is_not_known_at_all_restricts() -> None:
    block = {"test": "StringEquals", "values": ["v"]}
    everyone = [{"type": "*", "identifiers": ["*"]}]
    statement = {"actions": ["sqs:SendMessage"], "principals": everyone, "resources": ["*"], "condition": [block]}
    change = {"actions": ["read"], "after": {"statement": [statement]},
              "after_unknown": {"statement": [{"condition": [{"variable": True}]}]}}  # fmt: skip
    data = {"address": "data.aws_iam_policy_document.d", "mode": "data", "type": "aws_iam_policy_document", "name": "d"}
    plan = {"format_version": "1.2", "resource_changes": [{**data, "change": change}]}
    (policy,) = read_policies(json.dumps(plan), "plan.json")
    assert "IAM250" not in rules_of(policy)
    del statement["condition"], change["after_unknown"]
    (policy,) = read_policies(json.dumps(plan), "plan.json")
    assert "IAM250" in rules_of(policy)


GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("principal", "action", "rule"),
    [
        ({"Federated": GITHUB}, "sts:AssumeRoleWithWebIdentity", "IAM240"),
        ({"Federated": "arn:aws:iam::111122223333:saml-provider/x"}, "sts:AssumeRoleWithSAML", "IAM244"),
        ({"Service": "sagemaker.amazonaws.com"}, "sts:AssumeRole", "IAM237"),
    ],
)
def test_conditions_that_are_not_known_are_not_missing(principal: Any, action: str, rule: str) -> None:
    def trust(condition: str) -> dict[str, str]:
        statement = f'{{Effect = "Allow", Action = "{action}", Principal = {json.dumps(principal)}{condition}}}'
        body = f'assume_role_policy = jsonencode({{Version = "2012-10-17", Statement = [{statement}]}})'
        (policy,) = policies_of(f'resource "aws_iam_role" "r" {{\n{body}\n}}', "main.tf").found
        return rules_of(policy)

    assert rule in trust("")
    assert rule not in trust(", Condition = var.conditions")


def test_what_is_not_known_of_two_statements_need_not_be_the_same() -> None:
    statement = {"actions": ["s3:GetObject"], "resources": [None]}
    change = {"actions": ["read"], "after": {"statement": [statement, statement]},
              "after_unknown": {"statement": [{"resources": [True]}, {"resources": [True]}]}}  # fmt: skip
    data = {"address": "data.aws_iam_policy_document.d", "mode": "data", "type": "aws_iam_policy_document", "name": "d"}
    plan = {"format_version": "1.2", "resource_changes": [{**data, "change": change}]}
    (policy,) = read_policies(json.dumps(plan), "plan.json")
    assert "IAM302" not in rules_of(policy)
