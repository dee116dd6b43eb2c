"""The events of a function or state machine: the rules, subscriptions and mappings that SAM makes, with permissions.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources-function.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from preflight.documents.cloudformation.sam.functions import alias_of
from preflight.documents.cloudformation.sam.resource import (
    Serverless,
    Written,
    arn_of,
    made,
    map_in,
    referred,
    suffixed,
)
from preflight.documents.cloudformation.sam.roles import trust_of

IMPLICIT = {"Api": "ServerlessRestApi", "HttpApi": "ServerlessHttpApi"}
"""The API that SAM makes for events that name none, by the kind of the event."""

_PULLED = ("SQS", "Kinesis", "DynamoDB", "MSK", "MQ", "SelfManagedKafka", "DocumentDB")
# What an event calls its source, by the kind of the event; else it is called as the mapping calls it.
_SOURCES = {"SQS": "Queue", "Kinesis": "Stream", "DynamoDB": "Stream", "MSK": "Stream", "MQ": "Broker",
            "DocumentDB": "Cluster"}  # fmt: skip
# What of an event is not the mapping's, and what the mapping calls otherwise.
_MQ_QUEUES = {"DynamicPolicyName": None, "ConsumerGroupId": None, "DatabaseName": None}
_RULES = ("Schedule", "CloudWatchEvent", "EventBridgeRule")


def events(one: Serverless) -> Written:
    """Give what SAM makes of the events of a function or state machine."""
    for name, event in one.map_of("Events").items():
        if isinstance(event, dict) and isinstance(event.get("Type"), str):
            yield from _event(one, f"{one.id}{name}", event["Type"], map_in(event, "Properties"))


def api_of(kind: str, given: Mapping[str, Any]) -> Any:
    """Return the API that an event of kind `Api` or `HttpApi` names, as it is written; that of SAM's own if none."""
    return given.get("RestApiId" if kind == "Api" else "ApiId", {"Ref": IMPLICIT[kind]})


def _event(one: Serverless, id_: str, kind: str, given: Mapping[str, Any]) -> Written:
    if one.kind == "StateMachine":
        yield from _starting(one, id_, kind, given)
    elif kind in _PULLED:
        yield id_, _mapping(one, kind, given)
    elif kind in _RULES:
        yield id_, _rule(kind, given, {"Arn": _target_arn(one), "Id": f"{id_}LambdaTarget"})
        yield f"{id_}Permission", _permission(one, "events", arn_of(id_))
        yield from _queue_of(id_, given)
    elif kind == "ScheduleV2":
        yield from _schedule(id_, given, _target_arn(one), "lambda:InvokeFunction")
    elif kind == "SNS":
        yield from _subscription(one, id_, given)
    elif kind == "S3":
        yield f"{id_}Permission", _permission(one, "s3", None, SourceAccount={"Ref": "AWS::AccountId"})
    elif kind == "CloudWatchLogs":
        names = {name: given[name] for name in ("LogGroupName", "FilterPattern") if name in given}
        yield id_, made("AWS::Logs::SubscriptionFilter", **names, DestinationArn=_target_arn(one))
        yield f"{id_}Permission", _permission(one, "logs", None)
    elif kind == "IoTRule":
        rule = {"Sql": given.get("Sql"), "Actions": [{"Lambda": {"FunctionArn": _target_arn(one)}}]}
        yield id_, made("AWS::IoT::TopicRule", TopicRulePayload=rule)
        yield f"{id_}Permission", _permission(one, "iot", None)
    elif kind == "Cognito":
        yield f"{one.id}CognitoPermission", _permission(one, "cognito-idp", arn_of(referred(given.get("UserPool"))))
    elif kind == "AlexaSkill":
        yield f"{id_}Permission", _permission(one, "alexa-appkit", None, host="amazon.com")
    elif kind == "Api":
        yield suffixed(f"{id_}Permission", _permitted_stage(one, given)), _permission(one, "apigateway", None)
    elif kind == "HttpApi" and not ("Path" in given and _whole_api_invokes(one, given)):
        yield f"{id_}Permission", _permission(one, "apigateway", None)


def _whole_api_invokes(one: Serverless, given: Mapping[str, Any]) -> bool:
    """Say whether another event lets all of an HTTP API invoke the function, so that paths need no permission."""
    return any(
        isinstance(event, dict)
        and event.get("Type") == "HttpApi"
        and "Path" not in (other := map_in(event, "Properties"))
        and api_of("HttpApi", other) == api_of("HttpApi", given)
        for event in one.map_of("Events").values()
    )


def _permitted_stage(one: Serverless, given: Mapping[str, Any]) -> str:
    """Return what the id of an API's permission ends in: its stage, as far as the template says."""
    if "RestApiId" not in given:
        return "Prod"
    named = given["RestApiId"]
    api = map_in(one.template.get(named if isinstance(named, str) else referred(named)), "Properties")
    if not api:
        return "AllStages"
    stage = api.get("StageName")
    return stage if isinstance(stage, str) else "Stage"


def _target(one: Serverless) -> dict[str, Any]:
    return {"Ref": alias_of(one) if "AutoPublishAlias" in one.properties else one.id}


def _target_arn(one: Serverless) -> dict[str, Any]:
    return _target(one) if "AutoPublishAlias" in one.properties else arn_of(one.id)


def _permission(one: Serverless, service: str, source: Any, *, host: str = "amazonaws.com", **more: Any) -> Any:
    return made(
        "AWS::Lambda::Permission",
        Action="lambda:InvokeFunction",
        FunctionName=_target(one),
        Principal=f"{service}.{host}",
        SourceArn=source if source != arn_of("") else None,
        **more,
    )


def _mapping(one: Serverless, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    source = _SOURCES.get(kind, "")
    members = {name: each for name, each in given.items() if name not in (source, *_MQ_QUEUES)}
    if source in given:
        members["EventSourceArn"] = given[source]
    return made("AWS::Lambda::EventSourceMapping", **{**members, "FunctionName": _target(one)})


def _rule(kind: str, given: Mapping[str, Any], target: Mapping[str, Any]) -> dict[str, Any]:
    when = (
        {"ScheduleExpression": given.get("Schedule")} if kind == "Schedule" else {"EventPattern": given.get("Pattern")}
    )
    state = given.get("State")
    if state is None and isinstance(given.get("Enabled"), bool):
        state = "ENABLED" if given["Enabled"] else "DISABLED"
    named = {name: given.get(name) for name in ("Name", "Description", "EventBusName")}
    return made("AWS::Events::Rule", **when, **named, State=state, Targets=[dict(target)])


def _queue_of(id_: str, given: Mapping[str, Any]) -> Written:
    """Give the dead-letter queue that SAM makes for a rule."""
    config = map_in(given, "DeadLetterConfig")
    if config.get("Type") == "SQS":
        queue = config.get("QueueLogicalId") or f"{id_}Queue"
        yield queue, made("AWS::SQS::Queue")
        yield f"{id_}QueuePolicy", _queue_policy(queue, "events.amazonaws.com", arn_of(id_))


def _queue_policy(queue: str, service: str, source: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": arn_of(queue),
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
    return made(
        "AWS::SQS::QueuePolicy",
        PolicyDocument={"Version": "2012-10-17", "Statement": [statement]},
        Queues=[{"Ref": queue}],
    )


def _schedule(id_: str, given: Mapping[str, Any], target: Any, action: str) -> Written:
    role = given.get("RoleArn")
    if role is None:
        role = arn_of(f"{id_}Role")
        yield f"{id_}Role", _starting_role("scheduler", action, target, given)
    members = {name: each for name, each in given.items() if name in (
        "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Description", "GroupName",
        "KmsKeyArn", "StartDate", "EndDate", "State")}  # fmt: skip
    members.setdefault("FlexibleTimeWindow", {"Mode": "OFF"})
    name = None if given.get("OmitName") else given.get("Name", id_)
    yield id_, made("AWS::Scheduler::Schedule", **members, Name=name, Target={"Arn": target, "RoleArn": role})
    config = map_in(given, "DeadLetterConfig")
    if config.get("Type") == "SQS":
        yield config.get("QueueLogicalId") or f"{id_}Queue", made("AWS::SQS::Queue")


def _starting_role(service: str, action: str, target: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    statements = [{"Effect": "Allow", "Action": action, "Resource": target}]
    dead = map_in(given, "DeadLetterConfig").get("Arn") if service == "scheduler" else None
    if dead is not None:
        statements.append({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": dead})
    return made(
        "AWS::IAM::Role",
        AssumeRolePolicyDocument=trust_of(service),
        Policies=[{"PolicyName": "StartExecutionPolicy", "PolicyDocument": {"Statement": statements}}],
        PermissionsBoundary=given.get("PermissionsBoundary"),
    )


def _starting(one: Serverless, id_: str, kind: str, given: Mapping[str, Any]) -> Written:
    """Give what starts a state machine: a rule, a schedule or an API, with the role that it starts it by."""
    machine = {"Ref": one.id}
    if kind == "ScheduleV2":
        yield from _schedule(id_, given, machine, "states:StartExecution")
    elif kind in _RULES:
        role = given.get("RoleArn")
        if role is None:
            role = arn_of(f"{id_}Role")
            yield f"{id_}Role", _starting_role("events", "states:StartExecution", machine, given)
        yield id_, _rule(kind, given, {"Arn": machine, "Id": f"{id_}StepFunctionsTarget", "RoleArn": role})
        yield from _queue_of(id_, given)
    elif kind == "Api":
        yield f"{id_}Role", _starting_role("apigateway", "states:StartExecution", machine, given)


def _subscription(one: Serverless, id_: str, given: Mapping[str, Any]) -> Written:
    topic, through = given.get("Topic"), given.get("SqsSubscription")
    filters = {name: given.get(name) for name in ("FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "Region")}
    if not through:
        yield (
            id_,
            made("AWS::SNS::Subscription", Protocol="lambda", Endpoint=_target_arn(one), TopicArn=topic, **filters),
        )
        yield f"{id_}Permission", _permission(one, "sns", topic)
        return
    own = through if isinstance(through, dict) else {}
    queue = own.get("QueueArn")
    if queue is None:
        yield f"{id_}Queue", made("AWS::SQS::Queue")
        queue = arn_of(f"{id_}Queue")
        yield f"{id_}QueuePolicy", _queue_policy(f"{id_}Queue", "sns.amazonaws.com", topic)
    else:
        yield (
            own.get("QueuePolicyLogicalId") or f"{id_}QueuePolicy",
            made(
                "AWS::SQS::QueuePolicy",
                PolicyDocument={"Version": "2012-10-17", "Statement": []},
                Queues=[own.get("QueueUrl")],
            ),
        )
    yield id_, made("AWS::SNS::Subscription", Protocol="sqs", Endpoint=queue, TopicArn=topic, **filters)
    mapping = {"BatchSize": own.get("BatchSize", 10), "Enabled": own.get("Enabled", True), "EventSourceArn": queue}
    yield f"{id_}EventSourceMapping", made("AWS::Lambda::EventSourceMapping", **mapping, FunctionName=_target(one))
