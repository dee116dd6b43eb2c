"""Trust in GitHub Actions: whose workflows, of which branches, and subjects that GitHub never writes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lint.linting import results

HOST = "token.actions.githubusercontent.com"


def found(condition: dict[str, Any] | None, provider: str = HOST) -> dict[str, str]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{provider}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    if condition is not None:
        statement["Condition"] = condition
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {each.rule: each.message for each in results(policy, "trust", select="IAM24")}


def of(subject: str, operator: str = "StringLike") -> dict[str, str]:
    return found({operator: {f"{HOST}:sub": subject}})


@pytest.mark.parametrize("provider", [HOST, "gitlab.com", "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE"])
def test_no_condition_on_the_token_is_an_error(provider: str) -> None:
    assert found(None, provider).keys() == {"IAM240"}
    assert found({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, provider).keys() == {"IAM240"}


@pytest.mark.parametrize("subject", ["*", "repo:*", "repo:octo*", "workflow:deploy", "environment:prod", "actor:me"])
def test_a_subject_that_says_of_no_owner_lets_everyone_in(subject: str) -> None:
    assert "IAM241" in of(subject)


@pytest.mark.parametrize(
    ("subject", "what"),
    [
        ("repo:octo/*", "more than one repository"),
        ("repo:octo/app:*", "every branch, tag, environment and pull request of octo/app"),
        ("repo:octo/app:environment:*", "every environment of octo/app"),
        ("repo:octo/app:ref:refs/heads/*", "every branch of octo/app"),
        ("repo:octo/app:ref:refs/heads/release/*", "more than one branch of octo/app"),
        ("repo:octo/app:ref:refs/tags/*", "every tag of octo/app"),
    ],
)
def test_what_a_subject_with_a_wildcard_is_for(subject: str, what: str) -> None:
    (message,) = of(subject).values()
    assert message.endswith(what)


@pytest.mark.parametrize(
    "subject",
    ["repo:octo/app", "repo:octo/app:main", "repo:octo/app:refs/heads/main", "repo:octo/app:env:prod", "octo/app:*"],
)
def test_subjects_that_github_never_writes(subject: str) -> None:
    assert of(subject).keys() - {"IAM242"} == {"IAM247"}


@pytest.mark.parametrize(
    "subject",
    [
        "repo:octo/app:ref:refs/heads/main",
        "repo:octo/app:environment:prod",
        "repo:octo/app:pull_request",
        "job_workflow_ref:octo/app/.github/workflows/a.yml@refs/heads/main",
        "repository_owner:octo:context:environment:prod",
        "repository_id:1234",
    ],
)
def test_subjects_of_one_kind_of_run_are_no_finding(subject: str) -> None:
    assert of(subject, "StringEquals") == {}


def test_what_lets_all_customers_of_a_shared_provider_in() -> None:
    for condition in ({"StringEquals": {"gitlab.com:aud": "x"}}, {"StringLike": {"gitlab.com:sub": "*"}}):
        assert found(condition, "gitlab.com").keys() == {"IAM243"}
