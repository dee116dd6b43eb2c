"""The paths of API Gateway that a resource type of CloudFormation is authorized on: `/restapis/ID/resources`.

Each type is one resource of API Gateway's control plane, at the path that botocore's calls of the same name go to.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from preflight.declared.call_permissions import operations

_BLANK = re.compile(r"\{([\w-]+)\+?\}")
_CALLS = {"POST": ("Create", "Import"), "GET": ("Get",), "PATCH": ("Update",), "DELETE": ("Delete",), "PUT": ("Put",)}
# The paths of types that no call has the name of.
_OTHERS = {"AWS::ApiGatewayV2::ApiGatewayManagedOverrides": "/apis/{ApiId}/{Overridden}"}
_TAGGED = "/tags/{TaggedArn}"


def gateway_paths(type_: str, action: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Give the paths that an action on a resource type is authorized on, with `${Name}` where the properties `values`
    do not tell a part; nothing for a type that is none of API Gateway's.
    """
    if type_ in _OTHERS:
        yield _filled(_OTHERS[type_], {}, values)
        return
    service = {"ApiGateway": "apigateway", "ApiGatewayV2": "apigatewayv2"}.get(type_.split("::")[1])
    if service is None:
        return
    noun, method = type_.split("::")[-1], action.partition(":")[2]
    calls = operations(service)
    own = [f"{verb}{noun}" for verb in _CALLS.get(method, ("Get",))]
    found = next((calls[name] for name in own if name in calls), None)
    if method == "PUT" and found is None:
        yield _filled(_TAGGED, {}, {})
        return
    if found is None:
        return
    named = {str(each.get("locationName", name)): str(name) for name, each in found["members"].items()}
    path = str(found["http"].get("requestUri", "/")).partition("?")[0].removeprefix("/v2")
    yield _filled(path, named, values)
    if method == "PUT" and values.get("Tags") and f"Create{noun}" in calls:
        yield _filled(_TAGGED, {}, {})


def _filled(path: str, named: Mapping[str, str], values: Mapping[str, Any]) -> str:
    told = {name.lower(): each for name, each in values.items() if isinstance(each, (str, int))}

    def put(match: re.Match[str]) -> str:
        name = named.get(match[1], match[1])
        return str(told.get(name.lower(), f"${{{name}}}"))

    return _BLANK.sub(put, path)
