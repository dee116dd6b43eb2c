"""What a plan makes is judged as what exists is: every example of a rule of readiness, told both ways."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from preflight.account.snapshots.snapshot import Snapshot
from preflight.data_files import folder
from preflight.declared.constraints import all_constraints, examples_of
from preflight.declared.operations import Environment, load_operation
from preflight.documents.plans.requests import plan_of
from preflight.documents.text.document import Document
from preflight.engine.rule import load_examples, rule_ids
from preflight.readiness.check import check

# What is made by the first call of each pair is listed in a snapshot under the second name, in this order of calls.
CALLS = {
    "sagemaker:CreateModel": "models",
    "sagemaker:CreateEndpointConfig": "endpoint_configs",
    "sagemaker:CreateEndpoint": "endpoints",
}
# Who may make the added calls is not what the examples are about, nor what their documents lack.
WORST = ("pass", "open", "fail")
NOT_THE_SAME = ("PRE101", "PRE102", "PRE110", "PRE122")


@cache
def members(operation: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the members that a request of an operation may have, and those that it must have."""
    schema = json.loads((folder("schemas") / "requests" / f"{operation.replace(':', '.')}.schema.json").read_text())
    return frozenset(schema["properties"]), frozenset(schema.get("required", ()))


def existing(document: Mapping[str, Any], snapshot: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return the last request alone, with what the earlier ones make in the snapshot; None where there is no other."""
    *earlier, last = document["requests"]
    place = Environment(snapshot.get("partition", "aws"), document["region"], snapshot["account"])
    facts = json.loads(json.dumps(snapshot))
    region = facts.setdefault("regions", {}).setdefault(document["region"], {})
    if not earlier or any(each["operation"] not in CALLS for each in earlier):
        return None
    for each in earlier:
        made = load_operation(each["operation"]).described(each["parameters"], place)
        region.setdefault(CALLS[each["operation"]], []).append(made)
    return {**document, "requests": [last]}, facts


def planned(document: Mapping[str, Any], snapshot: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return the requests after those that make the models and configurations of the snapshot; None if it has none."""
    facts = json.loads(json.dumps(snapshot))
    region = facts.get("regions", {}).get(document["region"], {})
    made = []
    for operation, part in CALLS.items():
        if part == "endpoints" or "incomplete" in region:
            continue
        for each in region.get(part) or ():
            may, must = members(operation)
            if not must <= set(each):
                return None
            parameters = {name: value for name, value in each.items() if name in may}
            made.append({"operation": operation, "parameters": parameters})
        if part in region:
            region[part] = []
    return ({**document, "requests": [*made, *document["requests"]]}, facts) if made else None


def used(document: Mapping[str, Any], snapshot: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return what makes an endpoint of a model that is there, in place of the one request that makes the model."""
    if [each["operation"] for each in document["requests"]] != ["sagemaker:CreateModel"]:
        return None
    variant = {"VariantName": "v", "ModelName": document["requests"][0]["parameters"]["ModelName"],
               "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}  # fmt: skip
    config = {"EndpointConfigName": "of-the-model", "ProductionVariants": [variant]}
    endpoint = {"EndpointName": "of-the-model", "EndpointConfigName": "of-the-model"}
    after = [("sagemaker:CreateEndpointConfig", config), ("sagemaker:CreateEndpoint", endpoint)]
    requests = [*document["requests"], *({"operation": name, "parameters": each} for name, each in after)]
    _, facts = existing({**document, "requests": requests[:2]}, snapshot) or ({}, {})
    return {**document, "requests": requests[1:]}, facts


def told(rule: str, document: Mapping[str, Any], snapshot: Mapping[str, Any]) -> str:
    """Return what a rule says in all: fail where it fails anywhere, open where it is open anywhere, else pass."""
    plan = plan_of([Document("plan.json", document)])
    kinds = {each.kind.value for each in check(plan, Snapshot(snapshot, "snapshot.json"), select=[rule]).results}
    return next((kind for kind in ("fail", "open") if kind in kinds), "pass")


def examples() -> Iterator[Any]:
    for rule in rule_ids("readiness"):
        for kind, cases in load_examples(rule).items():
            for number, case in enumerate(cases):
                document = case.get("plan")
                if rule in NOT_THE_SAME or not isinstance(document, dict) or "requests" not in document:
                    continue
                for way in (planned, existing, *((used,) if rule[:4] in ("PRE1", "PRE4") else ())):
                    if (other := way(document, case["snapshot"])) is not None:
                        yield pytest.param(rule, case, other, id=f"{rule}-{kind}-{number}-{way.__name__}")


@pytest.mark.parametrize(("rule", "case", "other"), list(examples()))
def test_examples_say_the_same_of_what_is_planned_and_of_what_exists(rule: str, case: Any, other: Any) -> None:
    before, after = told(rule, case["plan"], case["snapshot"]), told(rule, *other)
    # An endpoint needs more of a role than a model does.
    assert after == before or (rule == "PRE121" and WORST.index(after) > WORST.index(before))


def of_constraints() -> Iterator[Any]:
    """Give the examples of constraints that look at models and configurations which exist."""
    for declared, constraint in all_constraints():
        for kind, example in examples_of(declared, constraint.name).items():
            facts = {part: each for part, each in example.facts.items() if part in CALLS.values()}
            document = {
                "region": "us-east-1",
                "account": "111122223333",
                "requests": [{"operation": example.operation, "parameters": example.request}],
            }
            snapshot = {"version": 1, "account": "111122223333", "regions": {"us-east-1": dict(example.facts)}}
            # An endpoint that the plan makes is not in service yet, which constraints may be about.
            if "endpoints" in facts or not (other := planned(document, snapshot)):
                continue
            yield pytest.param(document, snapshot, other, id=f"{declared}/{constraint.name}-{kind}")


@pytest.mark.parametrize(("document", "snapshot", "other"), list(of_constraints()))
def test_constraints_say_the_same_of_what_is_planned(document: Any, snapshot: Any, other: Any) -> None:
    assert said_of_the_last(*other) == said_of_the_last(document, snapshot)


def said_of_the_last(document: Mapping[str, Any], snapshot: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return what PRE304 says of the last request, without what passes."""
    plan = plan_of([Document("plan.json", document)])
    results = check(plan, Snapshot(snapshot, "snapshot.json"), select=["PRE304"]).results
    last = f"/requests/{len(document['requests']) - 1}/"
    return {
        (each.kind.value, each.message)
        for each in results
        if each.kind.value in ("fail", "open") and each.location and each.location.pointer.startswith(last)
    }
