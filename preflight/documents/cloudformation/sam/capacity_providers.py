"""`AWS::Serverless::CapacityProvider`: the capacity provider of Lambda, and the role that it manages instances by.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-capacityprovider.html
"""

from __future__ import annotations

from preflight.documents.cloudformation.sam.resource import Serverless, Written, arn_of, made, map_in, tags_of
from preflight.documents.cloudformation.sam.roles import managed_of_aws, trust_of

_TYPES = {"Architectures": "Architectures", "AllowedTypes": "AllowedInstanceTypes",
          "ExcludedTypes": "ExcludedInstanceTypes"}  # fmt: skip
_AS_THEY_ARE = ("CapacityProviderName", "VpcConfig", "KmsKeyArn")


def capacity_provider(one: Serverless) -> Written:
    """Give what SAM makes of a capacity provider."""
    given = one.properties
    role = given.get("OperatorRole")
    if role is None:
        role = arn_of(f"{one.id}OperatorRole")
        yield (
            f"{one.id}OperatorRole",
            made(
                "AWS::IAM::Role",
                AssumeRolePolicyDocument=trust_of("lambda"),
                ManagedPolicyArns=[managed_of_aws("AWSLambdaManagedEC2ResourceOperator")],
                Tags=tags_of({}, "lambda"),
            ),
        )
    instances = {to: each for name, to in _TYPES.items() if (each := one.map_of("InstanceRequirements").get(name))}
    scaling = one.map_of("ScalingConfig")
    logging = map_in(given, "LoggingConfig")
    yield (
        one.id,
        made(
            "AWS::Lambda::CapacityProvider",
            **{name: given[name] for name in _AS_THEY_ARE if name in given},
            PermissionsConfig={"CapacityProviderOperatorRoleArn": role},
            InstanceRequirements=instances or None,
            CapacityProviderScalingConfig={"MaxVCpuCount": scaling["MaxVCpuCount"]}
            if "MaxVCpuCount" in scaling
            else None,
            TelemetryConfig={"LoggingConfig": logging} if logging else None,
            Tags=tags_of(given.get("Tags"), "lambda"),
        ),
    )
