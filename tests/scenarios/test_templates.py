"""Templates against the account as AWS shows it: the place is that of the credentials, and create knows its limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.aws.account import Ready, populate
from tests.aws.control import StandIn
from tests.scenarios.running import command


def template(ready: Ready, **parameters: Any) -> dict[str, Any]:
    """Return a template of a model, a configuration and an endpoint, by the names that the deployer may make."""
    registry, _, image = ready.image.partition(".dkr.ecr.")
    assert registry.isdigit()
    model = {
        "ModelName": "churn-three",
        "ExecutionRoleArn": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/endpoint-execution"},
        "PrimaryContainer": {
            "Image": {"Fn::Sub": f"${{AWS::AccountId}}.dkr.ecr.{image.replace(ready.region, '${AWS::Region}')}"},
            "ModelDataUrl": f"s3://{ready.bucket}/{ready.artifact}",
        },
    }
    variant = {"VariantName": "v", "ModelName": {"Fn::GetAtt": "Model.ModelName"}, "InstanceType": "ml.m5.xlarge"}
    config = {"EndpointConfigName": "churn-three", "ProductionVariants": [{**variant, "InitialInstanceCount": 1}]}
    endpoint = {"EndpointName": "churn-three", "EndpointConfigName": {"Fn::GetAtt": "Config.EndpointConfigName"}}
    kinds = {"Model": ("Model", model), "Config": ("EndpointConfig", config), "Endpoint": ("Endpoint", endpoint)}
    return {
        "Resources": {
            name: {"Type": f"AWS::SageMaker::{kind}", "Properties": properties}
            for name, (kind, properties) in kinds.items()
        },
        **parameters,
    }


def written(tmp_path: Path, value: dict[str, Any]) -> str:
    path = tmp_path / "template.json"
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
    return str(path)


def test_the_place_is_that_of_the_credentials(aws: StandIn, tmp_path: Path) -> None:
    ready = populate(aws, encrypted=False)
    outcome = command(aws, "check", written(tmp_path, template(ready)), "--format", "json")
    assert outcome.err == "" and not any(f"AWS::{name}" in outcome.out for name in ("Region", "AccountId", "Partition"))
    for rule in ("PRE101", "PRE102", "PRE120", "PRE301", "PRE302", "PRE401", "PRE402", "PRE403", "PRE404", "PRE501"):
        assert set(outcome.kinds(rule)) <= {"pass", "notApplicable"}, outcome.of(rule)
    assert outcome.report["plan"]["account"] == aws.account


def test_aws_is_not_asked_for_what_only_the_deploy_knows(aws: StandIn, tmp_path: Path) -> None:
    ready = populate(aws, encrypted=False)
    open_ = template(ready, Parameters={"Name": {"Type": "String"}})
    open_["Resources"]["Endpoint"]["Properties"]["EndpointName"] = {"Ref": "Name"}
    del open_["Resources"]["Model"]["Properties"]["ModelName"]
    aws.calls.clear()
    outcome = command(aws, "check", written(tmp_path, open_), "--format", "json")
    assert outcome.code in (1, 3)
    assert not any("\ue000" in str(call) or "%EE%80%80" in str(call) or "\\ue000" in str(call) for call in aws.calls)
    assert [each["remedy"] for each in outcome.of("PRE302") if each["kind"] == "open"] == [
        "Give --parameters Name=VALUE."
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Name": {"Type": "String"}}, "Endpoint has ${parameter Name}"),
        (None, "it makes iam:role too"),
    ],
)
def test_create_leaves_to_cloudformation_what_is_more_than_calls(
    aws: StandIn, tmp_path: Path, change: Any, said: str
) -> None:
    ready = populate(aws, encrypted=False)
    value = template(ready)
    if change is None:
        value["Resources"]["Role"] = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "more"}}
    else:
        value["Parameters"] = change
        value["Resources"]["Endpoint"]["Properties"]["EndpointName"] = {"Ref": "Name"}
    outcome = command(aws, "create", written(tmp_path, value), "--yes")
    assert outcome.code == 2 and said in outcome.err, outcome
    assert not [call for call in aws.calls if "Create" in str(call)]


def test_create_makes_the_calls_of_a_template_that_is_only_calls(aws: StandIn, tmp_path: Path) -> None:
    ready = populate(aws, encrypted=False)
    path = written(tmp_path, template(ready))
    outcome = command(aws, "create", path, "--yes", "--allow-open", "--poll", "0.05", "--config-retry-delay", "0.05")
    assert outcome.code == 0, outcome.out + outcome.err
    described = aws.client("sagemaker", ready.region).describe_endpoint(EndpointName="churn-three")
    assert described["EndpointConfigName"] == "churn-three"
