"""What the handlers of resource types call: `rules/stacks/`, written by `tools/stack_data.py`, and `rules/needs/`.

The permissions of CloudFormation's handlers are those of the resource schemas that AWS publishes, with what each is
for; the calls of Terraform's are traced from the provider's source. `rules/needs/` says by hand what the data does not.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

from preflight.data_files import folder, yaml_loader

Handler: TypeAlias = Literal["create", "read", "update", "delete"]
Purpose: TypeAlias = Literal["core", "role", "tag", "property", "if", "never", "maybe"]


@dataclass(frozen=True, slots=True)
class HandlerPermission:
    """A permission that a handler lists, what it is for, and the properties that it is for (`Code.S3Bucket`)."""

    action: str
    purpose: Purpose
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """What is said by hand of a permission: needed `when` a property is set and `unless` one of others is, or always,
    perhaps, or not at all (`always`). `on` is the resource, where its ARN does not follow from the properties.
    """

    action: str
    handler: Handler
    always: Literal["needed", "maybe", "not-needed"] | None
    when: tuple[str, ...]
    unless: tuple[str, ...]
    on: str | None
    source: str


@dataclass(frozen=True, slots=True)
class StackType:
    """One resource type of CloudFormation: `tags` is the property of its tags; `identifiers` those that identify it."""

    name: str
    identifiers: tuple[str, ...]
    create_only: frozenset[str]
    tags: str | None
    handlers: Mapping[str, Any]

    def listed(self, handler: str) -> Iterator[HandlerPermission]:
        """Give the permissions that a handler lists."""
        found = self.handlers.get(handler, ())
        if isinstance(found, list):
            yield from (HandlerPermission(each, "maybe") for each in found)
            return
        for purpose, actions in found.items() if found else ():
            for action in actions:
                yield HandlerPermission(action, purpose, tuple(actions[action]) if isinstance(actions, dict) else ())

    def core(self, handler: str) -> str | None:
        """Return the action of the call that makes, changes or deletes the resource itself, where it is known."""
        found = self.handlers.get(handler)
        core = found.get("core", ()) if isinstance(found, dict) else ()
        return core[0] if core else None


@cache
def stack_type(name: str) -> StackType | None:
    """Return what is known of a resource type of CloudFormation; None for one of which nothing is."""
    found = _read("cloudformation")["types"].get(name)
    decided = decided_of(name)
    if found is None and not decided:
        return None
    found = found or {}
    if not decided and not any(each in found for each in ("create", "update", "delete", "read")):
        return None
    return StackType(
        name,
        tuple(found.get("id", ())),
        frozenset(found.get("create-only", ())),
        found.get("tags"),
        {each: found[each] for each in ("create", "read", "update", "delete") if each in found},
    )


@cache
def decided_of(name: str) -> tuple[Decided, ...]:
    """Return what `rules/needs/` says of a resource type."""
    parts = name.split("::")
    entries = _needs(parts[1].lower()).get(name, ()) if len(parts) == 3 else ()
    return tuple(
        Decided(
            each["action"],
            each.get("handler", "create"),
            each.get("is"),
            tuple(each.get("when", ())),
            tuple(each.get("unless", ())),
            each.get("on"),
            each["source"],
        )
        for each in entries
    )


def terraform_calls(name: str) -> Mapping[str, list[str]] | None:
    """Return the calls of a Terraform resource type's handlers (`create`, `read`, `update`, `delete`, `list_tags`,
    `update_tags`), as `service:Operation` by botocore's names; None for a type of which nothing is known.
    """
    found: Mapping[str, list[str]] | None = _read("terraform")["resources"].get(name)
    return found


@cache
def _read(name: str) -> Any:
    return json.loads(gzip.decompress((folder("rules") / "stacks" / f"{name}.json.gz").read_bytes()))


@cache
def _needs(service: str) -> Mapping[str, list[Mapping[str, Any]]]:
    import yaml

    path = folder("rules") / "needs" / f"{service}.yaml"
    if not path.is_file():
        return {}
    with path.open("rb") as stream:
        found: Mapping[str, list[Mapping[str, Any]]] = yaml.load(stream, yaml_loader())
    return found


def passed_to(type_: str) -> str | None:
    """Return the service to which a role that a resource of a type names is passed (`lambda`); None if not known."""
    declared: Any = _needs("passed-to")["passed-to"]
    found: str | None = declared[type_] if type_ in declared else declared.get("::".join(type_.split("::")[:2]))
    return found


@cache
def all_stack_types() -> tuple[str, ...]:
    """Return the names of all resource types of CloudFormation."""
    return tuple(_read("cloudformation")["types"])


def decided_calls(type_: str) -> list[Mapping[str, Any]]:
    """Return what `rules/needs/terraform.yaml` says by hand of the calls of a Terraform resource type."""
    return _needs("terraform").get(type_, [])
