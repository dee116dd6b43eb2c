"""SAM's transform: what each resource of SAM's comes to, and what its references mean.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
What can't be written out, such as a connector to a resource that isn't in the template, stays as it is, and so is
reported as a resource of which nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preflight.documents.cloudformation.sam.apis import http_api, rest_api, stage_of
from preflight.documents.cloudformation.sam.capacity_providers import capacity_provider
from preflight.documents.cloudformation.sam.connectors import connected, connectors
from preflight.documents.cloudformation.sam.events import IMPLICIT, api_of, events
from preflight.documents.cloudformation.sam.functions import alias_of, function
from preflight.documents.cloudformation.sam.graphql_apis import graphql_api
from preflight.documents.cloudformation.sam.resource import (
    Serverless,
    Written,
    arn_of,
    filled_in,
    is_intrinsic,
    location,
    made,
    map_in,
    none_where,
    referred,
    tags_of,
)  # fmt: skip
from preflight.documents.cloudformation.sam.roles import role
from preflight.documents.cloudformation.sam.websocket_apis import websocket_api
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
    conditions: dict[str, Any] = {}
    origins: dict[str, str] = {}
    names: dict[str, str] = {}
    for one, resource, origin in _serverless(value, given):
        names.update(_referable(one))
        for id_, each in _written(one):
            kept = _conditional(each.get("Condition"), resource.get("Condition"), conditions)
            if id_ == one.id:
                kept |= {
                    name: each
                    for name, each in resource.items()
                    if name not in ("Type", "Properties", "Connectors", "Condition")
                }
            # A role or an application that several share is made where any of them is.
            before = written.get(id_)
            if before is not None and before.get("Condition") != kept.get("Condition"):
                before.pop("Condition", None)
            elif id_ == one.id or (id_ not in given and before is None):
                written[id_] = {**each, **kept}
                origins.setdefault(id_, f"/Resources/{escape(origin)}")
    resources = {name: written.pop(name, each) for name, each in given.items()} | written
    resources = _with_connectors(resources, given, origins)
    whole = {**value, "Resources": resources}
    if conditions:
        whole["Conditions"] = {**conditions, **(value.get("Conditions") or {})}
    return Transformed(_renamed(whole, names) if names else whole, origins)


def _conditional(own: Any, of_all: Any, conditions: dict[str, Any]) -> dict[str, Any]:
    """Return the condition of a resource that is made where `own` holds, of one that is made where `of_all` does; what
    has no name yet is added to `conditions`.
    """
    if isinstance(own, dict):
        negated = own["Fn::Not"][0]["Condition"]
        conditions[f"NOT{negated}"] = own
        own = f"NOT{negated}"
    if own is not None and of_all is not None:
        conditions[f"{of_all}AND{own}"] = {"Fn::And": [{"Condition": of_all}, {"Condition": own}]}
        own = f"{of_all}AND{own}"
    condition = of_all if own is None else own
    return {} if condition is None else {"Condition": condition}


def _serverless(
    value: Mapping[str, Any], given: Mapping[str, Any]
) -> Iterator[tuple[Serverless, Mapping[str, Any], str]]:
    """Give the resources of SAM's, the APIs that events ask for among them, with what stands for each and where."""
    shared = value.get("Globals") or {}
    parameters = map_in(value, "Parameters").items()
    defaults = {name: each["Default"] for name, each in parameters if isinstance(each, dict) and "Default" in each}
    implicit: dict[str, str] = {}
    for name, resource in given.items():
        kind = str(resource.get("Type", "")) if isinstance(resource, dict) else ""
        own = resource.get("Properties", {}) if kind.startswith(_PREFIX) else None
        if not isinstance(own, dict):
            continue
        kind = kind.removeprefix(_PREFIX)
        one = Serverless(name, kind, _merged(map_in(shared, kind), own), given, defaults)
        yield one, resource, name
        for event in one.map_of("Events").values() if kind in ("Function", "StateMachine") else ():
            type_ = str(event.get("Type")) if isinstance(event, dict) else ""
            if type_ in IMPLICIT and referred(api_of(type_, map_in(event, "Properties"))) == IMPLICIT[type_]:
                implicit.setdefault(type_, name)
    for kind, name in implicit.items():
        if IMPLICIT[kind] not in given:
            yield Serverless(IMPLICIT[kind], kind, map_in(shared, kind), given, defaults), {}, name


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
            RoleArn=filled_in(given.get("Role"), arn_of(f"{one.id}Role")) or arn_of(f"{one.id}Role"),
            LoggingConfiguration=given.get("Logging"),
            TracingConfiguration=tracing if isinstance(tracing, dict) else None,
            Tags=tags_of(given.get("Tags"), "stateMachine"),
        ),
    )
    if alias := given.get("AutoPublishAlias"):
        yield f"{one.id}Version", made("AWS::StepFunctions::StateMachineVersion", StateMachineArn={"Ref": one.id})
        yield alias_of(one), made("AWS::StepFunctions::StateMachineAlias", Name=alias)


_WRITERS: Mapping[str, tuple[Callable[[Serverless], Written], ...]] = {
    "Function": (function, role, events),
    "StateMachine": (_state_machine, role, events),
    "Api": (rest_api,),
    "HttpApi": (http_api,),
    "SimpleTable": (_table,),
    "LayerVersion": (_layer,),
    "Application": (_application,),
    "GraphQLApi": (graphql_api,),
    "WebSocketApi": (websocket_api,),
    "CapacityProvider": (capacity_provider,),
}


def _referable(one: Serverless) -> Iterator[tuple[str, str]]:
    """Give what a template may call the resources that SAM makes of one: `Fn.Alias`, `Api.Stage`."""
    if one.kind == "Function" and one.properties.get("AutoPublishAlias"):
        yield f"{one.id}.Alias", alias_of(one)
        yield f"{one.id}.Version", f"{one.id}Version"
    if one.kind == "Function":
        for name, each in map_in(one.map_of("EventInvokeConfig"), "DestinationConfig").items():
            made_by_sam = isinstance(each, dict) and ("Destination" not in each or none_where(each["Destination"]))
            if made_by_sam and each.get("Type") in ("SQS", "SNS"):
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


def _with_connectors(resources: dict[str, Any], given: Mapping[str, Any], origins: dict[str, str]) -> dict[str, Any]:
    """Return resources with what connectors come to in their place; one that can't be written out stays as it is."""
    replaced: dict[str, list[str]] = {}
    found = dict(resources)
    for one in connectors(given):
        written = connected(one, resources)
        if written is None:
            # What SAM calls its policies is not known, then: DependsOn may name them.
            found[one.id] = {"Type": _CONNECTOR, "Properties": map_in(one.given, "Properties")}
            replaced[one.id] = []
        else:
            found.pop(one.id, None)
            found |= {id_: each for id_, each in written.items() if id_ not in given}
            replaced[one.id] = list(written)
        place = f"{escape(one.within)}/Connectors/{escape(one.id.removeprefix(one.within))}"
        for id_ in written or (one.id,):
            origins.setdefault(id_, f"/Resources/{place if one.within else escape(one.id)}")
    return {name: _depending(each, replaced, found) for name, each in found.items()} if replaced else found


def _depending(resource: Any, replaced: Mapping[str, list[str]], resources: Mapping[str, Any]) -> Any:
    """Return a resource that depends on what is made of connectors rather than on them."""
    depends = resource.get("DependsOn") if isinstance(resource, dict) else None
    listed = [depends] if isinstance(depends, str) else depends
    if not isinstance(listed, list):
        return resource
    unwritten = tuple(name for name, each in replaced.items() if not each)
    kept = [other for each in listed for other in replaced.get(str(each), [each])]
    kept = [each for each in kept if each in resources or not (unwritten and str(each).startswith(unwritten))]
    return {**resource, "DependsOn": kept}
