"""PRE303: whatever breaks the API's model fails at its own place, and keeps no other check from looking."""

from __future__ import annotations

import json
from typing import Any

import pytest

from preflight.account.snapshots.snapshot import Snapshot
from preflight.documents.plans.operation_names import known_operations, schema_name
from preflight.documents.plans.requests import plan_of
from preflight.documents.text.load import load_text
from preflight.documents.text.schema import load_schema
from preflight.engine.result import Kind, Report, Verdict
from preflight.readiness.check import check as check_plan
from tests.documents.plans.sound_requests import broken, few, sound
from tests.readiness.checking import judge, only, pointer
from tests.readiness.worlds import DEPLOYER, allow, plan, role, snapshot

VARIANT = {"VariantName": "a", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
CONFIG = {"EndpointConfigName": "c", "ProductionVariants": [VARIANT]}


def config(**members: Any) -> tuple[str, dict[str, Any]]:
    return "CreateEndpointConfig", {**CONFIG, "ProductionVariants": [{**VARIANT, **members}]}


def report_of(*requests: tuple[str, Any], **parts: Any) -> Report:
    facts = snapshot(role("deployer", allow("*")), **parts)
    document = load_text(json.dumps(plan(*requests)), "plan.json")
    account = Snapshot.load(load_text(json.dumps(facts), "snapshot.json"))
    return check_plan(plan_of([document]), account)


def test_a_request_as_the_api_takes_it() -> None:
    assert only(judge("PRE303", config())).kind is Kind.PASS


def test_each_fault_is_one_result_at_its_own_place() -> None:
    found = judge("PRE303", config(InitialVariantWeight=-1, RoutingConfig={"RoutingStrategy": "RANDON"}))
    assert [(each.kind, pointer(each)) for each in found] == [
        (Kind.FAIL, "/ProductionVariants/0/InitialVariantWeight"),
        (Kind.FAIL, "/ProductionVariants/0/RoutingConfig/RoutingStrategy"),
    ]
    assert found[1].remedy == "Did you mean RANDOM?"


def test_the_form_of_a_name_is_another_rules() -> None:
    assert (
        only(judge("PRE303", ("CreateEndpoint", {"EndpointName": "e_", "EndpointConfigName": "c_"}))).kind is Kind.PASS
    )
    assert only(judge("PRE303", ("CreateEndpoint", {"EndpointName": "e"}))).kind is Kind.FAIL


def test_a_value_of_a_growing_enumeration_may_be_newer() -> None:
    parameters = {"FunctionName": "f", "Role": DEPLOYER, "Code": {"ImageUri": "x"}, "Runtime": "python3.13x"}
    found = only(judge("PRE303", ("lambda:CreateFunction", parameters)))
    assert (found.kind, found.remedy) == (Kind.OPEN, "Did you mean python3.13?")


@pytest.mark.parametrize("types", [["ml.new.large"], ["ml.m5.large"]])
def test_a_type_that_the_region_lists_is_judged_by_that(types: list[str]) -> None:
    assert only(judge("PRE303", config(InstanceType="ml.new.large"), instance_types=types)).kind is Kind.PASS
    offered = only(judge("PRE505", config(InstanceType="ml.new.large"), instance_types=types))
    assert offered.kind is (Kind.PASS if "ml.new.large" in types else Kind.FAIL)


def test_a_request_alone_in_its_file_may_be_for_another_operation() -> None:
    account = Snapshot.load(load_text(json.dumps(snapshot()), "s.json"))
    document = load_text(json.dumps({"EndpointName": "e"}), "r.json")
    found = check_plan(plan_of([document]), account, select=["PRE303"]).results
    assert [each.remedy for each in found] == [
        "Add `EndpointConfigName`. If this is not a request for CreateEndpoint, name its operation with --operation."
    ]


def test_the_requests_beside_one_that_cannot_be_read_are_judged() -> None:
    report = report_of(
        ("CreateModel", {"ModelName": "m", "PrimaryContainer": []}),
        ("CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": []}),
        ("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "missing"}),
        endpoints=[],
        endpoint_configs=[],
    )
    failed = {each.rule: each.location.pointer for each in report.results if each.kind is Kind.FAIL and each.location}
    assert failed["PRE303"] == "/requests/1/parameters/ProductionVariants"
    assert failed["PRE401"].startswith("/requests/2")


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ({"EndpointNames": "x", "EndpointConfigName": "c"}, "/Resources/E/Properties/EndpointNames"),
        ({"EndpointName": "x", "EndpointConfigName": "c", "Tags": {"Key": "a"}}, "/Resources/E/Properties/Tags"),
        ({"EndpointName": "x"}, "/Resources/E/Properties"),
    ],
)
def test_what_a_template_makes_is_judged_too(template: Any, place: str) -> None:
    text = json.dumps({"Resources": {"E": {"Type": "AWS::SageMaker::Endpoint", "Properties": template}}})
    account = Snapshot.load(load_text(json.dumps(snapshot()), "s.json"))
    found = check_plan(plan_of([load_text(text, "t.json")]), account, select=["PRE303"]).results
    assert [(each.kind, each.location and each.location.pointer) for each in found] == [(Kind.FAIL, place)]


FACTS = Snapshot.load(load_text(json.dumps(snapshot(role("deployer", allow("*")))), "snapshot.json"))


def judged(operation: str, parameters: Any) -> Report | None:
    if not isinstance(parameters, dict):
        return None
    document = load_text(json.dumps(plan((operation, parameters))), "plan.json")
    return check_plan(plan_of([document]), FACTS)


def hold(operation: str, most: int) -> None:
    schema = load_schema(schema_name(operation))
    for what, pointer_, wrong in few(broken(schema, sound(schema)), most):
        report = judged(operation, wrong)
        if report is None:
            continue
        failed = [each.rule for each in report.results if each.kind is Kind.FAIL]
        place = (what, pointer_)
        assert report.verdict is Verdict.BLOCKED or (what == "enum" and report.verdict is Verdict.OPEN), place
        assert what == "enum" or {"PRE301", "PRE303"} & set(failed), place
        assert not [each.message for each in report.results if "itself broke" in each.message], place


@pytest.mark.parametrize("operation", known_operations())
def test_no_request_that_breaks_the_model_is_ready(operation: str) -> None:
    hold(operation, 25)


@pytest.mark.nightly
@pytest.mark.parametrize("operation", known_operations())
def test_no_request_that_breaks_the_model_anywhere_is_ready(operation: str) -> None:
    hold(operation, 100_000)
