"""Accounts as they are found: most roles hold managed policies that many share, some hold one of their own.

Made by a seeded generator, so that a size gives the same account on every run.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from functools import cache
from typing import Any

ACCOUNT = "111122223333"
REGION = "us-east-1"

_SERVICES = (
    "lambda",
    "ec2",
    "ecs-tasks",
    "sagemaker",
    "states",
    "glue",
    "codebuild",
    "events",
    "firehose",
    "apigateway",
)
_SHARED = (
    "ReadOnlyAccess",
    "AmazonSageMakerFullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonEC2ContainerRegistryReadOnly",
    "CloudWatchLogsFullAccess",
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AmazonSSMManagedInstanceCore",
    "AmazonDynamoDBFullAccess",
    "AmazonSQSFullAccess",
    "SecurityAudit",
    "AWSXRayDaemonWriteAccess",
    "CloudWatchAgentServerPolicy",
    "PowerUserAccess",
)
_ADMINISTRATOR = "AdministratorAccess"


def account(
    roles: int, policies: int | None = None, *, users: int | None = None, endpoints: int = 200, seed: int = 7
) -> dict[str, Any]:
    """Return a snapshot document of an account with so many roles, and a fifth as many managed policies."""
    chance = random.Random(seed)
    own = [_managed(chance, number) for number in range(policies if policies is not None else max(1, roles // 5))]
    groups = [_group(chance, number, own) for number in range(max(1, roles // 200))]
    configs, models = _hosting(chance, endpoints)
    return {
        "version": 1,
        "taken_at": "2026-11-20T09:30:00Z",
        "partition": "aws",
        "account": ACCOUNT,
        "regions": {REGION: {**_settings(), **configs, **models}},
        "iam": {
            "RoleDetailList": [_role(chance, number, own) for number in range(roles)],
            "UserDetailList": [
                _user(chance, number, groups, own) for number in range(users if users is not None else roles // 50)
            ],
            "GroupDetailList": groups,
            "Policies": [*own, *_aws_managed()],
        },
        "organization": {
            "service_control_policies": {ACCOUNT: [[_full()], [_full(), _guard()]]},
            "resource_control_policies": {ACCOUNT: [[]]},
        },
    }


def _role(chance: random.Random, number: int, own: Sequence[dict[str, Any]]) -> dict[str, Any]:
    name = f"{chance.choice(('app', 'team', 'svc', 'ci'))}-{number}"
    attached = [_reference(each) for each in chance.sample(own, min(len(own), chance.choice((0, 1, 1, 2, 3))))]
    attached += [_aws(each) for each in chance.sample(_SHARED, chance.choice((0, 1, 1, 2)))]
    if chance.random() < 0.004:
        attached.append(_aws(_ADMINISTRATOR))
    inline = []
    if chance.random() < 0.3:
        inline.append({"PolicyName": "own", "PolicyDocument": _policy([_statement(chance, f"{name}-own")])})
    role = {
        "RoleName": name,
        "RoleId": f"AROA{number:016d}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "Path": "/",
        "AssumeRolePolicyDocument": _trust(chance, number),
        "RolePolicyList": inline,
        "AttachedManagedPolicies": attached,
        "Tags": [{"Key": "team", "Value": f"t{number % 40}"}],
    }
    if own and chance.random() < 0.05:
        bound = own[number % len(own)]
        role["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": bound["Arn"],
        }
    return role


def _trust(chance: random.Random, number: int) -> dict[str, Any]:
    draw = chance.random()
    if draw < 0.75:
        principal: Any = {"Service": f"{chance.choice(_SERVICES)}.amazonaws.com"}
    elif draw < 0.85:
        principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    elif draw < 0.95:
        principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/ci-{number // 3}"}
    else:
        principal = {"AWS": "arn:aws:iam::444455556666:root"}
    return _policy([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}])


def _user(
    chance: random.Random, number: int, groups: Sequence[dict[str, Any]], own: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "UserName": f"user-{number}",
        "UserId": f"AIDA{number:016d}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/user-{number}",
        "Path": "/",
        "UserPolicyList": [],
        "GroupList": [chance.choice(groups)["GroupName"]],
        "AttachedManagedPolicies": [_reference(chance.choice(own))] if own and chance.random() < 0.2 else [],
        "Tags": [],
    }


def _group(chance: random.Random, number: int, own: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "GroupName": f"group-{number}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:group/group-{number}",
        "Path": "/",
        "GroupPolicyList": [],
        "AttachedManagedPolicies": [_reference(each) for each in chance.sample(own, min(2, len(own)))],
    }


def _managed(chance: random.Random, number: int) -> dict[str, Any]:
    statements = [_statement(chance, f"p{number}-{each}") for each in range(chance.choice((1, 2, 3, 4, 6)))]
    return {
        "PolicyName": f"policy-{number}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:policy/policy-{number}",
        "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": _policy(statements)}],
    }


def _statement(chance: random.Random, name: str) -> dict[str, Any]:
    (make,) = chance.choices(tuple(_MADE), tuple(_MADE.values()))
    return {"Effect": "Allow", **make(chance, name)}


def _s3(_: random.Random, name: str) -> dict[str, Any]:
    return {
        "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
    }


def _dynamodb(_: random.Random, name: str) -> dict[str, Any]:
    return {
        "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
        "Resource": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}",
    }


def _sqs(_: random.Random, name: str) -> dict[str, Any]:
    return {"Action": ["sqs:SendMessage", "sqs:ReceiveMessage"], "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"}


def _logs(_: random.Random, name: str) -> dict[str, Any]:
    where = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/app/{name}:*"
    return {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": where}


def _kms(_: random.Random, name: str) -> dict[str, Any]:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*"
    return {
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": key,
        "Condition": {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}},
    }


def _secrets(_: random.Random, name: str) -> dict[str, Any]:
    secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-*"
    return {"Action": "secretsmanager:GetSecretValue", "Resource": secret}


def _assume(chance: random.Random, _: str) -> dict[str, Any]:
    target = chance.choice(("app", "ci"))
    return {"Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::{ACCOUNT}:role/{target}-{chance.randrange(9)}*"}


def _pass(chance: random.Random, _: str) -> dict[str, Any]:
    service = chance.choice(_SERVICES)
    return {
        "Action": "iam:PassRole",
        "Resource": f"arn:aws:iam::{ACCOUNT}:role/app-{chance.randrange(99)}*",
        "Condition": {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}},
    }


def _hosting_statement(chance: random.Random, name: str) -> dict[str, Any]:
    if chance.random() < 0.5:
        return {
            "Action": "sagemaker:InvokeEndpoint",
            "Resource": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/endpoint-{chance.randrange(200)}",
        }
    return {
        "Action": ["sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig", "sagemaker:DescribeEndpoint"],
        "Resource": [
            f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{name}-*",
            f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint-config/{name}-*",
        ],
    }


_MADE = {
    _s3: 24,
    _dynamodb: 14,
    _sqs: 12,
    _logs: 16,
    _kms: 12,
    _secrets: 10,
    _assume: 2,
    _pass: 3,
    _hosting_statement: 7,
}


def _hosting(chance: random.Random, endpoints: int) -> tuple[dict[str, Any], dict[str, Any]]:
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
    names = [f"endpoint-{number}" for number in range(endpoints)]
    variant = {"VariantName": "all", "InstanceType": "ml.m5.xlarge", "InitialVariantWeight": 1.0}
    configs = {
        "endpoints": [
            {
                "EndpointName": name,
                "EndpointArn": f"{arn}:endpoint/{name}",
                "EndpointStatus": "Failed" if chance.random() < 0.02 else "InService",
                "EndpointConfigName": f"{name}-config",
                "ProductionVariants": [{"VariantName": "all", "CurrentInstanceCount": 1, "DesiredInstanceCount": 1}],
            }
            for name in names
        ],
        "endpoint_configs": [
            {
                "EndpointConfigName": f"{name}-config",
                "EndpointConfigArn": f"{arn}:endpoint-config/{name}-config",
                "ProductionVariants": [{**variant, "ModelName": f"{name}-model", "InitialInstanceCount": 1}],
            }
            for name in names
            if chance.random() > 0.02
        ],
    }
    models = {
        "models": [
            {
                "ModelName": f"{name}-model",
                "ModelArn": f"{arn}:model/{name}-model",
                "ExecutionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/app-{number}",
                "PrimaryContainer": {
                    "Image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/models:{number}",
                    "ModelDataUrl": f"s3://models-{ACCOUNT}/{name}/model.tar.gz",
                },
            }
            for number, name in enumerate(names)
            if chance.random() > 0.02
        ]
    }
    return configs, models


def _settings() -> dict[str, Any]:
    quota = {"QuotaName": "ml.m5.xlarge for endpoint usage", "QuotaCode": "L-2F737F8D", "Value": 250.0}
    return {
        "RegionOptStatus": "ENABLED_BY_DEFAULT",
        "sts_active": True,
        "quotas": [quota],
        "scalable_targets": [],
        "instance_types": ["ml.m5.xlarge"],
    }


def _guard() -> dict[str, Any]:
    statement = {
        "Effect": "Deny",
        "Action": "sagemaker:Create*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": [REGION]}},
    }
    return {"name": "regions", "policy": _policy([statement])}


def _full() -> dict[str, Any]:
    return {"name": "FullAWSAccess", "policy": _policy([{"Effect": "Allow", "Action": "*", "Resource": "*"}])}


def _policy(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _reference(policy: dict[str, Any]) -> dict[str, str]:
    return {"PolicyName": policy["PolicyName"], "PolicyArn": policy["Arn"]}


def _aws(name: str) -> dict[str, str]:
    return next(_reference(each) for each in _aws_managed() if each["PolicyName"] == name)


@cache
def _aws_managed() -> tuple[dict[str, Any], ...]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    every = json.loads(aws_managed_policies_data)
    return tuple(
        {
            "PolicyName": name,
            "Arn": f"arn:aws:iam::aws:policy{every[name]['Path']}{name}",
            "DefaultVersionId": "v1",
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": every[name]["Document"]}],
        }
        for name in (*_SHARED, _ADMINISTRATOR)
    )
