"""REQUEST files: skeletons and plans become one plan, or one error that says what to write."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.data_files import folder
from preflight.documents.plans.operation_names import kebab, known_operations, operation_named
from preflight.documents.plans.plan import Plan
from preflight.documents.plans.requests import plan_of, read_plan
from preflight.documents.text.load import load_text
from preflight.errors import InputError, PreflightError, UsageError

ENDPOINT = {"EndpointName": "e", "EndpointConfigName": "c"}
VARIANT = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
CONFIG = {"EndpointConfigName": "c", "ProductionVariants": [VARIANT]}
MODEL = {"ModelName": "m", "ExecutionRoleArn": "r", "PrimaryContainer": {"Image": "i"}}
CALL = {"operation": "sagemaker:CreateEndpoint", "parameters": ENDPOINT}
ROLE = "arn:aws:iam::111122223333:role/deployer"


def plan(*values: Any, operation: str | None = None) -> Plan:
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    return plan_of([load_text(text, f"{number}.json") for number, text in enumerate(texts, 1)], operation)


def refusal(*values: Any, operation: str | None = None) -> str:
    with pytest.raises(PreflightError) as caught:
        plan(*values, operation=operation)
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "operation"),
    [
        (ENDPOINT, "sagemaker:CreateEndpoint"),
        ({**ENDPOINT, "Tags": [{"Key": "k", "Value": ""}]}, "sagemaker:CreateEndpoint"),
        (CONFIG, "sagemaker:CreateEndpointConfig"),
        (MODEL, "sagemaker:CreateModel"),
        ({"ModelName": "m"}, "sagemaker:CreateModel"),
    ],
)
def test_bare_requests_are_recognized_by_their_members(value: dict[str, Any], operation: str) -> None:
    (request,) = plan(value).requests
    assert (request.operation, request.parameters, request.pointer) == (operation, value, "")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({}, "can't determine the operation from the request's members"),
        ({"foo": 1}, "can't determine the operation"),
        ([ENDPOINT], "a request or a plan must be an object, not a list"),
        ("null", "a request or a plan must be an object, not null"),
        ({**ENDPOINT, "region": "us-east-1"}, "it has 'region' like a plan, but no requests"),
        (
            {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}},
            "the template has no Resources; add a resource",
        ),
        ({"Version": "2012-10-17", "Statement": []}, "it is a policy, not a request"),
    ],
)
def test_what_a_bare_request_lacks(value: Any, says: str) -> None:
    assert says in refusal(value)


def test_what_deletes_or_changes_must_be_named() -> None:
    assert (
        plan({"EndpointConfigName": "c"}, operation="delete-endpoint-config")
        .requests[0]
        .operation.endswith(":DeleteEndpointConfig")
    )
    assert plan(ENDPOINT, operation="UpdateEndpoint").requests[0].operation == "sagemaker:UpdateEndpoint"
    assert plan(ENDPOINT).requests[0].operation == "sagemaker:CreateEndpoint"


@pytest.mark.parametrize(
    "text",
    [
        "create-endpoint",
        "CreateEndpoint",
        "sagemaker:CreateEndpoint",
        "sagemaker create-endpoint",
        "create_endpoint",
        "SageMaker:createEndpoint",
    ],
)
def test_operations_are_named_as_people_write_them(text: str) -> None:
    assert operation_named(text) == "sagemaker:CreateEndpoint"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("create-endpont", "did you mean create-endpoint?"),
        ("s3:CreateEndpoint", "known: create-endpoint, "),
        ("", "known: "),
    ],
)
def test_unknown_operations(text: str, says: str) -> None:
    with pytest.raises(UsageError, match="unknown operation") as caught:
        operation_named(text)
    assert says in str(caught.value)


def test_every_declared_operation_has_a_request_schema() -> None:
    declared = {f"{path.parent.name}:{path.stem}" for path in (folder("rules") / "operations").glob("*/*.yaml")}
    assert {f"{each.split(':')[0]}:{kebab(each.split(':')[1])}" for each in known_operations()} == declared


def test_a_plan_document() -> None:
    found = plan(
        {
            "region": "us-east-1",
            "account": "111122223333",
            "principal": ROLE,
            "context": {"aws:SourceIp": "10.0.0.1", "aws:MultiFactorAuthPresent": True, "aws:TagKeys": ["a", 5]},
            "requests": [{"operation": "create-model", "parameters": MODEL}, CALL],
        }
    )
    assert [request.operation for request in found.requests] == ["sagemaker:CreateModel", "sagemaker:CreateEndpoint"]
    assert found.requests[1].pointer == "/requests/1/parameters"
    assert (found.region, found.account, found.principal) == ("us-east-1", "111122223333", ROLE)
    assert found.context == {
        "aws:SourceIp": "10.0.0.1",
        "aws:MultiFactorAuthPresent": "true",
        "aws:TagKeys": ["a", "5"],
    }


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"requests": [CALL], "regoin": "x"}, "unknown key 'regoin'; did you mean region?"),
        ({"requests": []}, "requests is empty"),
        ({"requests": {}}, "expected a list, found an object"),
        ({"requests": [{"operation": "create-endpoint"}]}, "/requests/0 (line 1, column 15): parameters is missing"),
        (
            {"requests": [{"operation": "creat-endpoint", "parameters": {}}]},
            "/requests/0/operation (line 1, column 29): unknown operation 'creat-endpoint'; did you mean create",
        ),
        ({"requests": [{"operation": "create-endpoint", "parameters": []}]}, "expected an object, found a list"),
        ({"requests": [CALL], "account": 111122223333}, "expected a string, found a whole number; put it in quotes"),
        ({"requests": [CALL], "account": "1111"}, "the account '1111' is not a 12-digit account ID"),
        ({"requests": [CALL], "context": {"SourceIp": "1"}}, "the context key 'SourceIp' has no prefix"),
        ({"requests": [CALL], "context": {"aws:a": None}}, "found null"),
        (
            {"requests": [CALL], "account": "222222222222", "principal": ROLE},
            "the principal belongs to account 111122223333, but the plan is for account 222222222222",
        ),
    ],
)
def test_what_a_plan_document_lacks(value: Any, says: str) -> None:
    assert says in refusal(value)


def test_account_numbers_in_yaml() -> None:
    calls = (
        "requests:\n- operation: create-endpoint\n  parameters: {EndpointName: on, EndpointConfigName: 2012-10-17}\n"
    )
    for written in ("111122223333", "'111122223333'"):
        (document,) = [load_text(f"account: {written}\n{calls}", "p.yaml")]
        assert plan_of([document]).account == "111122223333"
    assert plan_of([load_text(f"account: 011122223333\n{calls}", "p.yaml")]).account == "011122223333"
    with pytest.raises(InputError, match="the account '11122223333' is not a 12-digit account ID"):
        plan_of([load_text(f"account: 11122223333\n{calls}", "p.yaml")])
    assert plan_of([load_text(calls, "p.yaml")]).requests[0].parameters == {
        "EndpointName": "on",
        "EndpointConfigName": "2012-10-17",
    }


def test_several_files_make_one_plan() -> None:
    found = plan(
        MODEL,
        CONFIG,
        {"requests": [CALL], "region": "us-east-1", "context": {"aws:SourceIp": "1"}},
        {"requests": [CALL], "account": "111122223333", "context": {"AWS:sourceip": "1", "aws:a": "2"}},
    )
    assert [request.document.path for request in found.requests] == ["1.json", "2.json", "3.json", "4.json"]
    assert (found.region, found.account) == ("us-east-1", "111122223333")
    assert found.context == {"aws:SourceIp": "1", "aws:a": "2"}


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ({"region": "us-east-1"}, {"region": "us-east-2"}, "its region is us-east-2, and that of 1.json is us-east-1"),
        ({"principal": ROLE}, {"principal": ROLE + "2"}, "its principal is"),
        ({"account": "222222222222"}, {"principal": ROLE}, "2.json: /principal"),
        ({"context": {"aws:SourceIp": "1"}}, {"context": {"aws:sourceip": "2"}}, "its context key aws:sourceip is 2"),
    ],
)
def test_files_that_contradict_each_other(one: dict[str, Any], other: dict[str, Any], says: str) -> None:
    assert says in refusal({"requests": [CALL], **one}, {"requests": [CALL], **other})


def test_an_operation_that_nothing_is_there_for() -> None:
    said = refusal({"requests": [CALL]}, operation="create-endpoint")
    assert "--operation create-endpoint is for a bare request" in said
    assert len(plan({"requests": [CALL]}, ENDPOINT, operation="update-endpoint").requests) == 2


def test_reading_files(tmp_path: Path) -> None:
    file = tmp_path / "request.yaml"
    file.write_text("EndpointName: e\nEndpointConfigName: c\n")
    assert read_plan([str(file)]).requests[0].document.path == str(file)
    with pytest.raises(UsageError, match="no request is given"):
        read_plan([])
    with pytest.raises(UsageError, match="can be given only once"):
        read_plan(["-", "-"])


LIGHT = """
import sys
from preflight.documents.plans.requests import plan_of
from preflight.documents.text.load import load_text
from preflight.documents.plans.consistency import with_options
with_options(plan_of([load_text('{"EndpointName": "e", "EndpointConfigName": "c"}', "r.json")]), region="us-east-1")
heavy = {"boto3", "botocore", "jsonschema", "yaml", "difflib", "rich", "typer"} & set(sys.modules)
assert not heavy, heavy
"""


def test_a_good_request_is_read_lightly() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


_JUNK = st.sampled_from(
    [None, True, 0, -1, 1.5, "", " ", "x", "\n", [], {}, [[]], {"": 1}, {"a/b~c": []}, ROLE, 10**30]
)
_PARTS = st.sampled_from([ENDPOINT, CONFIG, MODEL, VARIANT, CALL, [CALL], [VARIANT], {"aws:SourceIp": "1"}])
_NAMES = st.sampled_from(
    ["requests", "account", "region", "principal", "context", "operation", "parameters", "EndpointName",
     "EndpointConfigName", "ProductionVariants", "ModelName", "Tags", "Resources", "Statement", "a\nb", ""]
)  # fmt: skip
_OBJECTS = st.recursive(_JUNK | _PARTS, lambda inner: st.dictionaries(_NAMES, inner, max_size=5), max_leaves=8)


@settings(deadline=None)
@given(_OBJECTS, st.sampled_from([None, "create-endpoint", "delete-endpoint-config", "zzz", ":"]))
def test_nothing_else_is_ever_raised(value: Any, operation: str | None) -> None:
    try:
        plan(value, operation=operation)
    except PreflightError as error:
        assert str(error).isprintable()
