"""The paths of API Gateway that resource types are authorized on."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.readiness.derived.gateway_paths import gateway_paths

CASES: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("AWS::ApiGateway::RestApi", "POST", {}, ["/restapis"]),
    ("AWS::ApiGateway::RestApi", "PUT", {"Body": {}}, ["/restapis/${restApiId}"]),
    ("AWS::ApiGateway::RestApi", "PUT", {"Tags": [{}]}, ["/restapis/${restApiId}", "/tags/${TaggedArn}"]),
    ("AWS::ApiGateway::Stage", "POST", {"RestApiId": "a1"}, ["/restapis/a1/stages"]),
    ("AWS::ApiGateway::Stage", "PATCH", {"RestApiId": "a1", "StageName": "p"}, ["/restapis/a1/stages/p"]),
    ("AWS::ApiGateway::Stage", "PUT", {"RestApiId": "a1"}, ["/tags/${TaggedArn}"]),
    ("AWS::ApiGateway::Method", "PUT", {"RestApiId": "a", "ResourceId": "r", "HttpMethod": "GET"},
     ["/restapis/a/resources/r/methods/GET"]),
    ("AWS::ApiGateway::Account", "PATCH", {}, ["/account"]),
    ("AWS::ApiGatewayV2::Route", "POST", {"ApiId": "h"}, ["/apis/h/routes"]),
    ("AWS::ApiGatewayV2::Route", "DELETE", {"ApiId": "h"}, ["/apis/h/routes/${RouteId}"]),
    ("AWS::ApiGatewayV2::ApiGatewayManagedOverrides", "PATCH", {"ApiId": "h"}, ["/apis/h/${Overridden}"]),
    ("AWS::S3::Bucket", "GET", {}, []),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "method", "given", "paths"), CASES)
def test_paths(type_: str, method: str, given: dict[str, Any], paths: list[str]) -> None:
    assert list(gateway_paths(type_, f"apigateway:{method}", given)) == paths
