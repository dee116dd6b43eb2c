"""SAM's transform: what each resource of SAM's comes to, and what its references mean.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
A type that SAM has and that is not written out here (a connector, a GraphQL API) stays as it is, and so is reported as
a resource of which nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preflight.documents.cloudformation.sam.apis import http_api, rest_api, stage_of
from preflight.documents.cloudformation.sam.events import IMPLICIT, api_of, events
from preflight.documents.cloudformation.sam.functions import alias_of, function
from preflight.documents.cloudformation.sam.resource import (
    Serverless,
    Written,
    arn_of,
    is_intrinsic,
    location,
    made,
    map_in,
    referred,
    tags_of,
)  # fmt: skip
from preflight.documents.cloudformation.sam.roles import role
from preflight.json_pointer import escape

_PREFIX = "AWS::Serverless::"
_CONNECTOR = f"{_PREFIX}Connector"
_PLACE = re.compile(r"\$\{([A-Za-z0-9]+\.[A-Za-z]+)\}")


@dataclass(frozen=True, slots=True)
class Transformed:
    """A template as CloudFormation gets it, and where what stands for each resource that SAM made is written."""

    value: dict[str, Any]
    origins: Mapping[str, str]


def transformed(value: Mapping[str, Any]) -> Transformed:
    """Return a template with what SAM makes of its resources."""
    given = value.get("Resources") or {}
    written: dict[str, Any] = {}
    origins: dict[str, str] = {}
    names: dict[str, str] = {}
    for one, resource, origin in _serverless(value, given):
        names.update(_referable(one))
        for id_, each in _written(one):
            kept = {name: resource[name] for name in ("Condition",) if name in resource}
            if id_ == one.id:
                kept |= {
                    name: each for name, each in resource.items() if name not in ("Type", "Properties", "Connectors")
                }
            # A role or an application that several share is made where any of them is.
            before = written.get(id_)
            if before is not None and before.get("Condition") != kept.get("Condition"):
                before.pop("Condition", None)
            elif id_ == one.id or (id_ not in given and before is None):
                written[id_] = {**each, **kept}
                origins.setdefault(id_, f"/Resources/{escape(origin)}")
    resources = {name: written.pop(name, each) for name, each in given.items()} | written
    connected = list(_connectors(given))
    for id_, name, each in connected:
        resources.setdefault(id_, {"Type": _CONNECTOR, "Properties": map_in(each, "Properties")})
        origins.setdefault(id_, f"/Resources/{escape(name)}/Connectors/{escape(id_.removeprefix(name))}")
    resources = _without_connectors(resources)
    whole = {**value, "Resources": resources}
    return Transformed(_renamed(whole, names) if names else whole, origins)


def _serverless(
    value: Mapping[str, Any], given: Mapping[str, Any]
) -> Iterator[tuple[Serverless, Mapping[str, Any], str]]:
    """Give the resources of SAM's, the APIs that events ask for among them, with what stands for each and where."""
    shared = value.get("Globals") or {}
    implicit: dict[str, str] = {}
    for name, resource in given.items():
        kind = str(resource.get("Type", "")) if isinstance(resource, dict) else ""
        own = resource.get("Properties", {}) if kind.startswith(_PREFIX) else None
        if not isinstance(own, dict):
            continue
        kind = kind.removeprefix(_PREFIX)
        one = Serverless(name, kind, _merged(map_in(shared, kind), own), given)
        yield one, resource, name
        for event in one.map_of("Events").values() if kind in ("Function", "StateMachine") else ():
            type_ = event.get("Type") if isinstance(event, dict) else None
            if type_ in IMPLICIT and referred(api_of(type_, map_in(event, "Properties"))) == IMPLICIT[type_]:
                implicit.setdefault(type_, name)
    for kind, name in implicit.items():
        if IMPLICIT[kind] not in given:
            yield Serverless(IMPLICIT[kind], kind, map_in(shared, kind), given), {}, name


def _merged(shared: Any, own: Any) -> Any:
    """Return properties with what Globals adds: objects are merged, lists joined, all else is the resource's own.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
    """
    if isinstance(shared, list) and isinstance(own, list):
        return [*shared, *own]
    if isinstance(shared, dict) and isinstance(own, dict) and not is_intrinsic(shared) and not is_intrinsic(own):
        return {
            **shared,
            **{name: _merged(shared[name], each) if name in shared else each for name, each in own.items()},
        }
    return own


def _written(one: Serverless) -> Written:
    writers = _WRITERS.get(one.kind, ())
    for write in writers:
        yield from write(one)


def _table(one: Serverless) -> Written:
    key = one.map_of("PrimaryKey") or {"Name": "id", "Type": "String"}
    letter = {"String": "S", "Number": "N", "Binary": "B"}.get(str(key.get("Type")), key.get("Type"))
    through = one.properties.get("ProvisionedThroughput")
    yield (
        one.id,
        made(
            "AWS::DynamoDB::Table",
            TableName=one.properties.get("TableName"),
            AttributeDefinitions=[{"AttributeName": key.get("Name"), "AttributeType": letter}],
            KeySchema=[{"AttributeName": key.get("Name"), "KeyType": "HASH"}],
            ProvisionedThroughput=through,
            BillingMode=None if through else "PAY_PER_REQUEST",
            SSESpecification=one.properties.get("SSESpecification"),
            PointInTimeRecoverySpecification=one.properties.get("PointInTimeRecoverySpecification"),
            Tags=tags_of(one.properties.get("Tags"), ""),
        ),
    )


def _layer(one: Serverless) -> Written:
    # The layer's id ends in a hash of its properties; it is kept as it is written, and so are references to it.
    content = location(one.properties.get("ContentUri"))
    members = one.members("ContentUri", "RetentionPolicy", "PublishLambdaVersion")
    members.setdefault("LayerName", one.id)
    yield one.id, made("AWS::Lambda::LayerVersion", **members, Content=content)


def _application(one: Serverless) -> Written:
    where = one.properties.get("Location")
    members = one.members("Location", "Tags")
    if not isinstance(where, dict):
        members["TemplateURL"] = where
    yield one.id, made("AWS::CloudFormation::Stack", **members, Tags=tags_of(one.properties.get("Tags"), ""))


def _state_machine(one: Serverless) -> Written:
    given = one.properties
    tracing = given.get("Tracing")
    definition = given.get("Definition")
    own = one.members("Definition", "DefinitionUri", "Name", "Type", "Role", "RoleArn", "Policies", "Events", "Tags",
                      "Tracing", "Logging", "PermissionsBoundary", "RolePath", "AutoPublishAlias", "PropagateTags",
                      "DeploymentPreference", "UseAliasAsEventTarget", "AssumeRolePolicyDocument")  # fmt: skip
    yield (
        one.id,
        made(
            "AWS::StepFunctions::StateMachine",
            **own,
            Definition=definition,
            DefinitionS3Location=location(given.get("DefinitionUri"), "Bucket", "Key", "Version"),
            StateMachineName=given.get("Name"),
            StateMachineType=given.get("Type"),
            RoleArn=given.get("Role") or arn_of(f"{one.id}Role"),
            LoggingConfiguration=given.get("Logging"),
            TracingConfiguration=tracing if isinstance(tracing, dict) else None,
            Tags=tags_of(given.get("Tags"), "stateMachine"),
        ),
    )
    if alias := given.get("AutoPublishAlias"):
        yield f"{one.id}Version", made("AWS::StepFunctions::StateMachineVersion", StateMachineArn={"Ref": one.id})
        yield f"{one.id}Alias{alias}", made("AWS::StepFunctions::StateMachineAlias", Name=alias)


_WRITERS: Mapping[str, tuple[Callable[[Serverless], Written], ...]] = {
    "Function": (function, role, events),
    "StateMachine": (_state_machine, role, events),
    "Api": (rest_api,),
    "HttpApi": (http_api,),
    "SimpleTable": (_table,),
    "LayerVersion": (_layer,),
    "Application": (_application,),
}


def _referable(one: Serverless) -> Iterator[tuple[str, str]]:
    """Give what a template may call the resources that SAM makes of one: `Fn.Alias`, `Api.Stage`."""
    if one.kind == "Function" and isinstance(one.properties.get("AutoPublishAlias"), str):
        yield f"{one.id}.Alias", alias_of(one)
        yield f"{one.id}.Version", f"{one.id}Version"
    if one.kind == "Function":
        for name, each in map_in(one.map_of("EventInvokeConfig"), "DestinationConfig").items():
            if isinstance(each, dict) and "Destination" not in each and each.get("Type") in ("SQS", "SNS"):
                title = "Queue" if each["Type"] == "SQS" else "Topic"
                yield f"{one.id}.Destination{title}", f"{one.id}EventInvokeConfig{name}{title}"
    if one.kind in ("Api", "HttpApi"):
        yield f"{one.id}.Stage", stage_of(one)
    if one.kind == "Api":
        yield f"{one.id}.Deployment", f"{one.id}Deployment"


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return a value with the references to what SAM makes as CloudFormation gets them."""
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((function_, argument),) = value.items()
        if function_ == "Ref" and isinstance(argument, str):
            return {"Ref": names.get(argument, argument)}
        if function_ == "Fn::GetAtt":
            return {"Fn::GetAtt": _attribute(argument, names)}
        if function_ == "Fn::Sub":
            text, rest = (argument[0], argument[1:]) if isinstance(argument, list) and argument else (argument, None)
            if isinstance(text, str):
                text = _PLACE.sub(lambda match: f"${{{names.get(match[1], match[1])}}}", text)
            return {"Fn::Sub": text if rest is None else [text, *_renamed(rest, names)]}
    return {name: _renamed(each, names) for name, each in value.items()}


def _attribute(argument: Any, names: Mapping[str, str]) -> Any:
    parts = argument.split(".") if isinstance(argument, str) else argument
    if not isinstance(parts, list) or not all(isinstance(each, str) for each in parts):
        return _renamed(argument, names)
    first, *rest = ".".join(parts).split(".")
    if len(rest) > 1 and (found := names.get(f"{first}.{rest[0]}")):
        return [found, ".".join(rest[1:])]
    return argument


def _connectors(resources: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for name, resource in list(resources.items()):
        for connector, each in map_in(resource, "Connectors").items():
            yield f"{name}{connector}", name, each


def _without_connectors(resources: dict[str, Any]) -> dict[str, Any]:
    """Leave out of DependsOn what is made of connectors, of which the names are not written out."""
    known = tuple(name for name, each in resources.items() if isinstance(each, dict) and each.get("Type") == _CONNECTOR)
    if not known:
        return resources
    found: dict[str, Any] = {}
    for name, each in resources.items():
        depends = each.get("DependsOn") if isinstance(each, dict) else None
        listed = [depends] if isinstance(depends, str) else depends
        if isinstance(listed, list):
            kept = [one for one in listed if one in resources or not str(one).startswith(known)]
            each = {**each, "DependsOn": kept}
        found[name] = each
    return found
