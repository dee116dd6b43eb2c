"""Names that resources are given are free, what they name is there, and their number is within the quotas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from preflight.account.facts import Account
from preflight.account.live.account import LiveAccount
from preflight.account.live.clients import Connection
from preflight.account.overlays.policy_overrides import Overrides
from preflight.account.snapshots.snapshot import Snapshot
from preflight.audit.collecting import Also, collect
from preflight.documents.plans.plan import Given
from preflight.documents.plans.requests import plan_of
from preflight.engine.result import Result
from preflight.readiness.check import check
from tests.aws.control import StandIn
from tests.readiness.derived.test_needs import WHO, document

REGION, ACCOUNT = "us-east-1", "111122223333"
RULES = ("PRE302", "PRE408", "PRE506")


def snapshot(iam: Any = None, **parts: Any) -> Snapshot:
    value = {"version": 1, "account": ACCOUNT, "regions": {REGION: parts}, **({"iam": iam} if iam else {})}
    return Snapshot.load(document("facts.json", value))


def checked(resources: Any, facts: Account, **sections: Any) -> list[Result]:
    given = Given(REGION, ACCOUNT)
    plan = plan_of([document("t.json", {"Resources": resources, **sections})], given=given)
    return list(check(plan, facts, select=RULES).results)


def kinds(results: list[Result], rule: str) -> dict[str, str]:
    return {each.subject.rpartition("/")[2]: each.kind.value for each in results if each.rule == rule}


def queue(name: Any = None, **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {} if name is None else {"QueueName": name}, **more}


URL = "https://sqs.us-east-1.amazonaws.com/111122223333/"


def test_a_name_of_a_complete_list_is_free_or_taken() -> None:
    facts = snapshot(queues=[{"QueueUrl": URL + "taken"}])
    found = checked({"A": queue("taken"), "B": queue("free"), "C": queue()}, facts)
    assert kinds(found, "PRE302") == {"A": "fail", "B": "pass"}
    (taken,) = (each for each in found if each.kind.value == "fail")
    assert "queue `taken` exists in account 111122223333 in us-east-1" in taken.message
    assert taken.location is not None and taken.location.pointer == "/Resources/A/Properties/QueueName"
    assert "--deployed FILE" in taken.remedy


def test_a_list_that_is_not_complete_leaves_it_open_and_one_that_is_not_there_is_not_judged() -> None:
    facts = snapshot(queues=[], incomplete=["queues"])
    assert kinds(checked({"A": queue("a")}, facts), "PRE302") == {"A": "open"}
    assert kinds(checked({"A": queue("a")}, snapshot()), "PRE302") == {"A": "notApplicable"}
    parameters = {"P": {"Type": "String"}}
    unknown = checked({"A": queue({"Ref": "P"})}, snapshot(queues=[]), Parameters=parameters)
    assert kinds(unknown, "PRE302") == {"A": "notApplicable"}


def test_two_resources_of_a_plan_have_not_one_name() -> None:
    sections = {
        "Parameters": {"P": {"Type": "String"}},
        "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}},
    }
    facts = snapshot(queues=[])
    assert sorted(kinds(checked({"A": queue("a"), "B": queue("a")}, facts), "PRE302").values()) == ["fail", "pass"]
    either = checked({"A": queue("a", Condition="C"), "B": queue("a")}, facts, **sections)
    assert "fail" not in kinds(either, "PRE302").values()


def test_a_condition_that_is_not_known_makes_no_failure_of_a_name() -> None:
    sections = {
        "Parameters": {"P": {"Type": "String"}},
        "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}},
    }
    facts = snapshot(queues=[{"QueueUrl": URL + "a"}])
    assert kinds(checked({"A": queue("a", Condition="C")}, facts, **sections), "PRE302") == {"A": "open"}


def test_what_the_stack_has_made_before_is_its_own() -> None:
    tags = [
        {"Key": "aws:cloudformation:stack-name", "Value": "app"},
        {"Key": "aws:cloudformation:logical-id", "Value": "R"},
    ]
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": {"Statement": []}}}
    there = {"RoleName": "r", "Arn": f"arn:aws:iam::{ACCOUNT}:role/r", "Tags": tags}
    iam = {"RoleDetailList": [there], "Policies": [], "UserDetailList": [], "GroupDetailList": []}
    assert kinds(checked({"R": role}, snapshot(iam)), "PRE302") == {"R": "notApplicable"}
    assert kinds(checked({"Other": role}, snapshot(iam)), "PRE302") == {"Other": "fail"}


def test_what_the_named_stack_has_is_its_own() -> None:
    facts = snapshot(
        queues=[{"QueueUrl": URL + "a"}, {"QueueUrl": URL + "b"}],
        stack_resources=[{"StackName": "app", "LogicalResourceId": "A", "PhysicalResourceId": URL + "a"}],
    )
    given = Given(REGION, ACCOUNT, stack_name="app")
    plan = plan_of([document("t.json", {"Resources": {"A": queue("a"), "B": queue("b")}})], given=given)
    found = list(check(plan, facts, select=RULES).results)
    assert kinds(found, "PRE302") == {"A": "notApplicable", "B": "fail"}


def test_types_of_which_no_read_is_declared_are_those_of_cloud_control() -> None:
    group = {"Type": "AWS::Athena::WorkGroup", "Properties": {"Name": "g"}}
    there = [{"TypeName": "AWS::Athena::WorkGroup", "Identifier": "g"}]
    assert kinds(checked({"G": group}, snapshot(resources=there)), "PRE302") == {"G": "fail"}
    assert kinds(checked({"G": group}, snapshot(resources=[])), "PRE302") == {"G": "pass"}


def test_what_is_named_in_the_account_is_there() -> None:
    properties = {
        "ImageId": "ami-11111111",
        "SubnetId": "subnet-11111111",
        "SecurityGroupIds": ["sg-11111111", "sg-22222222"],
        "UserData": {"Fn::ImportValue": "net-data"},
    }
    instance = {"Type": "AWS::EC2::Instance", "Properties": properties}
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    policy = {"PolicyDocument": {"Statement": [{"Resource": role, "RoleArn": role}]}, "PolicyName": "p"}
    machine = {"RoleArn": role, "DefinitionString": "{}"}
    facts = snapshot(
        {"RoleDetailList": [], "Policies": [], "UserDetailList": [], "GroupDetailList": []},
        subnets=[{"SubnetId": "subnet-11111111"}],
        security_groups=[{"GroupId": "sg-11111111"}],
        exports=[{"Name": "other"}],
    )
    resources = {
        "I": instance,
        "P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": policy},
        "S": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
        "Linked": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x/y", "DefinitionString": "{}"},
        },
    }
    found = [each for each in checked(resources, facts) if each.rule == "PRE408"]
    said = {(each.kind.value, each.message.partition("`")[2].partition("`")[0]) for each in found}
    assert said == {
        ("pass", "subnet-11111111"),
        ("pass", "sg-11111111"),
        ("fail", "sg-22222222"),
        ("fail", "net-data"),
        ("fail", role),
    }
    assert {each.subject for each in found} == {"t/I", "t/S"}


def test_what_functions_reserve_must_be_free() -> None:
    def function(reserved: Any) -> dict[str, Any]:
        return {"Type": "AWS::Lambda::Function", "Properties": {"ReservedConcurrentExecutions": reserved}}

    def said(limit: int, free: int, *reserved: Any) -> dict[str, str]:
        limits = [{"ConcurrentExecutions": limit, "UnreservedConcurrentExecutions": free}]
        resources = {f"F{at}": function(each) for at, each in enumerate(reserved)}
        return kinds(checked(resources, snapshot(function_limits=limits)), "PRE506")

    assert said(1000, 1000, 500, "400") == {"F0": "pass"}
    assert said(1000, 1000, 500, 401) == {"F0": "fail"}
    assert said(1000, 150, 0, 60) == {"F0": "fail"}
    assert said(10, 10, 1) == {"F0": "fail"}
    assert said(1000, 1000, {"Ref": "AWS::StackName"}) == {}
    assert kinds(checked({"F": function(5000)}, snapshot()), "PRE506") == {}


def test_a_quota_counts_what_is_there_and_all_that_the_plan_makes() -> None:
    quotas = [{"ServiceCode": "vpc", "QuotaCode": "L-F678F1CE", "QuotaName": "VPCs per Region", "Value": 3}]
    vpc = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
    facts = snapshot(quotas=quotas, vpcs=[{"VpcId": "vpc-11111111"}])
    assert kinds(checked({"A": vpc, "B": vpc}, facts), "PRE506") == {"A": "pass"}
    assert kinds(checked({"A": vpc, "B": vpc, "C": vpc}, facts), "PRE506") == {"A": "fail"}
    assert kinds(checked({"A": vpc}, snapshot(quotas=quotas)), "PRE506") == {}
    assert kinds(checked({"A": vpc}, snapshot(quotas=quotas, vpcs=[], incomplete=["vpcs"])), "PRE506") == {}


def test_terraform_names_are_those_of_its_arguments() -> None:
    def change(type_: str, **after: Any) -> dict[str, Any]:
        change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}
        return {"address": f"{type_}.it", "mode": "managed", "type": type_, "name": "it", "change": change}

    changes = [change("aws_dynamodb_table", name="t"), change("aws_sqs_queue", name="q")]
    value = {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes}
    facts = snapshot(tables=[{"TableName": "t"}], queues=[{"QueueUrl": URL + "q"}])
    results = check(plan_of([document("p.json", value)], given=Given(REGION, ACCOUNT)), facts, select=RULES).results
    assert [(each.kind.value, each.subject) for each in results] == [("fail", "aws_dynamodb_table.it")]
    assert "terraform import" in results[0].remedy


def test_names_are_looked_up_in_the_account_and_kept_in_its_snapshot(
    aws: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    client = aws.client
    client("sqs").create_queue(QueueName="q")
    client("sns").create_topic(Name="t")
    client("s3").create_bucket(Bucket="b-taken")
    client("dynamodb").create_table(
        TableName="tb",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client("logs").create_log_group(logGroupName="/a/b")
    client("kinesis").create_stream(StreamName="s", ShardCount=1)
    client("ecs").create_cluster(clusterName="c")
    client("ssm").put_parameter(Name="/p", Value="secret value", Type="String")
    client("events").put_rule(Name="r", ScheduleExpression="rate(1 day)")
    client("secretsmanager").create_secret(Name="x", SecretString="secret value")
    client("ecr").create_repository(repositoryName="ee")
    role = {"RoleName": "r", "AssumeRolePolicyDocument": "{}"}
    client("iam").create_role(**role)
    client("stepfunctions").create_state_machine(name="m", definition="{}", roleArn=f"arn:aws:iam::{ACCOUNT}:role/r")

    def types(suffix: str) -> dict[str, Any]:
        named: dict[str, dict[str, Any]] = {
            "AWS::SQS::Queue": {"QueueName": "q"},
            "AWS::SNS::Topic": {"TopicName": "t"},
            "AWS::S3::Bucket": {"BucketName": "b-taken"},
            "AWS::DynamoDB::Table": {"TableName": "tb"},
            "AWS::Logs::LogGroup": {"LogGroupName": "/a/b"},
            "AWS::Kinesis::Stream": {"Name": "s"},
            "AWS::ECS::Cluster": {"ClusterName": "c"},
            "AWS::SSM::Parameter": {"Name": "/p"},
            "AWS::Events::Rule": {"Name": "r"},
            "AWS::SecretsManager::Secret": {"Name": "x"},
            "AWS::ECR::Repository": {"RepositoryName": "ee"},
            "AWS::IAM::Role": {"RoleName": "r", "AssumeRolePolicyDocument": {"Statement": []}},
            "AWS::StepFunctions::StateMachine": {"StateMachineName": "m"},
        }
        return {
            type_.replace("::", ""): {
                "Type": type_,
                "Properties": {
                    name: value + suffix if isinstance(value, str) else value for name, value in properties.items()
                },
            }
            for type_, properties in named.items()
        }

    live = LiveAccount.open(Connection(region=REGION, endpoint_url=aws.url, attempts=1))
    taken, free = checked(types(""), live), checked(types("-free"), live)
    assert set(kinds(taken, "PRE302").values()) == {"fail"} and len(kinds(taken, "PRE302")) == 13
    assert set(kinds(free, "PRE302").values()) == {"pass"}
    kept = collect(live, regions=[REGION], also={Also.NAMES})
    assert "secret value" not in str(kept)
    facts = Snapshot.load(document("kept.json", kept))
    assert kinds(checked(types(""), facts), "PRE302") == kinds(taken, "PRE302")
    after = kinds(checked(types("-free"), facts), "PRE302")
    # Nobody's list has the buckets of all accounts.
    assert after.pop("AWSS3Bucket") == "open"
    assert set(after.values()) == {"pass"}


def test_what_the_plan_makes_or_exports_need_not_be_there() -> None:
    resources = {
        "Pair": {"Type": "AWS::EC2::KeyPair", "Properties": {"KeyName": "k"}},
        "I": {"Type": "AWS::EC2::Instance", "Properties": {"KeyName": "k"}},
    }
    facts = snapshot(key_pairs=[], exports=[])
    assert kinds(checked(resources, facts), "PRE408") == {}
    assert kinds(checked({"I": resources["I"]}, facts), "PRE408") == {"I": "fail"}
    topic = {"Type": "AWS::SNS::Topic"}
    first = {"Resources": {"T": topic}, "Outputs": {"O": {"Value": "v", "Export": {"Name": "net"}}}}
    second = {"Resources": {"T": {**topic, "Properties": {"DisplayName": {"Fn::ImportValue": "net"}}}}}
    plan = plan_of([document("a.json", first), document("b.json", second)], given=Given(REGION, ACCOUNT))
    assert "PRE408" not in {each.rule for each in check(plan, facts, select=RULES).results}


def test_values_of_other_types_name_nothing() -> None:
    resources = {
        "A": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": 5}},
        "B": {"Type": "AWS::Events::Rule", "Properties": {"Name": [1], "EventBusName": 7}},
        "C": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": {"a": 1}, "Path": ["x"]}},
        "D": {"Type": "AWS::Athena::WorkGroup", "Properties": {"Name": ["a"]}},
    }
    assert kinds(checked(resources, snapshot(topics=[], event_rules=[], resources=[])), "PRE302") == {"A": "pass"}


def test_the_number_of_roles_is_that_of_the_account_whatever_policies_are_given_for_one() -> None:
    there = {"RoleName": "deployer", "Arn": WHO, "RolePolicyList": [], "AttachedManagedPolicies": []}
    iam = {"RoleDetailList": [there], "Policies": [], "UserDetailList": [], "GroupDetailList": []}
    quotas = [{"ServiceCode": "iam", "QuotaCode": "L-FE177D64", "QuotaName": "Roles per account", "Value": 1}]
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": {"Statement": []}}}
    plan = plan_of([document("t.json", {"Resources": {"R": role}})], given=Given(REGION, ACCOUNT))
    identity = document("i.json", {"Version": "2012-10-17", "Statement": []})
    facts = snapshot(iam, quotas=quotas)
    report = check(replace(plan, principal=WHO), facts, select=RULES, overrides=Overrides(identity=(identity,)))
    assert kinds(list(report.results), "PRE506") == {"R": "fail"}
