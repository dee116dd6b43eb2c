"""A SAM template as CloudFormation gets it, as far as roles and policies are concerned.

Of `AWS::Serverless::*` the roles that SAM makes for functions and state machines are written out; the functions
themselves have events, layers and deployments of their own that nothing here asks about.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from preflight.documents.cloudformation.model import Template
from preflight.unresolved import DeployText

_SERVICES = {"Function": "lambda", "StateMachine": "states"}
_BASIC = "AWSLambdaBasicExecutionRole"
_VPC = "AWSLambdaVPCAccessExecutionRole"
_TRACING = {"Function": "AWSXrayWriteOnlyAccess", "StateMachine": "AWSXRayDaemonWriteAccess"}


def transformed(value: Mapping[str, Any], whole: Template) -> dict[str, Any]:  # noqa: ARG001
    """Return a template with the roles that SAM makes among its resources."""
    shared, resources = value.get("Globals") or {}, dict(value.get("Resources") or {})
    for name, resource in list(resources.items()):
        kind = str(resource.get("Type", "")).removeprefix("AWS::Serverless::") if isinstance(resource, dict) else ""
        if kind not in _SERVICES:
            continue
        own = resource.get("Properties") or {}
        common = shared.get(kind) or {}
        properties = {**common, **own} if isinstance(own, dict) and isinstance(common, dict) else {}
        if "Role" not in properties and f"{name}Role" not in resources:
            made = _role(kind, properties)
            resources[f"{name}Role"] = {**made, "Condition": resource["Condition"]} if "Condition" in resource else made
    return {**value, "Resources": resources}


def _role(kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    service = {"Fn::Sub": f"{_SERVICES[kind]}.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": {"Service": [service]}, "Action": ["sts:AssumeRole"]}
    managed: list[Any] = [_of_aws(f"service-role/{_BASIC}")] if kind == "Function" else []
    if "VpcConfig" in properties and kind == "Function":
        managed.append(_of_aws(f"service-role/{_VPC}"))
    if properties.get("Tracing") not in (None, "Disabled"):
        managed.append(_of_aws(_TRACING[kind]))
    inline: list[Any] = []
    stated = properties.get("Policies", [])
    for at, policy in enumerate(stated if isinstance(stated, list) else [stated]):
        if isinstance(policy, str):
            managed.append(policy if policy.startswith("arn:") else _of_aws(policy))
        elif isinstance(policy, dict) and "Statement" in policy:
            inline.append({"PolicyName": f"Policy{at}", "PolicyDocument": policy})
        elif isinstance(policy, dict) and len(policy) == 1 and next(iter(policy)).startswith(("Fn::", "Ref")):
            managed.append(policy)
        else:
            # One of SAM's own templates of policies, which SAM writes out.
            template = next(iter(policy), "") if isinstance(policy, dict) else ""
            unknown = DeployText.unknown(f"the statements of SAM's policy template {template}")
            inline.append({"PolicyName": f"Policy{at}", "PolicyDocument": {"Statement": [unknown]}})
    role: dict[str, Any] = {
        "AssumeRolePolicyDocument": properties.get("AssumeRolePolicyDocument")
        or {"Version": "2012-10-17", "Statement": [trust]},
        "ManagedPolicyArns": managed,
        "Policies": inline,
    }
    for member, to in (("PermissionsBoundary", "PermissionsBoundary"), ("RolePath", "Path")):
        if member in properties:
            role[to] = properties[member]
    return {"Type": "AWS::IAM::Role", "Properties": role}


def _of_aws(name: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::aws:policy/{name}"}
