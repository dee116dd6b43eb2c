"""Policies for SageMaker hosting: what is found, and above all what is not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lint.linting import findings

SAGEMAKER = "arn:aws:sagemaker:us-east-1:111122223333"
ROLE = "arn:aws:iam::111122223333:role/endpoint-execution"
DEPLOYS = ["sagemaker:CreateModel", "sagemaker:CreateEndpointConfig", "sagemaker:CreateEndpoint"]


def allow(action: str | list[str], resource: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def found(*statements: dict[str, Any]) -> list[str]:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return [each.head.id for each in findings(policy, select="IAM28")]


PASSING = allow("iam:PassRole", ROLE, StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"})


@pytest.mark.parametrize(
    ("statements", "rules"),
    [
        pytest.param([allow(DEPLOYS), PASSING], [], id="a deployer's policy"),
        pytest.param([allow("*"), allow("sagemaker:InvokeEndpoint", f"{SAGEMAKER}:endpoint/x")], [], id="everything"),
        pytest.param(
            [allow("sagemaker:*"), allow("iam:PassRole", "*")], [], id="passing any role is for the rule on it"
        ),
        pytest.param(
            [allow(DEPLOYS), allow("iam:PassRole", ROLE)], ["IAM281"], id="passed to whatever service trusts the role"
        ),
        pytest.param(
            [
                allow(DEPLOYS),
                allow("iam:PassRole", ROLE, ArnLike={"iam:AssociatedResourceArn": f"{SAGEMAKER}:*"}),
            ],
            [],
            id="passed for resources of SageMaker",
        ),
        pytest.param(
            [allow(DEPLOYS), allow("iam:PassRole", ROLE, StringNotEquals={"iam:PassedToService": "ec2.amazonaws.com"})],
            [],
            id="passed to all but one",
        ),
        pytest.param(
            [
                allow(DEPLOYS),
                allow("iam:PassRole", ROLE, StringEquals={"iam:PassedToService": "${aws:PrincipalTag/s}"}),
            ],
            [],
            id="passed to a service that is not known",
        ),
        pytest.param(
            [
                {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
                allow("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint/x"),
            ],
            [],
            id="all but IAM",
        ),
        pytest.param([allow("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint*")], [], id="both types by one pattern"),
        pytest.param([allow("sagemaker:CreateEndpoint", f"{SAGEMAKER}:*/demo")], [], id="every type by one pattern"),
        pytest.param(
            [allow("sagemaker:CreateEndpoint", f"{SAGEMAKER}:${{aws:PrincipalTag/type}}/demo")], [], id="a variable"
        ),
        pytest.param(
            [allow("sagemaker:UpdateEndpoint", f"{SAGEMAKER}:endpoint-config/demo")], ["IAM282"], id="the other half"
        ),
        pytest.param(
            [{"Effect": "Allow", "Action": "sagemaker:CreateEndpoint", "NotResource": f"{SAGEMAKER}:endpoint/prod-*"}],
            [],
            id="all but some endpoints",
        ),
        pytest.param(
            [allow("sagemaker:CreateModel", "*", StringEqualsIfExists={"aws:RequestTag/team": "a"})],
            [],
            id="tags only if there are some",
        ),
        pytest.param(
            [allow("sagemaker:CreateModel", "*", StringNotEquals={"aws:RequestTag/team": "a"})],
            [],
            id="without tags too",
        ),
        pytest.param(
            [allow("sagemaker:Create*", "*", StringEquals={"aws:RequestTag/t": "a"}), allow("sagemaker:Add*"), PASSING],
            [],
            id="adding tags by a pattern",
        ),
        pytest.param(
            [{"Effect": "Deny", "Action": "sagemaker:*", "Resource": f"{SAGEMAKER}:endpoint/Prod"}],
            ["IAM280"],
            id="a denial that never bites",
        ),
        pytest.param(
            [allow("sagemaker:InvokeEndpoint", f"{SAGEMAKER}:inference-component/*")], ["IAM286"], id="components alone"
        ),
    ],
)
def test_what_is_found(statements: list[dict[str, Any]], rules: list[str]) -> None:
    assert found(*statements) == rules


def test_the_remedy_keeps_variables_as_they_are() -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": allow("sagemaker:InvokeEndpoint", f"{SAGEMAKER}:endpoint/Team-${{aws:PrincipalTag/Team}}-V1"),
    }
    (only,) = findings(policy, select="IAM280")
    assert f"{SAGEMAKER}:endpoint/team-${{aws:PrincipalTag/Team}}-v1" in only.finding.remedy
