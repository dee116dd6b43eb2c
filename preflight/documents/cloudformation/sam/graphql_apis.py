"""`AWS::Serverless::GraphQLApi`: the API of AppSync, its schema, data sources, functions and resolvers.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-graphqlapi.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from preflight.documents.cloudformation.sam.connectors import Connector, connected
from preflight.documents.cloudformation.sam.resource import (
    Serverless,
    Written,
    arn_of,
    is_intrinsic,
    made,
    map_in,
    tags_of,
)
from preflight.documents.cloudformation.sam.roles import managed_of_aws, trust_of

_AS_THEY_ARE = ("XrayEnabled", "Visibility", "OwnerContact", "IntrospectionConfig", "QueryDepthLimit",
                "ResolverCountLimit")  # fmt: skip
_AUTHORIZERS = {"AWS_LAMBDA": ("LambdaAuthorizer", "LambdaAuthorizerConfig"),
                "OPENID_CONNECT": ("OpenIDConnect", "OpenIDConnectConfig"),
                "AMAZON_COGNITO_USER_POOLS": ("UserPool", "UserPoolConfig")}  # fmt: skip
_RUNTIME = {"Name": "APPSYNC_JS", "RuntimeVersion": "1.0.0"}


def graphql_api(one: Serverless) -> Written:
    """Give what SAM makes of a GraphQL API."""
    given, id_ = one.properties, {"Fn::GetAtt": [one.id, "ApiId"]}
    log, role = _logging(one, given.get("Logging"))
    auth = one.map_of("Auth")
    additional = [each for each in auth.get("Additional") or () if isinstance(each, dict)]
    yield (
        one.id,
        made(
            "AWS::AppSync::GraphQLApi",
            **{name: given[name] for name in _AS_THEY_ARE if name in given},
            Name=given.get("Name", one.id),
            **_authentication(auth),
            AdditionalAuthenticationProviders=[_authentication(each) for each in additional] or None,
            LogConfig=log,
            Tags=tags_of(given.get("Tags"), "graphqlapi"),
        ),
    )
    schema = {"Definition": given.get("SchemaInline"), "DefinitionS3Location": given.get("SchemaUri")}
    yield f"{one.id}Schema", made("AWS::AppSync::GraphQLSchema", ApiId=id_, **schema)
    yield from _authorizers(one, [auth, *additional], id_)
    if role is not None:
        yield f"{one.id}CloudWatchRole", role
    for name, key in one.map_of("ApiKeys").items():
        members = {"Expires": key.get("ExpiresOn")} if isinstance(key, dict) else {}
        yield f"{one.id}{name}", made("AWS::AppSync::ApiKey", ApiId=id_, **members)
    if cache := one.map_of("Cache"):
        yield f"{one.id}ApiCache", made("AWS::AppSync::ApiCache", ApiId=id_, **cache)
    yield from _data_sources(one, id_)
    if domain := one.map_of("DomainName"):
        yield f"{one.id}DomainName", made("AWS::AppSync::DomainName", **domain)
        domain_name = {"Fn::GetAtt": [f"{one.id}DomainName", "DomainName"]}
        type_ = "AWS::AppSync::DomainNameApiAssociation"
        yield f"{one.id}DomainNameApiAssociation", made(type_, ApiId=id_, DomainName=domain_name)
    yield from _functions(one, id_)
    yield from _resolvers(one, id_)


def _authentication(auth: Mapping[str, Any]) -> dict[str, Any]:
    type_ = auth.get("Type")
    name, member = _AUTHORIZERS.get(str(type_), ("", ""))
    config = {member: auth[name]} if name in auth else {}
    return {"AuthenticationType": type_, **config}


def _logging(one: Serverless, logging: Any) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return the log configuration, and the role that SAM makes for it where none is named."""
    if logging is False:
        return None, None
    config = logging if isinstance(logging, dict) else {}
    named = {**config, "FieldLogLevel": config.get("FieldLogLevel", "ALL")}
    if "CloudWatchLogsRoleArn" in named:
        return named, None
    managed = [managed_of_aws("service-role/AWSAppSyncPushToCloudWatchLogs")]
    role = made("AWS::IAM::Role", AssumeRolePolicyDocument=trust_of("appsync"), ManagedPolicyArns=managed)
    return {**named, "CloudWatchLogsRoleArn": arn_of(f"{one.id}CloudWatchRole")}, role


def _authorizers(one: Serverless, every: list[Mapping[str, Any]], id_: Any) -> Written:
    arns = [map_in(each, "LambdaAuthorizer").get("AuthorizerUri") for each in every if each.get("Type") == "AWS_LAMBDA"]
    for at, arn in enumerate(arns, 1):
        source = {"Type": "AWS::AppSync::GraphQLApi", "Arn": {"Ref": one.id}, "ResourceId": id_}
        yield from _connection(f"{one.id}ToLambdaAuthConnector{at}", source, "AWS::Lambda::Function", arn, ["Write"])


def _connection(id_: str, source: Any, type_: str, arn: Any, permissions: list[str]) -> Written:
    given = {"Source": source, "Destination": {"Type": type_, "Arn": arn}, "Permissions": permissions}
    yield from (connected(Connector(id_, {"Properties": given}), {}) or {}).items()


def _data_sources(one: Serverless, id_: Any) -> Written:
    sources = one.map_of("DataSources")
    for name, source in map_in(sources, "DynamoDb").items():
        table = {"TableName": source.get("TableName"), "AwsRegion": source.get("Region", {"Ref": "AWS::Region"})}
        config = {"DynamoDBConfig": {name: each for name, each in table.items() if each is not None}}
        arn = source.get("TableArn") or _table_arn(source)
        asked = source.get("Permissions", ["Read", "Write"])
        yield from _data_source(one, id_, name, source, "DynamoDB", config, ("AWS::DynamoDB::Table", arn, asked))
    for name, source in map_in(sources, "Lambda").items():
        config = {"LambdaConfig": {"LambdaFunctionArn": source.get("FunctionArn")}}
        wanted = ("AWS::Lambda::Function", source.get("FunctionArn"), ["Write"])
        yield from _data_source(one, id_, name, source, "Lambda", config, wanted)
    used = [each for each in one.map_of("Functions").values() if isinstance(each, dict) and "Id" not in each]
    if any(str(each.get("DataSource")).lower() == "none" for each in used):
        name = f"{one.id}NoneDataSource"
        yield name, made("AWS::AppSync::DataSource", ApiId=id_, Name=name, Type="NONE")


def _table_arn(source: Mapping[str, Any]) -> Any:
    place = "arn:${AWS::Partition}:dynamodb:${Region}:${AWS::AccountId}:table/${Table}"
    region = source.get("Region", {"Ref": "AWS::Region"})
    return {"Fn::Sub": [place, {"Region": region, "Table": source.get("TableName")}]}


def _data_source(
    one: Serverless,
    id_: Any,
    name: str,
    source: Mapping[str, Any],
    kind: str,
    config: Mapping[str, Any],
    grant: tuple[str, Any, list[str]],
) -> Written:
    """Give a data source with the role that SAM makes for it, where none is named, and what that is allowed."""
    logical = f"{one.id}{name}{kind}DataSource"
    role = source.get("ServiceRoleArn")
    if role is None:
        role = arn_of(f"{logical}Role")
        yield f"{logical}Role", made("AWS::IAM::Role", AssumeRolePolicyDocument=trust_of("appsync"))
        connector = f"{logical}{'ToTable' if kind == 'DynamoDB' else 'ToLambda'}Connector"
        type_, arn, asked = grant
        yield from _connection(
            connector,
            {"Type": "AWS::AppSync::DataSource", "Arn": arn_of(logical), "RoleName": {"Ref": f"{logical}Role"}},
            type_,
            arn,
            asked,
        )
    type_ = {"DynamoDB": "AMAZON_DYNAMODB", "Lambda": "AWS_LAMBDA"}[kind]
    named = {"Name": source.get("Name", name), "Description": source.get("Description")}
    yield logical, made("AWS::AppSync::DataSource", ApiId=id_, Type=type_, ServiceRoleArn=role, **named, **config)


def _functions(one: Serverless, id_: Any) -> Written:
    for name, each in one.map_of("Functions").items():
        if not isinstance(each, dict) or "Id" in each:
            continue
        members = {member: each.get(member) for member in ("MaxBatchSize", "Description")}
        sync = each.get("Sync")
        yield (
            f"{one.id}{name}",
            made(
                "AWS::AppSync::FunctionConfiguration",
                ApiId=id_,
                Name=each.get("Name", name),
                Code=each.get("InlineCode"),
                CodeS3Location=each.get("CodeUri"),
                DataSourceName=_named_source(one, each.get("DataSource")),
                Runtime=_runtime(each),
                SyncConfig=sync,
                **members,
            ),
        )


def _named_source(one: Serverless, source: Any) -> Any:
    if not isinstance(source, str):
        return source
    if source.lower() == "none":
        return {"Fn::GetAtt": [f"{one.id}NoneDataSource", "Name"]}
    kinds = (("DynamoDb", "DynamoDB"), ("Lambda", "Lambda"))
    found = next((kind for place, kind in kinds if source in map_in(one.map_of("DataSources"), place)), None)
    return source if found is None else {"Fn::GetAtt": [f"{one.id}{source}{found}DataSource", "Name"]}


def _runtime(given: Mapping[str, Any]) -> dict[str, Any] | None:
    runtime = map_in(given, "Runtime")
    return {"Name": runtime.get("Name"), "RuntimeVersion": runtime.get("Version")} if runtime else None


def _resolvers(one: Serverless, id_: Any) -> Written:
    functions = one.map_of("Functions")
    for type_, fields in one.map_of("Resolvers").items():
        for name, each in fields.items() if isinstance(fields, dict) and not is_intrinsic(fields) else ():
            if not isinstance(each, dict):
                continue
            steps = [
                map_in(functions, step).get("Id") or {"Fn::GetAtt": [f"{one.id}{step}", "FunctionId"]}
                for step in each.get("Pipeline") or ()
                if isinstance(step, str)
            ]
            code = "InlineCode" in each or "CodeUri" in each
            written = made(
                "AWS::AppSync::Resolver",
                ApiId=id_,
                TypeName=type_,
                FieldName=each.get("FieldName", name),
                Kind="PIPELINE",
                PipelineConfig={"Functions": steps},
                Code=each.get("InlineCode") if code else "export function request() { return {} }",
                CodeS3Location=each.get("CodeUri"),
                Runtime=_runtime(each) if code else _RUNTIME,
                CachingConfig=each.get("Caching"),
                MaxBatchSize=each.get("MaxBatchSize"),
            )
            yield f"{one.id}{type_}{name}", {**written, "DependsOn": [f"{one.id}Schema"]}
