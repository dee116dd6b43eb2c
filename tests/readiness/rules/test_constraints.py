"""PRE304: each constraint's own examples, and what is said where a constraint cannot be decided."""

from __future__ import annotations

import json
from typing import Any

import pytest

from preflight import api
from preflight.account.snapshots.snapshot import Snapshot
from preflight.declared.constraints import all_constraints, examples_of
from preflight.documents.plans.operation_names import schema_name
from preflight.documents.plans.requests import plan_of
from preflight.documents.plans.shape_faults import faults
from preflight.documents.text.load import load_text
from preflight.documents.text.schema import load_schema
from preflight.engine.result import Kind
from preflight.errors import UsageError
from preflight.readiness.check import check as check_plan
from preflight.readiness.rules.request import constraints as rule
from preflight.report.rule_page import constraint_page
from tests.readiness.checking import judge, only, pointer

CONSTRAINTS = list(all_constraints())
SERVERLESS = {"VariantName": "a", "ModelName": "m", "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
CONFIG = {"EndpointConfigName": "c", "ProductionVariants": [SERVERLESS]}


@pytest.mark.parametrize(("declared", "constraint"), CONSTRAINTS, ids=[f"{at}/{each.name}" for at, each in CONSTRAINTS])
def test_a_constraint_keeps_to_its_examples(declared: str, constraint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule, "constraints_of", lambda each: (constraint,) if each == declared else ())
    examples = examples_of(declared, constraint.name)
    for kind, example in examples.items():
        assert list(faults(load_schema(schema_name(example.operation)), example.request)) == [], kind
        found = judge("PRE304", (example.operation, example.request), **example.facts)
        wanted = {"pass": Kind.PASS, "fail": Kind(constraint.finds)}[kind]
        assert {each.kind for each in found} <= {wanted} | ({Kind.NOT_APPLICABLE} if kind == "pass" else set()), found
        assert not [each.message for each in found if "${" in each.message + each.remedy], found


def test_names_are_distinct_in_each_file() -> None:
    names = [(declared, constraint.name) for declared, constraint in CONSTRAINTS]
    assert len(set(names)) == len(names)


def test_the_place_is_that_of_the_part() -> None:
    variant = {**SERVERLESS, "ServerlessConfig": {"MemorySizeInMB": 3000, "MaxConcurrency": 5}}
    request = ("CreateEndpointConfig", {**CONFIG, "ProductionVariants": [variant]})
    found = only(judge("PRE304", request, models=[{"ModelName": "m"}]))
    assert (found.kind, pointer(found)) == (Kind.FAIL, "/ProductionVariants/0/ServerlessConfig")


def test_a_model_that_is_not_known_leaves_it_open() -> None:
    found = judge("PRE304", ("CreateEndpointConfig", CONFIG))
    assert {each.kind for each in found} == {Kind.OPEN}
    assert "it depends on model `m`" in found[0].message


def test_a_model_that_the_plan_makes_counts() -> None:
    network = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    model = {"ModelName": "m", "PrimaryContainer": {"Image": "x"}, "VpcConfig": network}
    found = judge("PRE304", ("CreateModel", model), ("CreateEndpointConfig", CONFIG), models=[])
    assert ["has a VpcConfig" in each.message for each in found if each.kind is Kind.FAIL] == [True]


def test_a_parameter_that_is_not_given_leaves_it_open() -> None:
    template = {
        "Parameters": {"Type": {"Type": "String"}},
        "Resources": {
            "C": {
                "Type": "AWS::SageMaker::EndpointConfig",
                "Properties": {
                    "ProductionVariants": [
                        {"VariantName": "a", "ModelName": "m", "InitialInstanceCount": 1, "InitialVariantWeight": 1,
                         "InstanceType": {"Ref": "Type"}, "VolumeSizeInGB": 100}
                    ]
                },
            }
        },
    }  # fmt: skip
    facts = {"version": 1, "account": "111122223333", "regions": {"us-east-1": {"models": []}}}
    account = Snapshot.load(load_text(json.dumps(facts), "s.json"))
    found = check_plan(plan_of([load_text(json.dumps(template), "t.json")]), account, select=["PRE304"]).results
    assert {each.kind for each in found} == {Kind.OPEN}
    assert "it depends on parameter Type" in found[0].message


def test_a_constraint_is_explained_with_its_examples() -> None:
    name = "sagemaker:CreateEndpointConfig/serverless-model-has-no-vpc"
    assert name in api.explain("PRE304").constraints
    found = api.explain_constraint(name)
    page = constraint_page(found.declared_by, found.constraint, found.examples, 100)
    assert found.constraint.page in page and "Passes" in page and "Fails" in page
    with pytest.raises(UsageError, match="did you mean sagemaker:CreateEndpointConfig/serverless-model-has-no-vpc"):
        api.explain_constraint(name.replace("vpc", "vcp"))
