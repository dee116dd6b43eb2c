"""`AWS::Serverless::Connector`, and the `Connectors` of a resource: the policies and permissions between two resources.

What a connector grants is SAM's own data, `rules/stacks/sam-connector-profiles.json`.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/reference-sam-connector.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preflight.data_files import declared_json
from preflight.documents.cloudformation.sam.resource import Written, is_intrinsic, made, map_in

_TYPE = "AWS::Serverless::Connector"
# What a connector's end may be called by, besides its type in the template that CloudFormation gets.
_SERVERLESS = {"AWS::Serverless::Function": "AWS::Lambda::Function",
               "AWS::Serverless::StateMachine": "AWS::StepFunctions::StateMachine",
               "AWS::Serverless::Api": "AWS::ApiGateway::RestApi",
               "AWS::Serverless::HttpApi": "AWS::ApiGatewayV2::Api",
               "AWS::Serverless::SimpleTable": "AWS::DynamoDB::Table"}  # fmt: skip
_BLANK = re.compile(r"%\{([A-Za-z.]+)\}")
_KEPT = ("Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy")


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector by its id, and where it is written: `within` is the resource that it is embedded in, or empty."""

    id: str
    given: Mapping[str, Any]
    within: str = ""

    @property
    def source(self) -> Mapping[str, Any]:
        """What the connector goes out from."""
        own = map_in(self.given, "Properties")
        return {"Id": self.within, **map_in(own, "SourceReference")} if self.within else map_in(own, "Source")


def connectors(resources: Mapping[str, Any]) -> Iterator[Connector]:
    """Give the connectors of a template, those that are embedded in a resource among them."""
    for name, resource in resources.items():
        if not isinstance(resource, dict):
            continue
        if resource.get("Type") == _TYPE:
            yield Connector(name, resource)
        for embedded, each in map_in(resource, "Connectors").items():
            if isinstance(each, dict):
                condition = {"Condition": resource["Condition"]} if "Condition" in resource else {}
                yield Connector(f"{name}{embedded}", {**condition, **each}, name)


def connected(one: Connector, resources: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what SAM makes of a connector, by logical id; None where it can't be told, or SAM would refuse it.

    `resources` are those of the template as CloudFormation gets it.
    """
    own = map_in(one.given, "Properties")
    targets = own.get("Destination")
    several = isinstance(targets, list)
    found: dict[str, Any] = {}
    for at, target in enumerate(targets if isinstance(targets, list) else [targets]):
        ends = _end(one.source, target, resources), _end(target, one.source, resources)
        profile = map_in(map_in(_profiles()["permissions"], ends[0].get("Type", "")), ends[1].get("Type", ""))
        suffix = f"Destination{at}" if several else ""
        written = dict(_granted(one.id, suffix, profile, ends, own.get("Permissions")))
        if not written:
            return None
        found |= written
    return {id_: {**each, **{name: one.given[name] for name in _KEPT if name in one.given}}
            for id_, each in found.items()}  # fmt: skip


def _end(given: Any, other: Any, resources: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return one end of a connector by what its profile calls it: Type, Arn, RoleName, QueueUrl, ResourceId, Name."""
    if not isinstance(given, dict):
        return {}
    if "Id" not in given:
        return {**given, "Type": _SERVERLESS.get(str(given.get("Type")), given.get("Type"))}
    resource = resources.get(given["Id"]) if isinstance(given["Id"], str) else None
    if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
        return {}
    declared = map_in(_profiles()["resources"], resource["Type"])
    told = _filled(map_in(declared, "Outputs"), {"logicalId": given["Id"]})
    role = map_in(declared, "Inputs").get("Role")
    properties = map_in(resource, "Properties")
    value = properties.get(role) if isinstance(role, str) else _role_of_target(properties, other) if role else None
    named = _logical_id(value)
    return {
        "Type": resource["Type"],
        "Arn": told.get("Arn"),
        "QueueUrl": told.get("Url"),
        "ResourceId": told.get("Id"),
        "Name": told.get("Name"),
        "Qualifier": given.get("Qualifier", told.get("Qualifier")),
        "RoleName": {"Ref": named} if named else None,
    }


def _role_of_target(properties: Mapping[str, Any], other: Any) -> Any:
    wanted = other if isinstance(other, dict) else {}
    for target in properties.get("Targets") or ():
        arn = target.get("Arn") if isinstance(target, dict) else None
        if arn is not None and (_logical_id(arn) == wanted.get("Id", "") or arn == wanted.get("Arn")):
            return target.get("RoleArn")
    return None


def _logical_id(value: Any) -> str:
    if not is_intrinsic(value):
        return ""
    ((name, argument),) = value.items()
    if name == "Fn::GetAtt":
        argument = argument[0] if isinstance(argument, list) and argument else str(argument).partition(".")[0]
    return argument if name in ("Ref", "Fn::GetAtt") and isinstance(argument, str) else ""


def _granted(
    id_: str, suffix: str, profile: Mapping[str, Any], ends: tuple[Mapping[str, Any], Mapping[str, Any]], asked: Any
) -> Written:
    """Give what a profile writes between two ends; nothing where what it needs isn't known."""
    properties = map_in(profile, "Properties")
    values = {f"{end}.{name}": each for end, told in zip(("Source", "Destination"), ends, strict=True)
              for name, each in told.items() if each is not None}  # fmt: skip
    wanted = {name: _filled(each, values) for name, each in map_in(properties, "AccessCategories").items()
              if isinstance(asked, list) and name in asked}  # fmt: skip
    if not wanted or _BLANK.search(json.dumps(wanted)):
        return
    holder = ends[0] if properties.get("SourcePolicy") else ends[1]
    kind = profile.get("Type")
    if kind == "AWS_LAMBDA_PERMISSION" and holder.get("Arn"):
        for name, each in wanted.items():
            permission = made("AWS::Lambda::Permission", FunctionName=holder["Arn"], **each)
            yield f"{id_}{name}LambdaPermission{suffix}", permission
        return
    statements = [statement for each in wanted.values() for statement in each.get("Statement", ())]
    document = {"Version": "2012-10-17", "Statement": statements}
    if kind == "AWS_IAM_ROLE_MANAGED_POLICY" and holder.get("RoleName"):
        policy = made("AWS::IAM::ManagedPolicy", PolicyDocument=document, Roles=[holder["RoleName"]])
        yield f"{id_}Policy{suffix}", policy
    elif kind == "AWS_SQS_QUEUE_POLICY" and holder.get("QueueUrl"):
        queues = [holder["QueueUrl"]]
        yield f"{id_}QueuePolicy{suffix}", made("AWS::SQS::QueuePolicy", PolicyDocument=document, Queues=queues)
    elif kind == "AWS_SNS_TOPIC_POLICY" and holder.get("Arn"):
        topics = [holder["Arn"]]
        yield f"{id_}TopicPolicy{suffix}", made("AWS::SNS::TopicPolicy", PolicyDocument=document, Topics=topics)


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    """Return a value of a profile with its blanks filled in: `%{Source.Arn}`."""
    if isinstance(value, dict):
        return {name: _filled(each, values) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, values) for each in value]
    if not isinstance(value, str):
        return value
    whole = _BLANK.fullmatch(value)
    if whole:
        return values.get(whole[1], value)
    named = {match[1].replace(".", ""): values[match[1]] for match in _BLANK.finditer(value) if match[1] in values}
    text = _BLANK.sub(
        lambda match: f"${{{match[1].replace('.', '')}}}" if match[1] in values else match[0],
        value,
    )
    if "${" not in text:
        return text
    plain = {name: each for name, each in named.items() if isinstance(each, str)}
    for name, each in plain.items():
        text = text.replace(f"${{{name}}}", each)
    named = {name: each for name, each in named.items() if name not in plain}
    return {"Fn::Sub": [text, named] if named else text}


def _profiles() -> Mapping[str, Any]:
    found: Mapping[str, Any] = declared_json("stacks/sam-connector-profiles")
    return found
