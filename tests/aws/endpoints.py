"""SageMaker endpoints: their names, their quotas, and what they go through until they are in service or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.aws import limits
from tests.aws.answers import AwsError
from tests.aws.listing import page
from tests.aws.models import find_config, missing_config
from tests.aws.scope import Scope
from tests.aws.state import Course, Endpoint

Parameters = Mapping[str, Any]

_BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


def create_endpoint(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    name = parameters["EndpointName"]
    arn = scope.arn(f"endpoint/{name}")
    config = _config(scope, parameters["EndpointConfigName"])
    if name.lower() in scope.hosting.endpoints:
        raise AwsError("ValidationException", f'Cannot create already existing endpoint "{arn}".')
    limits.enforce(scope, config)
    now = scope.state.now()
    scope.hosting.endpoints[name.lower()] = Endpoint(
        name=name,
        arn=arn,
        config=parameters["EndpointConfigName"],
        variants=config["ProductionVariants"],
        shadows=config.get("ShadowProductionVariants", []),
        tags=list(parameters.get("Tags", [])),
        course=_course(scope, name),
        created=now,
        modified=now,
        extra=_kept(config),
    )
    scope.hosting.tags[arn] = scope.hosting.endpoints[name.lower()].tags
    return {"EndpointArn": arn}


def update_endpoint(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    endpoint = find_endpoint(scope, parameters["EndpointName"])
    config = _config(scope, parameters["EndpointConfigName"])
    if endpoint.status in _BUSY:
        raise AwsError("ValidationException", f'Cannot update in-progress endpoint "{endpoint.arn}".')
    if endpoint.status == "Failed":
        raise AwsError("ValidationException", f'Cannot update failed endpoint "{endpoint.arn}".')
    limits.enforce(scope, config)
    course = _course(scope, endpoint.name)
    endpoint.course = replace(
        course, statuses=["Updating" if status == "Creating" else status for status in course.statuses]
    )
    endpoint.step = 0
    endpoint.pending = (parameters["EndpointConfigName"], config)
    endpoint.modified = scope.state.now()
    return {"EndpointArn": endpoint.arn}


def describe_endpoint(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    endpoint = find_endpoint(scope, parameters["EndpointName"])
    if endpoint.status == "gone":
        del scope.hosting.endpoints[endpoint.name.lower()]
        raise _missing(scope, endpoint.name)
    _deploy(endpoint)
    described = _described(endpoint)
    if not endpoint.course.hold and endpoint.step < len(endpoint.course.statuses) - 1:
        endpoint.step += 1
        endpoint.modified = scope.state.now()
    return described


def list_monitoring_schedules(scope: Scope, _: Parameters) -> dict[str, Any]:
    """List what a test says that there is: moto has none."""
    return {"MonitoringScheduleSummaries": scope.state.monitoring_schedules}


def list_inference_components(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    """List what a test says that there is: moto has none."""
    return page(scope.state.inference_components, parameters, "InferenceComponents", "InferenceComponentName")


def describe_inference_component(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    for each in scope.state.inference_components:
        if each["InferenceComponentName"] == parameters["InferenceComponentName"]:
            return each
    raise AwsError("ValidationException", "Could not find inference component.")


def list_endpoints(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    entries = [
        {
            "EndpointName": endpoint.name,
            "EndpointArn": endpoint.arn,
            "CreationTime": endpoint.created,
            "LastModifiedTime": endpoint.modified,
            "EndpointStatus": endpoint.status,
        }
        for endpoint in scope.hosting.endpoints.values()
        if endpoint.status != "gone" and parameters.get("StatusEquals", endpoint.status) == endpoint.status
    ]
    return page(entries, parameters, "Endpoints", "EndpointName")


def delete_endpoint(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    endpoint = find_endpoint(scope, parameters["EndpointName"])
    if endpoint.status in _BUSY:
        raise AwsError("ValidationException", f'Cannot delete in-progress endpoint "{endpoint.arn}".')
    endpoint.course = Course(["Deleting", "gone"])
    endpoint.step = 0
    return {}


def _deploy(endpoint: Endpoint) -> None:
    """Put the configuration of an update in place once the update is over, unless it was rolled back."""
    if endpoint.pending is None or endpoint.status in _BUSY:
        return
    if "RollingBack" not in endpoint.course.statuses and endpoint.status == "InService":
        endpoint.config, config = endpoint.pending
        endpoint.variants = config["ProductionVariants"]
        endpoint.shadows = config.get("ShadowProductionVariants", [])
        endpoint.extra = _kept(config)
    endpoint.pending = None


def find_endpoint(scope: Scope, name: str) -> Endpoint:
    found = scope.hosting.endpoints.get(name.lower())
    if found is None or found.name != name:
        raise _missing(scope, name)
    return found


def _missing(scope: Scope, name: str) -> AwsError:
    return AwsError("ValidationException", f'Could not find endpoint "{scope.arn(f"endpoint/{name}")}".')


def _config(scope: Scope, name: str) -> dict[str, Any]:
    stale = scope.state.stale.get(name) or scope.state.stale.get("*")
    if stale is not None and stale.creates > 0:
        stale.creates -= 1
        raise missing_config(scope, name)
    return find_config(scope, name)


def _course(scope: Scope, name: str) -> Course:
    course = scope.state.courses.get(name.lower(), scope.state.usual_course)
    return replace(course, statuses=list(course.statuses))


def _kept(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: config[name] for name in ("AsyncInferenceConfig", "ExplainerConfig") if name in config}


def _described(endpoint: Endpoint) -> dict[str, Any]:
    described: dict[str, Any] = {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.config,
        "EndpointStatus": endpoint.status,
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
        "ProductionVariants": [_variant(endpoint, variant) for variant in endpoint.variants],
        **endpoint.extra,
    }
    if endpoint.shadows:
        described["ShadowProductionVariants"] = [_variant(endpoint, variant) for variant in endpoint.shadows]
    if endpoint.pending is not None:
        described["PendingDeploymentSummary"] = _pending(*endpoint.pending)
    unwell = endpoint.status in ("Failed", "OutOfService", "UpdateRollbackFailed")
    if endpoint.course.reason and (unwell or "RollingBack" in endpoint.course.statuses[: endpoint.step + 1]):
        described["FailureReason"] = endpoint.course.reason
    return described


def _pending(name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    variants = [
        {
            "VariantName": variant["VariantName"],
            **{member: variant[member] for member in ("InstanceType",) if member in variant},
            **({"DesiredInstanceCount": variant["InitialInstanceCount"]} if "InitialInstanceCount" in variant else {}),
        }
        for variant in config["ProductionVariants"]
    ]
    return {"EndpointConfigName": name, "ProductionVariants": variants}


def _variant(endpoint: Endpoint, variant: Mapping[str, Any]) -> dict[str, Any]:
    weight = variant.get("InitialVariantWeight", 1.0)
    described = {"VariantName": variant["VariantName"], "CurrentWeight": weight, "DesiredWeight": weight}
    if "ServerlessConfig" in variant:
        described |= {
            "CurrentServerlessConfig": variant["ServerlessConfig"],
            "DesiredServerlessConfig": variant["ServerlessConfig"],
        }
        return described
    count = variant.get("InitialInstanceCount", 1)
    there = 0 if endpoint.status in ("Creating", "Failed") else count
    return {**described, "CurrentInstanceCount": there, "DesiredInstanceCount": count}
