"""Every resource of a stack as it must be accounted for, whatever is known of its type."""

from __future__ import annotations

from typing import Any

from preflight.documents.cloudformation.model import Resource
from preflight.documents.cloudformation.stack import Stack
from preflight.documents.cloudformation.types import declared_of
from preflight.documents.plans.operation_names import known_operations
from preflight.documents.plans.plan import PlannedResource
from preflight.errors import InputError
from preflight.unresolved import DeployText

CLOUDFORMATION = "cloudformation.amazonaws.com"
# What CloudFormation keeps for itself and asks no service for, and what the CDK writes for its own statistics.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitcondition.html
_NOTHING = ("AWS::CloudFormation::WaitCondition", "AWS::CloudFormation::WaitConditionHandle", "AWS::CDK::Metadata")
GENERATED = "GeneratedName"


def accounted(stack: Stack, resource: Resource, depends_on: tuple[str, ...]) -> PlannedResource:
    """Return a resource that a stack makes, with its properties as far as they are known before deployment."""
    declared = declared_of(resource.type)
    made_by_request = declared.get("operation") in known_operations()
    return PlannedResource(
        name=f"{stack.where.stack}/{resource.id}",
        type=resource.type,
        handler="none" if resource.type in _NOTHING else "create",
        properties={**_properties(stack, resource), GENERATED: _generated(stack, resource)},
        document=stack.template.document,
        pointer=resource.pointer,
        through=CLOUDFORMATION,
        depends_on=depends_on,
        tags=stack.where.tags,
        request=f"{stack.where.prefix}{resource.id}" if made_by_request else "",
    )


def _properties(stack: Stack, resource: Resource) -> dict[str, Any]:
    if declared_of(resource.type):
        return dict(stack.made(resource.id).properties)
    try:
        return dict(stack.properties(resource))
    except InputError:
        # Of a type that nothing else is known of, what cannot be worked out keeps nobody from the rest of the template.
        given = resource.properties if isinstance(resource.properties, dict) else {}
        return {str(name): DeployText.unknown(f"{resource.id}.{name}") for name in given}


def _generated(stack: Stack, resource: Resource) -> str:
    """Return the name that CloudFormation makes up where a template gives none.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
    """
    made_up = DeployText.unknown(f"name of {resource.id}", unique=True)
    return f"{stack.place['StackName']}-{resource.id}-{made_up}"
