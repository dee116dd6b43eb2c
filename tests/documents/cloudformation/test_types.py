"""`rules/cloudformation.yaml`: each type names what there is, and gives what its resources are looked up by."""

from __future__ import annotations

import re
from typing import Any

import pytest

from preflight.data_files import folder
from preflight.declared.expressions import evaluate
from preflight.declared.resource_kinds import load_kind
from preflight.documents.cloudformation.types import declared_of, made_of
from preflight.documents.plans.operation_names import known_operations, schema_name
from preflight.documents.text.schema import load_schema
from preflight.unresolved import DeployText

TYPES = re.findall(r"^  (AWS::\S+):$", (folder("rules") / "cloudformation.yaml").read_text(encoding="utf-8"), re.M)
MEMBERS = {"operation", "kind", "name", "generated", "most", "ref", "attributes", "drop", "rename", "key", "also",
           "value", "policy", "identity"}  # fmt: skip
PLACE = {"Partition": "aws", "Region": "us-east-1", "Account": "111122223333", "DnsSuffix": "amazonaws.com",
         "StackName": "shop", "LogicalId": "Thing", "Id": DeployText.unknown("name of Thing", unique=True)}  # fmt: skip
# What the names of those that are not named by one property are made of.
GIVEN: dict[str, dict[str, Any]] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": {
        "ResourceId": "endpoint/e/variant/v", "ServiceNamespace": "sagemaker", "ScalableDimension": "d"},
    "AWS::S3::BucketPolicy": {"Bucket": "b", "PolicyDocument": {}},
    "AWS::EC2::VPC": {"CidrBlock": "10.0.0.0/16"},
    "AWS::EC2::Subnet": {"VpcId": "vpc-1", "AvailabilityZone": "us-east-1a"},
    "AWS::EC2::SecurityGroup": {"VpcId": "vpc-1"},
}  # fmt: skip


@pytest.mark.parametrize("name", TYPES)
def test_a_type(name: str) -> None:
    declared = declared_of(name)
    assert set(declared) <= MEMBERS
    made = made_of(declared, {"PolicyName": "p", **GIVEN.get(name, {})}, PLACE)
    assert made.ref, "Ref gives nothing"
    assert all(made.attribute(attribute) for attribute in declared.get("attributes", {}))
    if "name" in declared:
        assert DeployText(made.properties[declared["name"]]).has_made_up_part
        named = made_of(declared, {declared["name"]: "given", **GIVEN.get(name, {})}, PLACE)
        assert "given" in str(named.ref) and not DeployText(str(named.properties[declared["name"]])).has_made_up_part
    if "kind" in declared:
        kind = load_kind(declared["kind"])
        for expression in (declared["key"], *declared.get("also", ())):
            key = evaluate(expression, made.values)
            assert kind.identifies(key) and all(key.values()), key
    if declared.get("operation") in known_operations():
        schema = load_schema(schema_name(declared["operation"]))["properties"]
        assert not set(declared.get("drop", ())) & set(schema), "what the call has is not to be dropped"
        assert set(declared.get("rename", {}).values()) <= set(schema)
        assert declared.get("name") is None or declared["name"] in schema


@pytest.mark.parametrize(
    ("type_", "stack", "expected"),
    [
        ("AWS::IAM::Role", "shop", "shop-Thing-${name of Thing}"),
        ("AWS::IAM::Role", "a-name-of-a-stack-that-leaves-no-room-for-more", "${name of Thing}"),
        ("AWS::IAM::Role", DeployText.unknown("parameter AWS::StackName"), "${name of Thing}"),
        ("AWS::SNS::Topic", DeployText.unknown("parameter AWS::StackName"),
         "${parameter AWS::StackName}-Thing-${name of Thing}"),
        ("AWS::S3::Bucket", "Shop", "shop-thing-${name of Thing}"),
        ("AWS::SageMaker::Model", "shop", "${name of Thing}"),
    ],
)  # fmt: skip
def test_names_that_cloudformation_makes_up(type_: str, stack: str, expected: str) -> None:
    declared = declared_of(type_)
    made = made_of(declared, {}, {**PLACE, "StackName": stack})
    assert DeployText(made.properties[declared["name"]]).shown == expected
