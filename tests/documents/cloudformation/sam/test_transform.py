"""What SAM makes of its resources, by the ids that it gives them; after the examples of SAM's own documentation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from preflight.documents.cloudformation.template import read_template
from preflight.documents.plans.plan import Given, Plan
from preflight.documents.plans.requests import plan_of
from preflight.documents.text.document import Document

_SAM = "AWS::Serverless-2016-10-31"
_FUNCTION = {"Handler": "a.b", "Runtime": "python3.12", "CodeUri": "src/"}


def _document(resources: dict[str, Any], **sections: Any) -> Any:
    text = json.dumps({"Transform": _SAM, "Resources": resources, **sections})
    return Document("t.json", json.loads(text), "", "json")


def _function(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Serverless::Function", "Properties": {**_FUNCTION, **properties}}


def _plan(resources: dict[str, Any]) -> Plan:
    return plan_of([_document(resources)], given=Given("us-east-1", "111122223333"))


MADE = [
    ({"Fn": _function()}, {"Fn", "FnRole"}),
    ({"Fn": _function(Role="arn:aws:iam::111122223333:role/own")}, {"Fn"}),
    ({"Fn": _function(AutoPublishAlias="live")}, {"Fn", "FnRole", "FnVersion", "FnAliaslive"}),
    (
        {"Fn": _function(Events={"Get": {"Type": "Api", "Properties": {"Path": "/", "Method": "get"}}})},
        {"Fn", "FnRole", "FnGetPermissionProd", "ServerlessRestApi", "ServerlessRestApiDeployment",
         "ServerlessRestApiProdStage"},
    ),
    (
        {"Fn": _function(Events={"Get": {"Type": "HttpApi"}})},
        {"Fn", "FnRole", "FnGetPermission", "ServerlessHttpApi", "ServerlessHttpApiApiGatewayDefaultStage"},
    ),
    (
        {"Fn": _function(Events={"In": {"Type": "SQS", "Properties": {"Queue": "arn:aws:sqs:eu-west-1:1:q"}}})},
        {"Fn", "FnRole", "FnIn"},
    ),
    ({"Fn": _function(Events={"At": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}}})},
     {"Fn", "FnRole", "FnAt", "FnAtPermission"}),
    ({"Fn": _function(FunctionUrlConfig={"AuthType": "NONE"})},
     {"Fn", "FnRole", "FnUrl", "FnUrlPublicPermissions", "FnURLInvokeAllowPublicAccess"}),
    ({"Api": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "prod"}}},
     {"Api", "ApiDeployment", "ApiprodStage"}),
    ({"Table": {"Type": "AWS::Serverless::SimpleTable"}}, {"Table"}),
    (
        {"Flow": {"Type": "AWS::Serverless::StateMachine",
                  "Properties": {"DefinitionUri": "flow.json",
                                 "Events": {"At": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}}}}}},
        {"Flow", "FlowRole", "FlowAt", "FlowAtRole"},
    ),
    ({"Fn": _function(AutoPublishAlias="a-b_c")}, {"Fn", "FnRole", "FnVersion", "FnAliasaDbUc"}),
    ({"Provider": {"Type": "AWS::Serverless::CapacityProvider", "Properties": {"VpcConfig": {"SubnetIds": ["s"]}}}},
     {"Provider", "ProviderOperatorRole"}),
    (
        {"Chat": {"Type": "AWS::Serverless::WebSocketApi",
                  "Properties": {"RouteSelectionExpression": "$request.body.action",
                                 "Auth": {"AuthType": "CUSTOM", "AuthArn": "arn:aws:lambda:eu-west-1:1:function:a"},
                                 "Routes": {"$connect": {"FunctionArn": "arn:aws:lambda:eu-west-1:1:function:f"},
                                            "say": {"FunctionArn": "arn:aws:lambda:eu-west-1:1:function:f"}}}}},
        {"Chat", "ChatDefaultStage", "ChatConnectRoute", "ChatConnectIntegration", "ChatConnectPermission",
         "ChatSayRoute", "ChatSayIntegration", "ChatSayPermission", "ChatConnectAuthorizer",
         "ChatAuthorizerPermission"},
    ),
    (
        {"Shop": {"Type": "AWS::Serverless::GraphQLApi",
                  "Properties": {
                      "SchemaInline": "type Query { x: String }",
                      "Auth": {"Type": "AWS_LAMBDA",
                               "LambdaAuthorizer": {"AuthorizerUri": "arn:aws:lambda:eu-west-1:1:function:a"}},
                      "ApiKeys": {"Key": {}},
                      "DataSources": {"DynamoDb": {"Orders": {"TableName": "orders", "TableArn": "arn:t"}}},
                      "Functions": {"get": {"DataSource": "Orders", "InlineCode": "x"},
                                    "none": {"DataSource": "NONE", "InlineCode": "x"}},
                      "Resolvers": {"Query": {"x": {"Pipeline": ["get"]}}}}}},
        {"Shop", "ShopSchema", "ShopCloudWatchRole", "ShopKey", "ShopToLambdaAuthConnector1WriteLambdaPermission",
         "ShopOrdersDynamoDBDataSource", "ShopOrdersDynamoDBDataSourceRole",
         "ShopOrdersDynamoDBDataSourceToTableConnectorPolicy", "ShopNoneDataSource", "Shopget", "Shopnone",
         "ShopQueryx"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("resources", "made"), MADE)
def test_the_resources_that_sam_makes(resources: dict[str, Any], made: set[str]) -> None:
    found = read_template(_document(resources)).resources
    assert set(found) == made
    assert not [each.type for each in found.values() if each.type.startswith("AWS::Serverless::")]
    assert {each.pointer for each in found.values()} == {f"/Resources/{name}" for name in resources}


def test_references_to_what_sam_makes() -> None:
    resources = {
        "Fn": _function(AutoPublishAlias="live"),
        "Api": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "prod"}},
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "DependsOn": "ApiprodStage",
            "Properties": {"DisplayName": {"Fn::Sub": "${Api.Stage} ${Fn.Version}"}, "TopicName": {"Ref": "Fn.Alias"}},
        },
    }
    found = read_template(_document(resources)).resources["Topic"].properties
    assert found == {"DisplayName": {"Fn::Sub": "${ApiprodStage} ${FnVersion}"}, "TopicName": {"Ref": "FnAliaslive"}}


def test_an_api_and_its_function_are_no_circle() -> None:
    uri = {"Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations"}
    event = {"Type": "Api", "Properties": {"RestApiId": {"Ref": "Api"}, "Path": "/x", "Method": "get"}}
    body = {"openapi": "3.0.1", "paths": {"/x": {"get": {"x-amazon-apigateway-integration": {"uri": uri}}}}}
    properties = {"StageName": "prod", "DefinitionBody": body}
    plan = _plan(
        {"Api": {"Type": "AWS::Serverless::Api", "Properties": properties}, "Fn": _function(Events={"E": event})}
    )
    assert {each.name for each in plan.resources} >= {"t/Api", "t/ApiprodStage", "t/Fn", "t/FnEPermissionprod"}


def test_globals_are_merged_into_each_resource_of_their_kind() -> None:
    shared = {"Function": {"Environment": {"Variables": {"A": "1", "B": "1"}}, "Layers": ["x"], "Timeout": 3}}
    own = _function(Environment={"Variables": {"B": "2"}}, Layers=["y"], Timeout=5)
    found = read_template(_document({"Fn": own}, Globals=shared)).resources["Fn"].properties
    assert (found["Environment"], found["Layers"], found["Timeout"]) == (
        {"Variables": {"A": "1", "B": "2"}},
        ["x", "y"],
        5,
    )


def _connected(destination: dict[str, Any], **other: Any) -> dict[str, Any]:
    connector = {"Properties": {"Destination": destination, "Permissions": ["Write"]}}
    return {"Fn": {**_function(), "Connectors": {"Out": connector}}, "Topic": {"Type": "AWS::SNS::Topic"}, **other}


def test_a_connector_is_the_policy_that_it_grants() -> None:
    depending = {"Type": "AWS::SQS::Queue", "DependsOn": ["FnOut"]}
    found = read_template(_document(_connected({"Id": "Topic"}, Queue=depending))).resources
    assert found["FnOutPolicy"].type == "AWS::IAM::ManagedPolicy"
    assert found["FnOutPolicy"].pointer == "/Resources/Fn/Connectors/Out"
    assert found["FnOutPolicy"].properties == {
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["sns:Publish"], "Resource": [{"Ref": "Topic"}]}],
        },
        "Roles": [{"Ref": "FnRole"}],
    }
    assert found["Queue"].depends_on == ("FnOutPolicy",)


def test_a_connector_of_which_an_end_is_not_known_stays_and_is_depended_on_by_nothing() -> None:
    depending = {"Type": "AWS::SQS::Queue", "DependsOn": ["FnOutPolicy"]}
    found = read_template(_document(_connected({"Id": "Elsewhere"}, Queue=depending))).resources
    assert found["FnOut"].type == "AWS::Serverless::Connector"
    assert found["Queue"].depends_on == ()


def test_connectors_to_queues_topics_and_functions() -> None:
    rule = {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 day)"}}
    ends = {"Queue": "AWS::SQS::Queue", "Topic": "AWS::SNS::Topic"}
    resources = {
        "Rule": rule,
        "Fn": _function(),
        **{name: {"Type": type_} for name, type_ in ends.items()},
        "Out": {
            "Type": "AWS::Serverless::Connector",
            "Properties": {
                "Source": {"Id": "Rule"},
                "Destination": [{"Id": "Queue"}, {"Id": "Topic"}, {"Id": "Fn"}],
                "Permissions": ["Write"],
            },
        },
    }
    found = {name: each.type for name, each in read_template(_document(resources)).resources.items()}
    assert found["OutQueuePolicyDestination0"] == "AWS::SQS::QueuePolicy"
    assert found["OutTopicPolicyDestination1"] == "AWS::SNS::TopicPolicy"
    assert found["OutWriteLambdaPermissionDestination2"] == "AWS::Lambda::Permission"
    assert "Out" not in found


def test_a_role_that_a_condition_leaves_out_is_made_where_it_does() -> None:
    role = {"Fn::If": ["Own", "arn:aws:iam::111122223333:role/own", {"Ref": "AWS::NoValue"}]}
    conditions = {"Own": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}}
    template = read_template(_document({"Fn": _function(Role=role)}, Conditions=conditions))
    assert template.resources["FnRole"].condition == "NOTOwn"
    assert [each.name for each in plan_of([_document({"Fn": _function(Role=role)}, Conditions=conditions)],
                                          given=Given("us-east-1", "111122223333")).resources] == ["t/Fn"]  # fmt: skip


def test_a_function_may_deliver_what_it_failed_at() -> None:
    dead = {"Type": "SQS", "TargetArn": "arn:aws:sqs:us-east-1:111122223333:dead"}
    to = {"DestinationConfig": {"OnSuccess": {"Type": "SNS"}}}
    found = read_template(_document({"Fn": _function(DeadLetterQueue=dead, EventInvokeConfig=to)})).resources
    granted = [each["PolicyDocument"]["Statement"][0] for each in found["FnRole"].properties["Policies"]]
    assert [(each["Action"], each["Resource"]) for each in granted] == [
        ("sqs:SendMessage", dead["TargetArn"]),
        ("sns:Publish", {"Ref": "FnEventInvokeConfigOnSuccessTopic"}),
    ]


def test_local_code_is_uploaded_before_the_deploy() -> None:
    plan = _plan({"Fn": _function()})
    (request,) = plan.requests
    (uploaded,) = (each for each in plan.declared if each.kind == "s3:object")
    assert uploaded.key == {
        "Bucket": request.parameters["Code"]["S3Bucket"],
        "Key": request.parameters["Code"]["S3Key"],
    }


def test_a_graphql_api_without_its_function_is_read() -> None:
    auth = {"Auth": {"Type": "AWS_LAMBDA", "LambdaAuthorizer": {}}, "SchemaInline": "type Query { x: String }"}
    found = read_template(_document({"Shop": {"Type": "AWS::Serverless::GraphQLApi", "Properties": auth}})).resources
    assert {"Shop", "ShopSchema"} <= set(found)
