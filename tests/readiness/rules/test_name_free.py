from __future__ import annotations

from typing import Any

import pytest

from preflight.declared.resource_kinds import load_kind
from tests.readiness.checking import judge, only, pointer
from tests.readiness.worlds import CREATE, kinds


def endpoint(name: str, config: str = "demo-config") -> tuple[str, dict[str, Any]]:
    return "CreateEndpoint", {"EndpointName": name, "EndpointConfigName": config}


def config(*variants: dict[str, Any], shadows: tuple[dict[str, Any], ...] = ()) -> tuple[str, dict[str, Any]]:
    return "CreateEndpointConfig", {
        "EndpointConfigName": "demo-config",
        "ProductionVariants": list(variants),
        **({"ShadowProductionVariants": list(shadows)} if shadows else {}),
    }


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("my_endpoint", "has `_` at position 3"),
        ("my endpoint", "has a space at position 3"),
        ("café", "has `é` at position 4"),
        ("tab\there", "has '\\t' at position 4"),
        ("-demo", "begins with `-`"),
        ("demo-", "ends with `-`, at position 5"),
        ("x" * 64, "has 64 characters, 1 too many"),
        ("demo.v1", "has `.` at position 5"),
    ],
)
def test_a_name_that_is_refused_says_at_which_place(name: str, problem: str) -> None:
    result = only(judge("PRE301", endpoint(name)))
    assert result.kind == "fail"
    assert problem in result.message
    assert pointer(result) == "/EndpointName"


@pytest.mark.parametrize("name", ["a", "A1", "a--b", "x" * 63, "0-0"])
def test_names_that_are_accepted(name: str) -> None:
    assert kinds(judge("PRE301", endpoint(name))) == ["pass"]


def test_every_name_in_a_request_is_looked_at() -> None:
    results = judge(
        "PRE301",
        config({"VariantName": "a_b", "ModelName": "m."}, {"VariantName": "ok", "ModelName": "ok"}),
    )
    assert [(pointer(each), each.kind.value) for each in results] == [
        ("/ProductionVariants/0/VariantName", "fail"),
        ("/ProductionVariants/0/ModelName", "fail"),
    ]


def test_two_variants_of_one_name() -> None:
    variants = [{"VariantName": name, "ModelName": "m"} for name in ("a", "b", "a")]
    result = only(judge("PRE301", config(*variants)))
    assert result.kind == "fail"
    assert pointer(result) == "/ProductionVariants/2/VariantName"
    assert "first at /ProductionVariants/0/VariantName" in result.message


def test_a_shadow_variant_may_have_the_name_of_a_production_variant() -> None:
    one = {"VariantName": "a", "ModelName": "m"}
    assert kinds(judge("PRE301", config(one, shadows=(one,)))) == ["pass"]


def test_the_forms_are_those_of_botocore() -> None:
    import botocore.session

    model = botocore.session.get_session().get_service_model("sagemaker")
    for kind, shape in (
        ("endpoint", "EndpointName"),
        ("endpoint-config", "EndpointConfigName"),
        ("model", "ModelName"),
    ):
        form = load_kind(f"sagemaker:{kind}").section("name")
        metadata = model.shape_for(shape).metadata
        assert (form["pattern"], form["max"]) == (metadata["pattern"], metadata["max"])
    assert (
        model.shape_for("VariantName").metadata["pattern"] == model.shape_for("EndpointConfigName").metadata["pattern"]
    )
    host = model.shape_for("ContainerDefinition").members["ContainerHostname"].metadata
    assert host["max"] == load_kind("sagemaker:model").section("name")["max"]


def test_every_status_of_an_endpoint_has_a_way_on() -> None:
    import botocore.session

    model = botocore.session.get_session().get_service_model("sagemaker")
    states = load_kind("sagemaker:endpoint").section("status")
    statuses = set(model.shape_for("EndpointStatus").enum)
    assert set(states["way-on"]) == statuses
    assert set(states["until"]) | set(states["takes-changes"]) == statuses - {"OutOfService", "UpdateRollbackFailed"}


@pytest.mark.parametrize(
    ("status", "way"),
    [
        ("InService", "aws sagemaker update-endpoint --endpoint-name demo --endpoint-config-name demo-config"),
        ("Failed", "aws sagemaker delete-endpoint --endpoint-name demo --region us-east-1"),
        ("Deleting", "aws sagemaker wait endpoint-deleted --endpoint-name demo"),
        ("Creating", "aws sagemaker wait endpoint-in-service --endpoint-name demo"),
    ],
)
def test_a_name_that_is_taken_says_by_what_and_the_way_on(status: str, way: str) -> None:
    there = {"EndpointName": "demo", "EndpointStatus": status, "EndpointConfigName": "old", "FailureReason": "Boom."}
    result = only(judge("PRE302", CREATE, endpoints=[there]))
    assert result.kind == "fail"
    assert f"status {status} (Boom.)" in result.message
    assert "as `demo`; AWS compares these names without case" in result.message
    assert way in result.remedy
    assert "`Demo-2` is free" in result.remedy
    assert pointer(result) == "/EndpointName"


def test_the_name_that_is_proposed_is_free_and_not_too_long() -> None:
    name = "x" * 62 + "9"
    taken = [name, "x" * 61 + "-2", "x" * 61 + "-3"]
    there = [{"EndpointName": each, "EndpointStatus": "InService"} for each in taken]
    result = only(judge("PRE302", endpoint(name), endpoints=there))
    assert f"`{'x' * 61}-4` is free" in result.remedy


def test_a_numbered_name_is_counted_on() -> None:
    there = [{"EndpointName": name, "EndpointStatus": "InService"} for name in ("demo-2", "demo-3")]
    assert "`demo-4` is free" in only(judge("PRE302", endpoint("demo-2"), endpoints=there)).remedy


def test_what_is_there_already_as_asked_for_need_not_be_made() -> None:
    there = {"EndpointName": "Demo", "EndpointStatus": "InService", "EndpointConfigName": "demo-config"}
    result = only(judge("PRE302", CREATE, endpoints=[there]))
    assert result.kind == "fail"
    assert "remove the request" in result.remedy


def test_the_names_of_configurations_are_compared_with_case() -> None:
    request = config({"VariantName": "a", "ModelName": "m"})
    assert kinds(judge("PRE302", request, endpoint_configs=[{"EndpointConfigName": "Demo-Config"}])) == ["pass"]
    result = only(judge("PRE302", request, endpoint_configs=[{"EndpointConfigName": "demo-config"}]))
    assert result.kind == "fail"
    assert "delete-endpoint-config" in result.remedy


def test_two_requests_of_a_plan_cannot_take_one_name() -> None:
    second = endpoint("DEMO", "other")
    free, taken = judge("PRE302", CREATE, second, endpoints=[])
    assert (free.kind, taken.kind) == ("pass", "fail")
    assert "an earlier request in the plan already creates endpoint `DEMO`" in taken.message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("InService", "pass"),
        ("Creating", "fail"),
        ("Updating", "fail"),
        ("RollingBack", "fail"),
        ("SystemUpdating", "fail"),
        ("Deleting", "fail"),
        ("Failed", "fail"),
        ("UpdateRollbackFailed", "open"),
        ("OutOfService", "open"),
    ],
)
def test_whether_an_endpoint_takes_an_update_depends_on_its_status(status: str, kind: str) -> None:
    update = ("UpdateEndpoint", CREATE[1])
    there = {"EndpointName": "demo", "EndpointStatus": status, "EndpointConfigName": "old"}
    result = only(judge("PRE302", update, endpoints=[there]))
    assert result.kind == kind
    assert status in result.message


def test_an_update_needs_an_endpoint_and_one_that_the_plan_creates_will_do() -> None:
    update = ("UpdateEndpoint", CREATE[1])
    assert only(judge("PRE302", update, endpoints=[])).kind == "fail"
    assert kinds(judge("PRE302", CREATE, update, endpoints=[])) == ["pass", "pass"]
    assert only(judge("PRE302", update)).kind == "open"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("InService", "pass"),
        ("Failed", "pass"),
        ("SystemUpdating", "fail"),
        ("Creating", "open"),
        ("Updating", "open"),
        ("Deleting", "open"),
        ("OutOfService", "open"),
        (None, "open"),
    ],
)
def test_whether_an_endpoint_can_be_deleted_depends_on_its_status(status: str | None, kind: str) -> None:
    there = {"EndpointName": "Demo", "EndpointConfigName": "old", **({"EndpointStatus": status} if status else {})}
    result = only(judge("PRE302", ("DeleteEndpoint", {"EndpointName": "demo"}), endpoints=[there]))
    assert result.kind == kind
    assert kind == "pass" or result.remedy
    assert "${" not in result.remedy


def test_what_the_plan_deletes_is_gone_after_it() -> None:
    delete = ("DeleteEndpoint", {"EndpointName": "demo"})
    there = [{"EndpointName": "demo", "EndpointConfigName": "old", "EndpointStatus": "InService"}]
    assert only(judge("PRE302", delete, endpoints=[])).kind == "fail"
    assert kinds(judge("PRE302", delete, delete, endpoints=there)) == ["pass", "fail"]
    assert kinds(judge("PRE302", delete, CREATE, endpoints=there)) == ["pass", "pass"]
    assert kinds(judge("PRE302", CREATE, delete, endpoints=[])) == ["pass", "pass"]


@pytest.mark.parametrize(
    ("models", "kind"),
    [([{"ModelName": "m"}], "pass"), ([], "fail"), ([{"ModelName": "M"}], "fail"), (None, "open")],
)
def test_a_model_to_be_deleted_exists(models: list[dict[str, Any]] | None, kind: str) -> None:
    parts = {} if models is None else {"models": models}
    assert only(judge("PRE402", ("DeleteModel", {"ModelName": "m"}), **parts)).kind == kind


def test_a_call_that_may_be_made_again_needs_no_free_name() -> None:
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/demo/variant/a",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    again = ("application-autoscaling:RegisterScalableTarget", {**target, "MaxCapacity": 3})
    result = only(judge("PRE302", again, scalable_targets=[{**target, "MinCapacity": 1, "MaxCapacity": 2}]))
    assert (result.kind.value, "updates an existing resource" in result.message) == ("notApplicable", True)
