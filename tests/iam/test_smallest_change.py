"""A statement to add is one that AWS accepts in its type of policy, and with it the policy allows the request."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.documents.policies.found_policy import PolicyDocumentType
from preflight.iam.access_denied import TRUST
from preflight.iam.decide import decide
from preflight.iam.decision import Outcome
from preflight.iam.policy import parse_policy
from preflight.iam.request import Policies, PolicyType, Request
from preflight.iam.smallest_change import allowing
from tests.lint.linting import results

ROLE = "arn:aws:iam::111122223333:role/deployer"
SESSION = "arn:aws:sts::111122223333:assumed-role/deployer/ci"
ENDPOINT = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/demo"
REPOSITORY = "arn:aws:ecr:us-east-1:111122223333:repository/serve"
OBJECT = "arn:aws:s3:::example-bucket/model.tar.gz"
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
WRITTEN_AS: dict[PolicyType | str, PolicyDocumentType] = {
    PolicyType.IDENTITY: "identity",
    PolicyType.BOUNDARY: "boundary",
    PolicyType.SESSION: "session",
    PolicyType.SCP: "scp",
    PolicyType.VPC_ENDPOINT: "vpc-endpoint",
    PolicyType.RESOURCE: "resource",
    TRUST: "trust",
}
CASES = [
    *((type_, "sagemaker:CreateEndpoint", ENDPOINT) for type_ in list(WRITTEN_AS)[:5]),
    *((type_, "s3:GetObject", OBJECT) for type_ in list(WRITTEN_AS)[:6]),
    (PolicyType.VPC_ENDPOINT, "dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111122223333:table/t"),
    (PolicyType.RESOURCE, "ecr:BatchGetImage", REPOSITORY),
    (PolicyType.RESOURCE, "ecr-public:DescribeImages", "arn:aws:ecr-public::111122223333:repository/serve"),
    (PolicyType.RESOURCE, "kms:Decrypt", KEY),
    (TRUST, "sts:AssumeRole", "arn:aws:iam::111122223333:role/other"),
]


def policy(statement: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize("principal", [ROLE, SESSION, "sagemaker.amazonaws.com"])
@pytest.mark.parametrize(("policy_type", "action", "resource"), CASES)
def test_aws_accepts_the_statement_in_its_policy(
    policy_type: PolicyType | str, action: str, resource: str, principal: str
) -> None:
    statement = allowing(policy_type, principal=principal, action=action, resource=resource)
    service = action.partition(":")[0] if policy_type is PolicyType.RESOURCE else ""
    found = results(policy(statement), WRITTEN_AS[policy_type], service=service)
    assert [each.message for each in found if each.level == "error"] == []
    assert ("Resource" in statement) is (policy_type != TRUST and not service.startswith("ecr"))
    assert ("Principal" in statement) is (policy_type in (PolicyType.RESOURCE, PolicyType.VPC_ENDPOINT, TRUST))


@pytest.mark.parametrize(
    ("policy_type", "action", "resource"), [case for case in CASES if case[0] not in (TRUST, PolicyType.SESSION)]
)
def test_with_the_statement_the_policy_allows_it(policy_type: PolicyType, action: str, resource: str) -> None:
    statement = allowing(policy_type, principal=ROLE, action=action, resource=resource)
    everything = parse_policy(policy({"Effect": "Allow", "Action": "*", "Resource": "*"}), "everything")
    written = parse_policy(policy(statement), "new", policy_type)
    given: dict[PolicyType, Policies] = {
        PolicyType.IDENTITY: Policies(identity=(written,)),
        PolicyType.BOUNDARY: Policies(identity=(everything,), boundaries=(written,)),
        PolicyType.SCP: Policies(identity=(everything,), service_control=((written,),)),
        PolicyType.VPC_ENDPOINT: Policies(identity=(everything,), vpc_endpoint=(written,)),
        PolicyType.RESOURCE: Policies(identity=(everything,), resource=written),
    }
    decision = decide(Request(ROLE, action, resource, resource_account="111122223333"), given[policy_type])
    assert decision.outcome is Outcome.ALLOWED
