"""Cloud Control: what is there of any type, by its primary identifier. moto has none of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.aws.answers import AwsError
from tests.aws.scope import Scope


def get_resource(scope: Scope, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_GetResource.html"""
    type_, identifier = parameters["TypeName"], parameters["Identifier"]
    if type_ not in scope.state.controlled:
        raise AwsError("UnsupportedActionException", f"Resource type {type_} does not support READ action")
    if identifier not in scope.state.controlled[type_]:
        message = f"Resource of type '{type_}' with identifier '{identifier}' was not found."
        raise AwsError("ResourceNotFoundException", message)
    return {"TypeName": type_, "ResourceDescription": {"Identifier": identifier, "Properties": "{}"}}
