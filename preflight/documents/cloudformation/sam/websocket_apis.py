"""`AWS::Serverless::WebSocketApi`: the API, and for each route its integration and the permission to invoke it.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-websocketapi.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from preflight.documents.cloudformation.sam.apis import domain_of, stage_of
from preflight.documents.cloudformation.sam.resource import Serverless, Written, made

_API = ("ApiKeySelectionExpression", "Description", "DisableExecuteApiEndpoint", "DisableSchemaValidation",
        "IpAddressType", "RouteSelectionExpression")  # fmt: skip
_ROUTE = ("ApiKeyRequired", "ModelSelectionExpression", "OperationName", "RequestModels", "RequestParameters",
          "RouteResponseSelectionExpression")  # fmt: skip
_STAGE = ("StageVariables", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings")
_INVOKED = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Arn}/invocations"
_BY_SAM = {"websocketapi:createdBy": "SAM"}


def websocket_api(one: Serverless) -> Written:
    """Give what SAM makes of a WebSocket API."""
    given, api = one.properties, {"Ref": one.id}
    yield (
        one.id,
        made(
            "AWS::ApiGatewayV2::Api",
            **{name: given[name] for name in _API if name in given},
            Name=given.get("Name", one.id),
            ProtocolType="WEBSOCKET",
            Tags={**one.map_of("Tags"), **_BY_SAM},
        ),
    )
    auth = one.map_of("Auth")
    for key, route in one.map_of("Routes").items():
        if isinstance(route, dict):
            yield from _route(one, str(key), route, auth if key == "$connect" else {})
    yield (
        stage_of(one),
        made(
            "AWS::ApiGatewayV2::Stage",
            ApiId=api,
            StageName=given.get("StageName", "default"),
            AutoDeploy=True,
            **{name: given[name] for name in _STAGE if name in given},
            Tags=_BY_SAM,
        ),
    )
    yield from domain_of(one)


def _route(one: Serverless, key: str, route: Mapping[str, Any], auth: Mapping[str, Any]) -> Written:
    api, function_ = {"Ref": one.id}, route.get("FunctionArn")
    base = f"{one.id}{key.replace('$', '').capitalize()}"
    custom = auth.get("AuthType") == "CUSTOM"
    yield (
        f"{base}Route",
        made(
            "AWS::ApiGatewayV2::Route",
            ApiId=api,
            RouteKey=key,
            **{name: route[name] for name in _ROUTE if name in route},
            AuthorizationType=auth.get("AuthType"),
            AuthorizerId={"Ref": f"{one.id}ConnectAuthorizer"} if custom else None,
            Target={"Fn::Join": ["/", ["integrations", {"Ref": f"{base}Integration"}]]},
        ),
    )
    yield (
        f"{base}Integration",
        made(
            "AWS::ApiGatewayV2::Integration",
            ApiId=api,
            IntegrationType="AWS_PROXY",
            IntegrationUri={"Fn::Sub": [_INVOKED, {"Arn": function_}]},
            TimeoutInMillis=route.get("IntegrationTimeout"),
        ),
    )
    yield f"{base}Permission", _permission(function_)
    if custom:
        role = auth.get("InvokeRole")
        yield (
            f"{one.id}ConnectAuthorizer",
            made(
                "AWS::ApiGatewayV2::Authorizer",
                ApiId=api,
                AuthorizerType="REQUEST",
                AuthorizerUri={"Fn::Sub": [_INVOKED, {"Arn": auth.get("AuthArn")}]},
                AuthorizerCredentialsArn=role,
                IdentitySource=auth.get("IdentitySource"),
                Name=auth.get("Name", f"{one.id}ConnectAuthorizer"),
            ),
        )
        if role is None:
            yield f"{one.id}AuthorizerPermission", _permission(auth.get("AuthArn"))


def _permission(function_: Any) -> dict[str, Any]:
    service = "apigateway.amazonaws.com"
    return made("AWS::Lambda::Permission", Action="lambda:InvokeFunction", FunctionName=function_, Principal=service)
