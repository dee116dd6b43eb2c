"""`AWS::Serverless::Api` and `HttpApi`: the API, its deployment and stage, domain and usage plan.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources-api.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from preflight.documents.cloudformation.sam.functions import authorizers
from preflight.documents.cloudformation.sam.resource import (
    Serverless,
    Written,
    hashed,
    location,
    made,
    map_in,
    suffixed,
    tags_of,
)
from preflight.unresolved import DeployText

# What of an API's properties is its stage's.
_STAGE = ("CacheClusterEnabled", "CacheClusterSize", "Variables", "MethodSettings", "AccessLogSetting",
          "CanarySetting", "TracingEnabled")  # fmt: skip
_REST = ("Name", "Description", "BinaryMediaTypes", "MinimumCompressionSize", "ApiKeySourceType", "Mode", "Policy",
         "DisableExecuteApiEndpoint", "FailOnWarnings")  # fmt: skip
_DEFAULT = "$default"
_SECOND = ("HttpApi", "WebSocketApi")


def rest_api(one: Serverless) -> Written:
    """Give what SAM makes of a REST API."""
    given = one.properties
    yield (
        one.id,
        made(
            "AWS::ApiGateway::RestApi",
            **{name: given[name] for name in _REST if name in given},
            **_definition(one, "BodyS3Location"),
            EndpointConfiguration=_endpoint(given.get("EndpointConfiguration")),
            Tags=tags_of(given.get("Tags"), ""),
        ),
    )
    # The deployment's id ends in a hash of the definition, which is only known when it is packaged.
    yield f"{one.id}Deployment", made("AWS::ApiGateway::Deployment", RestApiId={"Ref": one.id})
    yield (
        stage_of(one),
        made(
            "AWS::ApiGateway::Stage",
            RestApiId={"Ref": one.id},
            DeploymentId={"Ref": f"{one.id}Deployment"},
            StageName=given.get("StageName", "Prod"),
            **{name: given[name] for name in _STAGE if name in given},
            Tags=tags_of(given.get("Tags"), ""),
        ),
    )
    yield from authorizers(one)
    yield from domain_of(one)
    plan = one.map_of("Auth").get("UsagePlan")
    if isinstance(plan, dict) and plan.get("CreateUsagePlan", "NONE") != "NONE":
        prefix = "Serverless" if plan["CreateUsagePlan"] == "SHARED" else one.id
        yield f"{prefix}UsagePlan", made("AWS::ApiGateway::UsagePlan")
        yield f"{prefix}ApiKey", made("AWS::ApiGateway::ApiKey", Enabled=True)
        key = {"KeyId": {"Ref": f"{prefix}ApiKey"}, "UsagePlanId": {"Ref": f"{prefix}UsagePlan"}}
        yield f"{prefix}UsagePlanKey", made("AWS::ApiGateway::UsagePlanKey", KeyType="API_KEY", **key)


def http_api(one: Serverless) -> Written:
    """Give what SAM makes of an HTTP API."""
    given = one.properties
    yield (
        one.id,
        made(
            "AWS::ApiGatewayV2::Api",
            **_definition(one, "BodyS3Location"),
            Description=given.get("Description"),
            FailOnWarnings=given.get("FailOnWarnings"),
            DisableExecuteApiEndpoint=given.get("DisableExecuteApiEndpoint"),
            CorsConfiguration=given.get("CorsConfiguration") if "DefinitionBody" not in given else None,
        ),
    )
    yield (
        stage_of(one),
        made(
            "AWS::ApiGatewayV2::Stage",
            ApiId={"Ref": one.id},
            StageName=given.get("StageName", _DEFAULT),
            AutoDeploy=True,
            AccessLogSettings=given.get("AccessLogSettings"),
            DefaultRouteSettings=given.get("DefaultRouteSettings"),
            RouteSettings=given.get("RouteSettings"),
            StageVariables=given.get("StageVariables"),
            Tags={**one.map_of("Tags"), "httpapi:createdBy": "SAM"},
        ),
    )
    yield from authorizers(one)
    yield from domain_of(one)


def stage_of(one: Serverless) -> str:
    """Return the id of an API's stage: `ApiprodStage`."""
    unnamed = {"Api": "Prod", "HttpApi": _DEFAULT}.get(one.kind, "default")
    name = one.properties.get("StageName", unnamed)
    if one.kind == "WebSocketApi" and name == "default":
        return f"{one.id}DefaultStage"
    if not isinstance(name, str):
        return f"{one.id}Stage"
    if name == _DEFAULT:
        return f"{one.id}ApiGatewayDefaultStage"
    return f"{one.id}{name}Stage" if name.isalnum() else suffixed(f"{one.id}Stage", name)


def _definition(one: Serverless, in_s3: str) -> dict[str, Any]:
    given = one.properties
    if "DefinitionBody" in given:
        return {"Body": given["DefinitionBody"]}
    if "DefinitionUri" in given:
        return {in_s3: location(given["DefinitionUri"], "Bucket", "Key", "Version")}
    return {"Body": DeployText.unknown(f"the definition that SAM writes for {one.id}")}


def _endpoint(given: Any) -> Any:
    if isinstance(given, str):
        return {"Types": [given]}
    if isinstance(given, dict) and "Type" in given:
        types = given["Type"] if isinstance(given["Type"], list) else [given["Type"]]
        return {**{name: each for name, each in given.items() if name != "Type"}, "Types": types}
    return given


def domain_of(one: Serverless) -> Written:
    """Give the domain name of an API, its mappings to paths and its records."""
    domain = one.map_of("Domain")
    name = domain.get("DomainName")
    if name is None:
        return
    version = "V2" if one.kind in _SECOND or domain.get("EndpointConfiguration") == "PRIVATE" else ""
    private = version and one.kind == "Api"
    id_ = hashed(f"ApiGatewayDomainName{version}", name)
    kinds = {"Api": "AWS::ApiGateway::DomainNameV2" if version else "AWS::ApiGateway::DomainName"}
    type_ = kinds.get(one.kind, "AWS::ApiGatewayV2::DomainName")
    yield id_, made(type_, DomainName=name, CertificateArn=domain.get("CertificateArn") if one.kind == "Api" else None)
    paths = domain.get("BasePath")
    for path in paths if isinstance(paths, list) else [paths or ""]:
        plain = "".join(each for each in str(path) if each.isalnum())
        if one.kind in _SECOND:
            mapping = made("AWS::ApiGatewayV2::ApiMapping", DomainName={"Ref": id_}, ApiId={"Ref": one.id})
            yield f"{one.id}{plain}ApiMapping", mapping
        else:
            type_ = "AWS::ApiGateway::BasePathMappingV2" if private else "AWS::ApiGateway::BasePathMapping"
            yield f"{one.id}{plain}BasePathMapping", made(type_, DomainName={"Ref": id_}, RestApiId={"Ref": one.id})
    association = map_in(domain, "AccessAssociation")
    if private and association:
        logical = hashed("DomainNameAccessAssociation", [association.get("VpcEndpointId"), id_])
        yield logical, made("AWS::ApiGateway::DomainNameAccessAssociation", AccessAssociationSourceType="VPCE")
    zone = domain.get("Route53")
    if isinstance(zone, Mapping):
        known = zone.get("HostedZoneId") or zone.get("HostedZoneName")
        group = hashed("RecordSetGroup", known)
        named = {name: zone[name] for name in ("HostedZoneId", "HostedZoneName") if name in zone}
        yield group, made("AWS::Route53::RecordSetGroup", **named)
