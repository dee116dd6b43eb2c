"""`AWS::Serverless::Function`: the function, its role, version, alias, URL and deployment.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources-function.html
"""

from __future__ import annotations

from typing import Any

from preflight.documents.cloudformation.sam.resource import (
    Serverless,
    Written,
    arn_of,
    filled_in,
    location,
    made,
    none_where,
    referred,
    suffixed,
    tags_of,
)
from preflight.documents.cloudformation.sam.roles import trust_of

# What SAM writes otherwise, or as resources of their own.
_OTHERWISE = (
    "CodeUri", "InlineCode", "ImageUri", "Tags", "Tracing", "DeadLetterQueue", "Policies", "Events", "Role",
    "AutoPublishAlias", "AutoPublishAliasAllProperties", "AutoPublishCodeSha256", "VersionDescription",
    "VersionDeletionPolicy", "DeploymentPreference", "ProvisionedConcurrencyConfig", "EventInvokeConfig",
    "FunctionUrlConfig", "AssumeRolePolicyDocument", "PermissionsBoundary", "RolePath", "PropagateTags",
    "PublishToLatestPublished", "CapacityProviderConfig", "SourceKMSKeyArn",
)  # fmt: skip


def function(one: Serverless) -> Written:
    """Give what SAM makes of a function, but for its role and its events."""
    given = one.properties
    dead = one.map_of("DeadLetterQueue")
    tracing = given.get("Tracing")
    own = one.members(*_OTHERWISE)
    yield (
        one.id,
        made(
            "AWS::Lambda::Function",
            **own,
            Code=_code(given),
            Role=filled_in(given.get("Role"), arn_of(f"{one.id}Role")) or arn_of(f"{one.id}Role"),
            Tags=tags_of(given.get("Tags"), "lambda"),
            TracingConfig={"Mode": tracing} if tracing not in (None, "Disabled") else None,
            DeadLetterConfig={"TargetArn": dead["TargetArn"]} if "TargetArn" in dead else None,
        ),
    )
    alias = given.get("AutoPublishAlias")
    if alias:
        # The version's id ends in a hash of the code, which is only known when it is packaged.
        yield f"{one.id}Version", made("AWS::Lambda::Version", FunctionName={"Ref": one.id})
        yield (
            alias_of(one),
            made(
                "AWS::Lambda::Alias",
                Name=alias,
                FunctionName={"Ref": one.id},
                FunctionVersion={"Fn::GetAtt": [f"{one.id}Version", "Version"]},
                ProvisionedConcurrencyConfig=given.get("ProvisionedConcurrencyConfig"),
            ),
        )
        yield from _deployment(one)
    if "EventInvokeConfig" in given:
        yield from _asynchronous(one, alias)
    if url := one.map_of("FunctionUrlConfig"):
        yield from _url(one, url, alias)


def alias_of(one: Serverless) -> str:
    """Return the id of a function's alias."""
    alias = one.properties.get("AutoPublishAlias")
    if isinstance(alias, dict):
        alias = one.parameters.get(referred(alias), "")
    return f"{one.id}Alias{str(alias).replace('-', 'D').replace('_', 'U')}"


def _code(given: Any) -> Any:
    if "InlineCode" in given:
        return {"ZipFile": given["InlineCode"]}
    if "ImageUri" in given:
        return {"ImageUri": given["ImageUri"]}
    code = location(given.get("CodeUri"))
    return {**code, "SourceKMSKeyArn": given["SourceKMSKeyArn"]} if "SourceKMSKeyArn" in given else code


def _deployment(one: Serverless) -> Written:
    preference = one.map_of("DeploymentPreference")
    if not preference or preference.get("Enabled") in (False, "false"):
        return
    yield "ServerlessDeploymentApplication", made("AWS::CodeDeploy::Application", ComputePlatform="Lambda")
    role = preference.get("Role")
    if role is None:
        managed = {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda"}
        trust = trust_of("codedeploy")
        yield (
            "CodeDeployServiceRole",
            made("AWS::IAM::Role", AssumeRolePolicyDocument=trust, ManagedPolicyArns=[managed]),
        )
    yield (
        f"{one.id}DeploymentGroup",
        made(
            "AWS::CodeDeploy::DeploymentGroup",
            ApplicationName={"Ref": "ServerlessDeploymentApplication"},
            DeploymentStyle={"DeploymentOption": "WITH_TRAFFIC_CONTROL", "DeploymentType": "BLUE_GREEN"},
            ServiceRoleArn=role or arn_of("CodeDeployServiceRole"),
        ),
    )


def _asynchronous(one: Serverless, alias: Any) -> Written:
    config = one.map_of("EventInvokeConfig")
    destinations: dict[str, Any] = {}
    for name, each in (config.get("DestinationConfig") or {}).items() if config else ():
        target = each.get("Destination") if isinstance(each, dict) else None
        kind = each.get("Type") if isinstance(each, dict) else None
        where = none_where(target)
        if (target is None or where is not None) and kind in ("SQS", "SNS"):
            made_for_it = f"{one.id}EventInvokeConfig{name}{'Queue' if kind == 'SQS' else 'Topic'}"
            condition = {} if where is None else {"Condition": where}
            yield made_for_it, {**made("AWS::SQS::Queue" if kind == "SQS" else "AWS::SNS::Topic"), **condition}
            own = arn_of(made_for_it) if kind == "SQS" else {"Ref": made_for_it}
            target = own if where is None else filled_in(target, own)
        destinations[name] = {"Destination": target} if target is not None else {}
    yield (
        f"{one.id}EventInvokeConfig",
        made(
            "AWS::Lambda::EventInvokeConfig",
            FunctionName={"Ref": one.id},
            Qualifier=alias or "$LATEST",
            MaximumEventAgeInSeconds=config.get("MaximumEventAgeInSeconds"),
            MaximumRetryAttempts=config.get("MaximumRetryAttempts"),
            DestinationConfig=destinations or None,
        ),
    )


def _url(one: Serverless, url: Any, alias: Any) -> Written:
    target = {"Ref": alias_of(one) if alias else one.id}
    type_ = url.get("AuthType")
    yield (
        f"{one.id}Url",
        made(
            "AWS::Lambda::Url",
            TargetFunctionArn={"Ref": one.id},
            Qualifier=alias,
            AuthType=type_,
            Cors=url.get("Cors"),
            InvokeMode=url.get("InvokeMode"),
        ),
    )
    if type_ == "NONE":
        public = {"FunctionName": target, "Principal": "*"}
        yield (
            f"{one.id}UrlPublicPermissions",
            made("AWS::Lambda::Permission", **public, Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE"),
        )
        yield (
            f"{one.id}URLInvokeAllowPublicAccess",
            made("AWS::Lambda::Permission", **public, Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True),
        )


def authorizers(one: Serverless) -> Written:
    """Give the permissions by which an API calls the functions that authorize its requests."""
    for name, each in (one.map_of("Auth").get("Authorizers") or {}).items():
        arn = each.get("FunctionArn") if isinstance(each, dict) else None
        if arn is None or each.get("DisableFunctionDefaultPermissions"):
            continue
        if one.kind == "Api" or each.get("EnableFunctionDefaultPermissions"):
            yield (
                suffixed(f"{one.id}{name}", "AuthorizerPermission"),
                made(
                    "AWS::Lambda::Permission",
                    Action="lambda:InvokeFunction",
                    FunctionName=arn,
                    Principal="apigateway.amazonaws.com",
                ),
            )
