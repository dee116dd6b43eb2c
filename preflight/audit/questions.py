"""`--who-can ACTION --on ARN` and `--can PRINCIPAL`: who may do something, and what someone may do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from preflight.audit.access import Access, Reach
from preflight.audit.holders import Holder
from preflight.audit.scene import Scene
from preflight.audit.trusts import trust_of
from preflight.catalog import action as catalog_action
from preflight.catalog import nearest_action, nearest_service, resource_type, service_exists
from preflight.errors import UsageError

_ASSUME = "sts:AssumeRole"


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of an answer: a principal (ARN), an action, the resource that was asked about, and what it may."""

    principal: str
    action: str
    resource: str
    access: Access


def who_can(scene: Scene, action: str, on: str | None = None) -> Iterator[Answer]:
    """Give everyone who may do an action, for certain or perhaps, on a resource; without one on any of its own type in
    the regions that are looked at. Raises `UsageError` for an action that AWS does not have, or a resource that is no
    ARN.
    """
    known = _known(action)
    resources = [on] if on is not None else list(resources_of(scene, known))
    if on is not None and on != "*" and not on.startswith("arn:"):
        raise UsageError(
            f"--on {on!r} is no ARN; write one such as arn:aws:sagemaker:us-east-1:111122223333:endpoint/x"
        )
    for holder in scene.holders.by_arn.values():
        for resource in resources:
            access = _access(scene, holder, known, resource)
            if access.possible:
                yield Answer(holder.arn, known, resource, access)


def can(scene: Scene, principal: str) -> Iterator[Answer]:
    """Give each hosting action that a principal may do, for certain or perhaps, and the roles that it may assume.

    `principal` is an ARN, or a name that one role or user has. Raises `UsageError` for one that is not there.
    """
    holder = _holder(scene, principal)
    for action, region, access in scene.may(holder):
        yield Answer(holder.arn, action.action, action.resource(scene.partition, region, scene.account_id), access)
    for role in scene.holders.by_arn.values():
        if role.kind == "role" and role is not holder:
            access = _access(scene, holder, _ASSUME, role.arn)
            if access.possible:
                yield Answer(holder.arn, _ASSUME, role.arn, access)


def resources_of(scene: Scene, action: str) -> Iterator[str]:
    """Give the resources that an action can be on, with open names: of its first required type, else of its first."""
    service, _, name = action.partition(":")
    found = catalog_action(service, name)
    types = () if found is None else found.resources
    first = next((each for each in types if each.required), next(iter(types), None))
    declared = None if first is None else resource_type(service, first.name)
    if declared is None:
        yield "*"
        return
    for region in scene.regions:
        values = {"Partition": scene.partition, "Region": region, "Account": scene.account_id}
        yield _filled(declared.arn, values)
        if "${Region}" not in declared.arn:
            return


def _filled(template: str, values: dict[str, str]) -> str:
    """Return an ARN template with what is known in place; what is not is open."""
    text = template
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    parts = text.split("${")
    return parts[0] + "".join("?*" + part.partition("}")[2] for part in parts[1:])


def _access(scene: Scene, holder: Holder, action: str, resource: str) -> Access:
    role = scene.holders.by_arn.get(resource) if action == _ASSUME else None
    if role is None:
        return scene.decider.access(holder, action, resource)
    trust = trust_of(role)
    return (
        Access(Reach.NONE) if trust is None else scene.decider.access(holder, action, resource, resource_policy=trust)
    )


def _known(action: str) -> str:
    service, colon, name = action.partition(":")
    if not colon or not service_exists(service.lower()):
        near = nearest_service(service)
        hint = f"; did you mean {near}:{name or '...'}?" if near else "; write it as sagemaker:CreateEndpoint"
        raise UsageError(f"there is no action {action!r}{hint}")
    found = catalog_action(service.lower(), name)
    if found is None:
        near = nearest_action(service.lower(), name)
        raise UsageError(f"there is no action {action!r}" + (f"; did you mean {service}:{near}?" if near else ""))
    return found.id


def _holder(scene: Scene, principal: str) -> Holder:
    holders = scene.holders.by_arn
    if principal in holders:
        return holders[principal]
    named = [each for each in holders.values() if each.name == principal]
    if len(named) == 1:
        return named[0]
    if len(named) > 1:
        raise UsageError(f"{principal} is the name of {named[0].arn} and {named[1].arn}; give the ARN")
    from difflib import get_close_matches

    near = get_close_matches(principal.rpartition("/")[2], [each.name for each in holders.values()], n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise UsageError(f"there is no role or user {principal} in account {scene.account_id}{hint}")
