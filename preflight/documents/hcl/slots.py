"""Which attributes of the AWS provider's resources hold a policy, whatever stands in them.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs, the pages of the resources.
"""

from __future__ import annotations

from collections.abc import Mapping

from preflight.documents.hcl.parse import Block
from preflight.documents.hcl.values import Listed, Mapped
from preflight.documents.policies.found_policy import PolicyType

_IDENTITY = (
    "aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy",
)  # fmt: skip
_RESOURCE = (
    "aws_api_gateway_rest_api_policy", "aws_backup_vault_policy", "aws_cloudwatch_event_bus_policy",
    "aws_codeartifact_domain_permissions_policy", "aws_codeartifact_repository_permissions_policy",
    "aws_ecr_registry_policy", "aws_ecr_repository_policy", "aws_efs_file_system_policy", "aws_kms_key",
    "aws_kms_key_policy", "aws_kms_external_key", "aws_kms_replica_key", "aws_media_store_container_policy",
    "aws_s3_access_point", "aws_s3_bucket", "aws_s3_bucket_policy", "aws_s3control_access_point_policy",
    "aws_secretsmanager_secret", "aws_secretsmanager_secret_policy", "aws_ses_identity_policy",
    "aws_sns_topic", "aws_sns_topic_policy", "aws_sqs_queue", "aws_sqs_queue_policy",
)  # fmt: skip
ATTRIBUTES: Mapping[tuple[str, str], PolicyType] = {
    **{(kind, "policy"): "identity" for kind in _IDENTITY},
    **{(kind, "policy"): "resource" for kind in _RESOURCE},
    ("aws_iam_role", "assume_role_policy"): "trust",
    ("aws_iam_role", "policy"): "identity",
    ("aws_ssoadmin_permission_set_inline_policy", "inline_policy"): "identity",
    ("aws_cloudwatch_log_resource_policy", "policy_document"): "resource",
    ("aws_dynamodb_resource_policy", "policy"): "resource",
    ("aws_dynamodb_resource_policy", "resource_policy"): "resource",
    ("aws_ecr_repository_policy", "policy"): "resource",
    ("aws_elasticsearch_domain_policy", "access_policies"): "resource",
    ("aws_opensearch_domain_policy", "access_policies"): "resource",
    ("aws_glacier_vault", "access_policy"): "resource",
    ("aws_kinesis_resource_policy", "policy"): "resource",
    ("aws_lambda_layer_version_permission", "policy"): "resource",
    ("aws_vpc_endpoint", "policy"): "vpc-endpoint",
    ("aws_vpc_endpoint_policy", "policy"): "vpc-endpoint",
}
"""The type of the policy in an attribute, by the resource's type and the attribute's name."""


def is_slot(owner: Block, attribute: str) -> bool:
    """Say whether an attribute of a resource, or of a block in it, always holds a policy."""
    return owner.kind == "resource" and bool(owner.labels) and (owner.labels[0], attribute) in ATTRIBUTES


def holds_policy(value: Mapped) -> bool:
    """Say whether an object in any other attribute is a policy."""
    member = value.members.get("Statement")
    if member is None:
        return False
    statements = member.value.items if isinstance(member.value, Listed) else (member.value,)
    return "Version" in value.members or any(
        isinstance(each, Mapped) and {"Effect", "Action", "NotAction"} & set(each.members) for each in statements
    )
