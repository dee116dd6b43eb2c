"""AWS's refusals taken apart, and its reasons for failed endpoints explained."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from preflight.account.live.errors import Failed
from preflight.create.failures import explain
from preflight.create.refusals import denied, limit, rules_for
from preflight.data_files import folder
from tests.create.conftest import Make

WHO = "User: arn:aws:sts::111122223333:assumed-role/deployer/s is not authorized to perform: sagemaker:CreateEndpoint"
ON = "on resource: arn:aws:sagemaker:us-east-1:111122223333:endpoint/churn"


@pytest.mark.parametrize(
    ("ending", "missing", "denying"),
    [
        (
            f" {ON} because no identity-based policy allows the sagemaker:CreateEndpoint action",
            "identity-based policy",
            "",
        ),
        (
            f" {ON} because no permissions boundary allows the sagemaker:CreateEndpoint action",
            "permissions boundary",
            "",
        ),
        (f" {ON} because no session policy allows the sagemaker:CreateEndpoint action", "session policy", ""),
        (f" {ON} with an explicit deny in a service control policy", "", "service control policy"),
        (f" {ON} with an explicit deny in an identity-based policy", "", "identity-based policy"),
        (f" {ON} with an explicit deny in a permissions boundary", "", "permissions boundary"),
        (f" {ON}", "", ""),
        ("", "", ""),
    ],
)
def test_who_is_denied_what_and_by_which_policy(ending: str, missing: str, denying: str) -> None:
    found = denied(Failed("AccessDeniedException", WHO + ending))
    assert found is not None
    assert found.caller == "arn:aws:sts::111122223333:assumed-role/deployer/s"
    assert found.action == "sagemaker:CreateEndpoint"
    assert found.resource == (ON.removeprefix("on resource: ") if ON in ending else "")
    assert (found.missing, found.denying) == (missing, denying)
    assert (missing or denying or "allows") in found.says()
    assert found.remedy()


def test_only_the_organization_can_mend_its_policies() -> None:
    found = denied(Failed("AccessDeniedException", f"{WHO} {ON} with an explicit deny in a service control policy"))
    assert found is not None
    assert found.says().startswith("a service control policy denies sagemaker:CreateEndpoint on arn:aws:sagemaker")
    assert "management account" in found.remedy()


def test_the_sum_of_a_quota() -> None:
    message = (
        "The account-level service limit 'ml.m5.xlarge for endpoint usage' is 4 Instances, with current utilization "
        "of 3 Instances and a request delta of 2 Instances. Please contact AWS support to request an increase for "
        "this limit."
    )
    found = limit(Failed("ResourceLimitExceeded", message))
    assert found is not None
    assert (found.quota, found.limit, found.used, found.wanted) == ("ml.m5.xlarge for endpoint usage", 4, 3, 2)
    assert found.headroom == 1
    assert "at least 5 of 'ml.m5.xlarge for endpoint usage'" in found.remedy("us-east-1")


def test_what_aws_words_otherwise_is_not_guessed_at() -> None:
    assert denied(Failed("AccessDeniedException", "No.")) is None
    assert denied(Failed("ValidationException", WHO)) is None
    assert limit(Failed("ResourceLimitExceeded", "Too much.")) is None
    assert rules_for(Failed("InternalFailure", "Oops.")) == ()


REASONS = {
    "The primary container for production variant AllTraffic did not pass the ping health check. Please check "
    "CloudWatch logs for this endpoint.": "port 8080",
    "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. Please retry using a "
    "different ML instance type or after some time.": "another instance type",
    "Please make sure all images included in the model for the production variant AllTraffic exist, and that the "
    "execution role used to create the model has permissions to access them.": "pull it",
    'Failed to download model data for container "container_1" from URL "s3://b/k".': "endpoint's region",
    "The role 'r' does not have BatchGetImage permission for the image: 'x'.": "ecr:BatchGetImage",
    "Could not access model data at s3://b/k. Please ensure that the role exists.": "s3:GetObject",
}


@pytest.mark.parametrize("reason", REASONS)
def test_reasons_that_users_met_are_explained(creation: Make, reason: str) -> None:
    entry = creation().entries[0]
    found = explain(entry, reason)
    assert found.means
    assert REASONS[reason] in found.remedy
    assert "aws logs tail /aws/sagemaker/Endpoints/churn --region us-east-1" in found.remedy


def test_a_reason_that_nobody_knows_still_says_where_the_logs_are(creation: Make) -> None:
    found = explain(creation().entries[0], "Something new.")
    assert (found.means, found.rules) == ("", ())
    assert found.remedy == "Logs: aws logs tail /aws/sagemaker/Endpoints/churn --region us-east-1"


@pytest.mark.parametrize("file", sorted((folder("rules") / "failures").glob("*/*.yaml")), ids=lambda file: file.stem)
def test_declared_failures_keep_to_their_schema_and_name_rules_that_there_are(file: Path) -> None:
    schema = json.loads((folder("schemas") / "failures.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    declared: dict[str, Any] = yaml.safe_load(file.read_text())
    assert not list(Draft202012Validator(schema).iter_errors(declared))
    rules = {path.stem for path in (folder("rules") / "readiness").glob("*.yaml")}
    for reason in declared["reasons"]:
        re.compile(reason["like"])
        assert set(reason.get("rules", ())) <= rules
