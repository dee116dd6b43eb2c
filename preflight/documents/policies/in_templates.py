"""The policies in a CloudFormation template, as written by hand, by SAM or by CDK: of roles, buckets, keys and others.

A policy is found by its form, wherever a resource has one; what it is for is told by the resource and the property it
stands in, and by its elements where those do not tell.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from preflight.documents.policies.found_policy import FoundPolicy, PolicyType
from preflight.documents.policies.in_string import looks_like_policy, policy_in_string
from preflight.documents.policies.policy_type import service_of, type_of
from preflight.documents.policies.template_values import Resolving, is_function
from preflight.documents.text.document import Document
from preflight.json_pointer import escape

# The resources whose policies are those of an identity, whatever stands in them.
_IDENTITY = frozenset(
    {"AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy",
     "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy", "AWS::SSO::PermissionSet",
     "AWS::Serverless::Function", "AWS::Serverless::StateMachine"}
)  # fmt: skip
_KINDS = {"Role": "role", "User": "user", "Group": "group", "ManagedPolicy": "managed"}
_ORGANIZATION: Mapping[str, PolicyType] = {"SERVICE_CONTROL_POLICY": "scp", "RESOURCE_CONTROL_POLICY": "rcp"}
# Services that a policy's actions call otherwise than its resource's type does.
_SERVICES = {"opensearchservice": "es", "elasticsearch": "es", "efs": "elasticfilesystem", "apigateway": "execute-api",
             "elasticloadbalancingv2": "elasticloadbalancing", "s3objectlambda": "s3-object-lambda",
             "s3outposts": "s3-outposts", "vpclattice": "vpc-lattice-svcs", "s3express": "s3express"}  # fmt: skip
_ELEMENTS = frozenset({"Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal"})
_LONE = "AWS::Events::EventBusPolicy"
_DEEPEST = 12


class _Place(NamedTuple):
    logical: str
    type: str
    property: str
    resource: Mapping[str, Any]


def of_template(document: Document) -> Iterator[FoundPolicy]:
    """Yield the policies of a template, each branch of its conditions once."""
    for logical, resource in document.value["Resources"].items():
        properties = resource.get("Properties") if isinstance(resource, dict) else None
        if not isinstance(properties, dict) or not isinstance(resource.get("Type"), str):
            continue
        if resource["Type"] == _LONE and isinstance(properties.get("Statement"), dict):
            # AWS writes the policy around the one statement that the resource has.
            policy = {"Version": "2012-10-17", "Statement": properties["Statement"]}
            lone = _Place(logical, _LONE, "Statement", resource)
            yield from _resolved(document, lone, policy, f"/Resources/{escape(logical)}/Properties")
            continue
        for name, value in properties.items():
            at = f"/Resources/{escape(logical)}/Properties/{escape(name)}"
            yield from _within(document, _Place(logical, resource["Type"], name, resource), value, at, 0)


def _within(document: Document, place: _Place, value: Any, pointer: str, depth: int) -> Iterator[FoundPolicy]:
    if isinstance(value, str):
        if "tatement" in value and value.lstrip()[:1] in ("{", "%") and looks_like_policy(value):
            found = policy_in_string(document, pointer, string=value)
            yield _told(found, place)
    elif is_function(value) and next(iter(value)) in ("Fn::Sub", "Fn::Join"):
        from preflight.documents.policies.template_strings import of_function

        for found in of_function(document, pointer, value):
            yield _told(found, place)
    elif isinstance(value, dict) and _is_policy(value):
        yield from _resolved(document, place, value, pointer)
    elif isinstance(value, (dict, list)) and depth < _DEEPEST:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, each in items:
            yield from _within(document, place, each, f"{pointer}/{escape(str(name))}", depth + 1)


def _is_policy(value: Mapping[str, Any]) -> bool:
    statements = value.get("Statement")
    if is_function(statements):
        return "Version" in value
    each = statements if isinstance(statements, list) else [statements]
    return any(isinstance(one, dict) and (_ELEMENTS & set(one) or "Fn::If" in one) for one in each) or (
        statements == [] and "Version" in value
    )


def _resolved(document: Document, place: _Place, value: Any, pointer: str) -> Iterator[FoundPolicy]:
    for branch in (1, 2):
        resolving = Resolving(pointer, branch)
        policy = resolving.resolved(value)
        yield _told(FoundPolicy(document, policy, type_of(policy), pointer, shape=resolving.shape()), place)
        if not resolving.branched:
            return


def _told(found: FoundPolicy, place: _Place) -> FoundPolicy:
    """Return a policy with what it is for, what it belongs to, and how messages cite it."""
    _, service, kind = [*place.type.split("::"), "", ""][:3]
    type_ = found.type
    owner = {"address": place.logical}
    name = place.logical
    if place.property == "AssumeRolePolicyDocument":
        type_, name = "trust", f"the trust policy of {place.logical}"
    elif place.type in _IDENTITY:
        type_ = "identity"
    elif place.type == "AWS::EC2::VPCEndpoint":
        type_ = "vpc-endpoint"
    elif place.type == "AWS::Organizations::Policy":
        type_ = _ORGANIZATION.get(str(place.resource["Properties"].get("Type")), type_)
    elif type_ in ("resource", "trust"):
        type_ = "resource"
        called = _SERVICES.get(service.lower(), service.lower())
        owner["service"] = called if place.type.startswith("AWS::") else service_of(found.value)
    if type_ == "identity" and kind in _KINDS:
        owner["kind"] = _KINDS[kind]
    return replace(found, type=type_, name=name, owner=owner)
