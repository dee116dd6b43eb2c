"""What CloudFormation needs to be allowed for a resource: by its type's handlers, its properties, and by hand.

Needed and denied is a failure; perhaps needed and denied is open. Handlers list more than one resource needs, so what
the properties do not call for is not needed; what the names do not tell is perhaps needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from preflight.catalog.nearest import nearest
from preflight.declared.stack_data import (
    Decided,
    HandlerPermission,
    StackType,
    all_stack_types,
    decided_of,
    passed_to,
    stack_type,
)
from preflight.documents.plans.plan import PlannedResource
from preflight.readiness.derived.need import By, Certainty, DerivedNeed
from preflight.readiness.derived.passed_roles import roles_named
from preflight.readiness.derived.properties import Set, any_set, leaves, values_at
from preflight.unresolved import DeployText

_CUSTOM = ("Custom::", "AWS::CloudFormation::CustomResource")
_TEXTS = (str, int, list)
_CERTAINTY: Mapping[Set, Certainty] = {"set": "needed", "unset": "not-needed", "unknown": "maybe"}


def needs_of(resource: PlannedResource) -> tuple[tuple[DerivedNeed, ...] | None, str]:
    """Return the permissions that a resource needs, may need or does not need; None where nothing is known of its type,
    with the reason.
    """
    if resource.type.startswith(_CUSTOM):
        found = _custom(resource)
        return found, "" if found is not None else "what its ServiceToken names is not known before deployment"
    known = stack_type(resource.type)
    if known is None:
        return None, _unknown(resource.type)
    needs = tuple(_Needs(resource, known).all())
    if not needs:
        return None, f"AWS doesn't publish the permissions to {resource.handler} a resource of type {resource.type}"
    return needs, ""


def _unknown(type_: str) -> str:
    if type_.endswith("::MODULE"):
        return f"only CloudFormation knows what the module {type_} creates"
    if type_.startswith("AWS::Serverless::"):
        return f"SAM has no type {type_}, or the template lacks Transform: AWS::Serverless-2016-10-31"
    if type_.startswith("AWS::"):
        meant = nearest(type_, all_stack_types())
        return f"preflight doesn't know which permissions the type {type_} needs" + (
            f"; did you mean {meant}?" if meant else ""
        )
    return f"{type_} isn't an AWS type, and preflight doesn't know what it needs"


class _Needs:
    def __init__(self, resource: PlannedResource, known: StackType) -> None:
        self._resource, self._known = resource, known
        self._properties = resource.properties if resource.handler != "update" else _changed(resource)
        self._values = {name: each for name, each in resource.properties.items() if isinstance(each, _TEXTS)}
        self._tagged = bool(resource.tags) or (
            known.tags is not None and any_set(self._properties, (known.tags,))[0] == "set"
        )

    def all(self) -> Iterator[DerivedNeed]:
        handler = self._resource.handler
        if self._resource.replaces:
            old = replace(self._resource, handler="delete", replaces=False, properties=self._resource.before)
            yield from _Needs(old, self._known).all()
        decided = {each.action: each for each in decided_of(self._known.name) if each.handler == handler}
        seen = set()
        for listed in self._known.listed(handler):
            seen.add(listed.action)
            yield from self._decided(decided[listed.action]) if listed.action in decided else self._listed(listed)
        for action, each in decided.items():
            if action not in seen:
                yield from self._decided(each)

    def _decided(self, each: Decided) -> Iterator[DerivedNeed]:
        if each.action == "iam:PassRole" and each.when:
            yield from self._roles(each.action, each.when, "override")
            return
        certainty: Certainty = each.always or "needed"
        why = "by " + each.source
        found, path = any_set(self._properties, each.when) if each.when else ("set", "")
        if found != "set":
            certainty = "not-needed" if found == "unset" else "maybe"
            why = f"{' and '.join(each.when)} not set" if found == "unset" else f"{path} depends on a condition"
        elif path:
            why = f"{path} is set"
        if each.unless and certainty != "not-needed":
            other, path = any_set(self._properties, each.unless)
            if other == "set":
                certainty, why = "not-needed", f"{path} is set, so another call is made"
        tagged = certainty != "not-needed" and each.action == self._known.core(self._resource.handler)
        yield self._need(each.action, certainty, "override", why, path, on=each.on, tagged=tagged)

    def _listed(self, each: HandlerPermission) -> Iterator[DerivedNeed]:
        match each.purpose:
            case "core":
                yield self._need(
                    each.action, "needed", "core", f"it {self._resource.handler}s the resource", tagged=True
                )
            case "role":
                yield from self._roles(each.action, each.paths, "role")
            case "tag":
                yield self._need(each.action, *self._tags(), tagged=True)
            case "property":
                found, path = any_set(self._properties, each.paths)
                why = f"{path} is set" if path else f"{' and '.join(each.paths)} not set"
                yield self._need(each.action, _CERTAINTY[found], "property", why, path)
            case "if":
                found, path = any_set(self._properties, each.paths)
                certainty: Certainty = "not-needed" if found == "unset" else "maybe"
                why = f"{path} is set" if path else f"no property that needs it is set ({', '.join(each.paths[:3])})"
                yield self._need(each.action, certainty, "property", why, path)
            case "never":
                yield self._need(each.action, "not-needed", "rule", "it deletes, and the resource is created")
            case _:
                yield self._need(each.action, "maybe", "rule", "the handler of the type lists it")

    def _roles(self, action: str, paths: tuple[str, ...], by: By) -> Iterator[DerivedNeed]:
        """Give one need for each role that the properties name."""
        found, _ = any_set(self._properties, paths)
        if found == "unset":
            yield self._need(action, "not-needed", by, f"{' and '.join(paths[:3])} not set")
            return
        service = passed_to(self._resource.type)
        roles: dict[str, str] = {}
        for path in paths:
            for value in values_at(self._properties, path):
                if isinstance(value, str) and value and not _of_the_caller(value):
                    roles.setdefault(value, path)
                elif isinstance(value, dict):
                    for member, role in roles_named(value, (path,)):
                        roles.setdefault(role, f"{path}.{member}")
        for role, path in roles.items():
            certainty: Certainty = "needed" if found == "set" else "maybe"
            profile = path.rpartition(".")[2].lower().endswith("instanceprofile")
            passed = (
                DeployText.unknown(f"the role of the instance profile {DeployText(role).shown}") if profile else role
            )
            yield DerivedNeed(
                action, certainty, by, f"{path} names a role", passed=passed, own=False,
                context={"iam:PassedToService": f"'{service}.amazonaws.com'"} if service else {},
            )  # fmt: skip

    def _need(
        self, action: str, certainty: Certainty, by: By, why: str, path: str = "", *, on: str | None = None,
        tagged: bool = False,
    ) -> DerivedNeed:  # fmt: skip
        values: Mapping[str, Any] = self._values
        own = action.partition(":")[0] == self._prefix
        if path and not own:
            values = {**leaves(self._properties, path)}
        elif path:
            values = {**self._values, **leaves(self._properties, path)}
        return DerivedNeed(action, certainty, by, why, values=values, on=on, own=own, tagged=tagged)

    @property
    def _prefix(self) -> str:
        for handler in ("create", "update", "delete"):
            if core := self._known.core(handler):
                return core.partition(":")[0]
        decided = decided_of(self._known.name)
        return decided[0].action.partition(":")[0] if decided else ""

    def _tags(self) -> tuple[Certainty, By, str]:
        if self._tagged:
            return "needed", "tag", "tags are set"
        if self._resource.tags is None:
            return "maybe", "tag", "the stack's tags are not known"
        return "not-needed", "tag", "no tags are set"


def _of_the_caller(role: str) -> bool:
    """Say whether a value stands for the credentials of whoever calls an API, which are passed to nothing.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-method-integration.html
    """
    return role.startswith("arn:") and ":user/" in role


def _changed(resource: PlannedResource) -> dict[str, Any]:
    """Return the properties that an update changes, those that it takes away with what they were."""
    names = [*resource.properties, *(name for name in resource.before if name not in resource.properties)]
    found = {name: resource.properties.get(name, resource.before.get(name)) for name in names}
    return {name: value for name, value in found.items() if resource.properties.get(name) != resource.before.get(name)}


def _custom(resource: PlannedResource) -> tuple[DerivedNeed, ...] | None:
    """Return what a custom resource needs: its function invoked, or its topic published to.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
    """
    token = resource.properties.get("ServiceToken")
    if not isinstance(token, str):
        return None
    action = next((name for service, name in _TOKENS.items() if f":{service}:" in token), None)
    if action is not None:
        return (DerivedNeed(action, "needed", "rule", "its ServiceToken is called", on=token, own=False),)
    if DeployText.partial(token) is None:
        return None
    why = "its ServiceToken isn't known before deployment"
    return tuple(DerivedNeed(name, "maybe", "rule", why, own=False) for name in _TOKENS.values())


_TOKENS = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish"}
