"""Small accounts and plans for the tests of readiness: a snapshot, a plan over it, and the results of one rule."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from preflight.account.facts import Account
from preflight.account.snapshots.snapshot import Snapshot
from preflight.declared.operations import load_operation
from preflight.documents.plans.plan import Plan, PlannedRequest
from preflight.documents.text.document import Document
from preflight.engine.result import Result
from preflight.engine.rule import load_rule
from preflight.readiness.step import Step, after

ACCOUNT, REGION = "111122223333", "us-east-1"
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/deployer"
EXECUTION = f"arn:aws:iam::{ACCOUNT}:role/endpoint-execution"
CHECKS = {
    "PRE101": "identity:caller_identity",
    "PRE110": "permissions:allowed",
    "PRE120": "execution_roles:role_assumable",
    "PRE121": "execution_roles:role_permissions",
    "PRE122": "permissions:passed",
    "PRE302": "name_free:name_free",
    "PRE403": "artifacts:artifacts_ready",
    "PRE405": "kms_keys:keys_usable",
    "PRE408": "existence:exists",
    "PRE501": "quotas:within_quota",
    "PRE502": "quotas:within_quota",
    "PRE505": "instance_types:types_offered",
}


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """Return an Allow statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(service: str = "sagemaker.amazonaws.com", **more: Any) -> dict[str, Any]:
    """Return a trust policy."""
    return policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **more})


def role(name: str, *statements: Mapping[str, Any], partition: str = "aws", **more: Any) -> dict[str, Any]:
    """Return a role in the shape of GetAccountAuthorizationDetails, with one inline policy."""
    inline = [{"PolicyName": f"{name}-inline", "PolicyDocument": policy(*statements)}] if statements else []
    return {
        "RoleName": name,
        "Arn": f"arn:{partition}:iam::{ACCOUNT}:role/{name}",
        "AssumeRolePolicyDocument": trust(),
        "RolePolicyList": inline,
        "AttachedManagedPolicies": [],
        "Tags": [],
        **more,
    }


def snapshot(*roles: Mapping[str, Any], region: str = REGION, policies: Any = (), **parts: Any) -> dict[str, Any]:
    """Return a snapshot of an account without an organization; `parts` are the region's."""
    top = {name: parts.pop(name) for name in ("organization", "partition") if name in parts}
    return {
        "version": 1,
        "account": ACCOUNT,
        "organization": None,
        "regions": {region: parts},
        "iam": {"RoleDetailList": list(roles), "Policies": list(policies), "UserDetailList": [], "GroupDetailList": []},
        **top,
    }


def plan(*requests: tuple[str, Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a plan document; a request is the name of an operation (of SageMaker where it names no service) and
    its parameters."""
    named = [
        {"operation": name if ":" in name else f"sagemaker:{name}", "parameters": dict(parameters)}
        for name, parameters in requests
    ]
    return {"region": REGION, "account": ACCOUNT, "principal": DEPLOYER, "requests": named, **more}


CREATE = ("CreateEndpoint", {"EndpointName": "Demo", "EndpointConfigName": "demo-config"})


def steps(plan_document: Mapping[str, Any], facts: Mapping[str, Any] | Account) -> Iterator[Step]:
    """Give the steps of a plan, each on the account as the requests before it leave it."""
    document = Document("plan.json", plan_document)
    requests = tuple(
        PlannedRequest(each["operation"], each["parameters"], document, f"/requests/{at}/parameters")
        for at, each in enumerate(plan_document["requests"])
    )
    the_plan = Plan(
        requests,
        plan_document.get("region"),
        plan_document.get("account"),
        plan_document.get("principal"),
        plan_document.get("context", {}),
    )
    account: Account = Snapshot(facts, "snapshot.json") if isinstance(facts, Mapping) else facts
    for request in requests:
        step = Step(
            plan=the_plan,
            request=request,
            operation=load_operation(request.operation),
            account=account,
            region=plan_document["region"],
            account_id=plan_document["account"],
            partition=account.partition,
            principal=plan_document["principal"],
        )
        yield step
        account = after(step)


def results(rule: str, plan_document: Mapping[str, Any], facts: Mapping[str, Any] | Account) -> list[Result]:
    """Return what one rule gives for every step of a plan."""
    module, _, name = CHECKS[rule].partition(":")
    check = getattr(import_module(f"preflight.readiness.rules.{module}"), name)
    return [result for step in steps(plan_document, facts) for result in check(step, load_rule(rule))]


def kinds(found: list[Result]) -> list[str]:
    """Return the kinds of results, in order."""
    return [each.kind.value for each in found]


@cache
def managed(name: str, arn: str = "") -> dict[str, Any]:
    """Return a managed policy of AWS's, as moto carries it, in the shape of GetAccountAuthorizationDetails."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    document = json.loads(aws_managed_policies_data)[name]["Document"]
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": document}
    return {"PolicyName": name, "Arn": arn or f"arn:aws:iam::aws:policy/{name}", "PolicyVersionList": [version]}
