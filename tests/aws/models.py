"""SageMaker models and endpoint configurations: what the Create calls take, the Describe calls give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.aws.answers import AwsError
from tests.aws.listing import page
from tests.aws.scope import Scope

Parameters = Mapping[str, Any]


def create_model(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    name = parameters["ModelName"]
    arn = scope.arn(f"model/{name}")
    if name in scope.hosting.models:
        raise AwsError("ValidationException", f'Cannot create already existing model "{arn}".')
    scope.hosting.tags[arn] = list(parameters.get("Tags", []))
    described = {name: value for name, value in parameters.items() if name != "Tags"}
    scope.hosting.models[name] = {
        "EnableNetworkIsolation": False,
        **described,
        "ModelArn": arn,
        "CreationTime": scope.state.now(),
    }
    return {"ModelArn": arn}


def describe_model(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    return find_model(scope, parameters["ModelName"])


def find_model(scope: Scope, name: str) -> dict[str, Any]:
    found = scope.hosting.models.get(name)
    if found is None:
        raise AwsError("ValidationException", f'Could not find model "{scope.arn(f"model/{name}")}".')
    return found


def list_models(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    entries = [
        {name: model[name] for name in ("ModelName", "ModelArn", "CreationTime")}
        for model in scope.hosting.models.values()
    ]
    return page(entries, parameters, "Models", "ModelName")


def delete_model(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    model = find_model(scope, parameters["ModelName"])
    del scope.hosting.models[model["ModelName"]]
    return {}


def create_endpoint_config(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    name = parameters["EndpointConfigName"]
    arn = scope.arn(f"endpoint-config/{name}")
    if name in scope.hosting.configs:
        raise AwsError("ValidationException", f'Cannot create already existing endpoint configuration "{arn}".')
    for variant in [*parameters["ProductionVariants"], *parameters.get("ShadowProductionVariants", [])]:
        if "ModelName" in variant:
            find_model(scope, variant["ModelName"])
    scope.hosting.tags[arn] = list(parameters.get("Tags", []))
    described = {name: value for name, value in parameters.items() if name != "Tags"}
    scope.hosting.configs[name] = {
        "EnableNetworkIsolation": False,
        **described,
        "EndpointConfigArn": arn,
        "CreationTime": scope.state.now(),
    }
    return {"EndpointConfigArn": arn}


def describe_endpoint_config(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    name = parameters["EndpointConfigName"]
    stale = scope.state.stale.get(name) or scope.state.stale.get("*")
    if stale is not None and stale.reads > 0:
        stale.reads -= 1
        raise missing_config(scope, name)
    return find_config(scope, name)


def find_config(scope: Scope, name: str) -> dict[str, Any]:
    found = scope.hosting.configs.get(name)
    if found is None:
        raise missing_config(scope, name)
    return found


def missing_config(scope: Scope, name: str) -> AwsError:
    arn = scope.arn(f"endpoint-config/{name}")
    return AwsError("ValidationException", f'Could not find endpoint configuration "{arn}".')


def list_endpoint_configs(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    entries = [
        {name: config[name] for name in ("EndpointConfigName", "EndpointConfigArn", "CreationTime")}
        for config in scope.hosting.configs.values()
    ]
    return page(entries, parameters, "EndpointConfigs", "EndpointConfigName")


def delete_endpoint_config(scope: Scope, parameters: Parameters) -> dict[str, Any]:
    config = find_config(scope, parameters["EndpointConfigName"])
    del scope.hosting.configs[config["EndpointConfigName"]]
    return {}
