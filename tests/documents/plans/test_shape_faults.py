"""What a request's shape refuses: every constraint of botocore's model, at the member's own place."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from preflight.declared.service_models import input_schema, request_schema
from preflight.documents.plans.operation_names import known_operations, schema_name
from preflight.documents.plans.shape_faults import Fault, faults, readable
from preflight.documents.text.schema import load_schema
from preflight.errors import PreflightError
from preflight.unresolved import DeployText
from tests.documents.plans.sound_requests import broken, few, sound

CONFIG = load_schema("requests/sagemaker.CreateEndpointConfig")
VARIANT = {"VariantName": "a", "ModelName": "m"}


def only(value: Any, schema: Any = CONFIG) -> Fault:
    (fault,) = faults(schema, value)
    return fault


def hold(operation: str, most: int) -> None:
    schema = load_schema(schema_name(operation))
    value = sound(schema)
    assert list(faults(schema, value)) == []
    assert readable(schema, value) is value
    service, name = operation.split(":")
    model = ServiceModel(Loader().load_service_model(service, "service-2")).operation_model(name).input_shape
    assert not ParamValidator().validate(value, model).has_errors()
    cases = few(broken(schema, value), most)
    assert len(cases) >= 5
    for what, pointer, wrong in cases:
        found = [each.pointer for each in faults(schema, wrong)]
        assert any(each.startswith(pointer) for each in found), (what, pointer)
        if what in ("type", "member") and pointer:
            # Without what cannot be read, botocore finds nothing but what is missing then.
            said = ParamValidator().validate(readable(schema, wrong), model).generate_report()
            assert "Invalid type" not in said and "Unknown parameter" not in said, (what, pointer)


@pytest.mark.parametrize("operation", known_operations())
def test_every_constraint_of_the_model_is_told_of(operation: str) -> None:
    hold(operation, 60)


@pytest.mark.nightly
@pytest.mark.parametrize("operation", known_operations())
def test_every_constraint_of_the_model_is_told_of_anywhere(operation: str) -> None:
    hold(operation, 100_000)


@pytest.mark.parametrize(
    ("service", "operation"), [("dynamodb", "CreateTable"), ("s3", "PutBucketPolicy"), ("wafv2", "CreateWebACL")]
)
def test_any_operation_of_botocore_has_a_shape(service: str, operation: str) -> None:
    schema = request_schema(service, operation)
    assert {each.about for each in faults(schema, {})} == {"required"}


def test_what_botocore_does_not_have() -> None:
    with pytest.raises(PreflightError, match="no operation CreateTabel"):
        request_schema("dynamodb", "CreateTabel")
    with pytest.raises(PreflightError, match="no model of the service 'dynamo'"):
        request_schema("dynamo", "CreateTable")


@pytest.mark.parametrize(
    ("value", "pointer", "problem", "remedy"),
    [
        ({"EndpointConfigName": "c"}, "", "`ProductionVariants` is missing from the request", "Add `Product"),
        ({"ProductionVariants": [VARIANT]}, "", "`EndpointConfigName` is missing", "Add"),
        ({"ProductionVariants": []}, "/ProductionVariants", "`ProductionVariants` is empty", "or leave it out"),
        ({"ProductionVariants": {}}, "/ProductionVariants", "must be a list, and is an object", "as a list"),
        ({"Tags": None}, "/Tags", "must be a list, and is null", "as a list or leave it out"),
        ({"KmsKeyId": 5}, "/KmsKeyId", "must be a string, and is a whole number", "Put `KmsKeyId` in quotes."),
        ({"EnableNetworkIsolation": 1}, "/EnableNetworkIsolation", "must be true or false", ""),
        ({"KmsKey": "k"}, "/KmsKey", "unknown member `KmsKey` in the request", "Did you mean KmsKeyId?"),
        ({"Xyzzy": "k"}, "/Xyzzy", "unknown member `Xyzzy`", "Remove `Xyzzy`; the members here are"),
        ({"Tags": [{"Key": "k", "Value": "v"}] * 51}, "/Tags", "has 51 items; it must have at most 50", ""),
        ({"Tags": [{"Key": "", "Value": "v"}]}, "/Tags/0/Key", "`Tags[0].Key` is empty", "Give"),
        ({"ExecutionRoleArn": "role/x" * 5}, "/ExecutionRoleArn", "does not match the pattern arn:aws", "Correct"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(value: Any, pointer: str, problem: str, remedy: str) -> None:
    whole = {"EndpointConfigName": "c", "ProductionVariants": [VARIANT], **value}
    if not pointer:
        whole = value
    fault = only(whole)
    assert fault.pointer == pointer
    assert problem in fault.problem
    assert remedy in fault.remedy


@pytest.mark.parametrize(
    ("member", "given", "problem", "remedy"),
    [
        ("InitialInstanceCount", 0, "is 0; it must be at least 1", "Set"),
        ("InitialInstanceCount", 1.0, "must be a whole number, and is a number", ""),
        ("InitialInstanceCount", True, "must be a whole number, and is true or false", ""),
        ("InitialVariantWeight", -1, "is -1; it must be at least 0", ""),
        ("VolumeSizeInGB", 2000, "is 2,000; it must be 1 to 512", ""),
        ("InstanceType", "ml.m5.larg", "not one of the", "Did you mean ml.m5.large?"),
        ("RoutingConfig", {"RoutingStrategy": "x"}, "", "`RANDOM`"),
    ],
)
def test_a_value_that_the_model_does_not_take(member: str, given: Any, problem: str, remedy: str) -> None:
    fault = only({"EndpointConfigName": "c", "ProductionVariants": [{**VARIANT, member: given}]})
    assert fault.pointer.startswith(f"/ProductionVariants/0/{member}")
    assert problem in fault.problem
    assert remedy in fault.remedy


def test_the_values_of_environments_are_not_repeated() -> None:
    schema = load_schema("requests/sagemaker.CreateModel")
    environment = {"TOKEN": "hunter2" * 200, "1A": "hunter2"}
    found = list(faults(schema, {"ModelName": "m", "PrimaryContainer": {"Environment": environment}}))
    assert [each.pointer.rpartition("/")[2] for each in found] == ["TOKEN", "1A"]
    assert "hunter2" not in "".join(each.problem + each.remedy for each in found)


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (DeployText.unknown("parameter Role"), False),
        (f"arn:aws:iam::111122223333:role/{DeployText.unknown('Role')}", False),
        (f"role/{DeployText.unknown('Role')}", True),
    ],
)
def test_a_text_that_is_known_in_part(value: str, wrong: bool) -> None:
    given = {"EndpointConfigName": "c", "ProductionVariants": [VARIANT], "ExecutionRoleArn": value}
    assert bool(list(faults(CONFIG, given))) is wrong


def test_what_cannot_be_read_is_left_out_and_nothing_else() -> None:
    value = {
        "EndpointConfigName": "c",
        "ProductionVariants": [{**VARIANT, "InitialInstanceCount": "1", "Foo": 1}],
        "ShadowProductionVariants": [{"ModelName": "m"}],
        "Tags": {},
        "KmsKeyId": "bad key!",
        "DataCaptureConfig": DeployText.unknown("parameter Capture"),
    }
    assert readable(CONFIG, value) == {
        "EndpointConfigName": "c",
        "ProductionVariants": [VARIANT],
        "KmsKeyId": "bad key!",
        "DataCaptureConfig": DeployText.unknown("parameter Capture"),
    }


def test_a_union_takes_one_member() -> None:
    shapes = {
        "U": {"type": "structure", "union": True, "members": {"A": {"shape": "S"}, "B": {"shape": "S"}}},
        "S": {"type": "string", "sensitive": True, "pattern": "[a-z]+"},
    }
    schema = input_schema(shapes, "U")
    assert "exactly one" in only({}, schema).problem
    assert "hunter2" not in only({"A": "hunter2"}, schema).problem


def test_faults_are_counted_up_to_a_bound() -> None:
    assert len(list(faults(CONFIG, {f"a{at}": 1 for at in range(5000)}))) == 200
