"""What belongs in a policy that is attached to a resource of a service: its own actions, its own resources.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from preflight import catalog
from preflight.lint.analysis import stored_by_s3
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.subject import Subject

_ACTIONS = {
    "apigateway": ("apigateway", "execute-api"),
    "cloudtrail": ("cloudtrail", "cloudtrail-data"),
    "es": ("es", "opensearch"),
    "kafka": ("kafka", "kafka-cluster"),
    "opensearch": ("es", "opensearch"),
    "s3": ("s3", "s3-object-lambda"),
    "vpc-lattice": ("vpc-lattice", "vpc-lattice-svcs"),
    "sagemaker": ("sagemaker", "sagemaker-mlflow"),
    "servicecatalog": ("servicecatalog", "catalog"),
}
"""Services whose resources' policies also name another prefix; all others name their own."""

_REFUSED = {"sns": frozenset({"sns:createtopic", "sns:getsubscriptionattributes", "sns:setsubscriptionattributes"})}
"""Actions that a service refuses to store in the policies of its resources. Sources:
https://github.com/hashicorp/terraform/issues/12740 and https://github.com/aws/aws-cli/issues/3143
"""
_REPOSITORIES = frozenset(
    {"AWS::ECR::Repository", "aws_ecr_repository_policy", "awscc_ecr_repository", "AWS::ECR::PublicRepository"}
)
"""Repositories' policies have no resources: ECR refuses one that does, as an invalid repository policy. Sources:
https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html,
https://github.com/awsdocs/amazon-ecr-user-guide/pull/20 and https://github.com/aws/aws-cdk/pull/3590
"""
_PARTS = 3
_ACCOUNT = re.compile(r"(?:arn:[^:]*:(?:iam|sts|sqs):[^:]*:)?(\d{12})(?::|\Z)")


def action_supported(subject: Subject) -> Iterator[Finding]:
    """Find actions of another service than the one whose resource the policy is attached to."""
    owner = _owner(subject)
    if owner is None:
        return
    own = _ACTIONS.get(owner, (owner,))
    if owner == "sqs":
        yield from _listed_across_accounts(subject)
    for statement in subject.statements:
        for entry in statement.actions or statement.not_actions:
            service = entry.text.partition(":")[0].lower()
            if ":" not in entry.text or "*" in service or "?" in service or (service in own and owner not in _REFUSED):
                continue
            if entry.text.lower() in _REFUSED.get(owner, ()):
                yield Finding(
                    entry.pointer,
                    f"{owner.upper()} rejects {entry.text} in a resource-based policy (Policy statement action out of "
                    "service scope)",
                    f"remove {entry.text} here, and allow it in an identity-based policy",
                )
            elif service in own:
                continue
            elif catalog.service_exists(service):
                what = "a role's trust policy" if owner == "sts" else f"the policy of a resource of {owner}"
                yield Finding(
                    entry.pointer,
                    f"{entry.text} is an action of {service}, which {what} can't contain",
                    f"remove it here; allow it in an identity-based policy, or in a policy of a {service} resource",
                )


def _listed_across_accounts(subject: Subject) -> Iterator[Finding]:
    """Find sqs:ListQueues for a principal of another account, with which SQS refuses the policy of a queue. Sources:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-customer-managed-policy-examples.html
    (cross-account permissions do not apply to it) and https://github.com/hashicorp/terraform-provider-aws/pull/42209
    """
    for statement in subject.statements:
        entry = next((each for each in statement.actions if each.text.lower() == "sqs:listqueues"), None)
        if entry is None or not statement.allows:
            continue
        of = {found[1] for each in statement.resources if (found := _ACCOUNT.match(each.text))}
        others = [each for each in statement.principals if (found := _ACCOUNT.match(each.text)) and found[1] not in of]
        if of and others:
            yield Finding(
                entry.pointer,
                f"SQS rejects {entry.text} for {others[0].text}, which is of another account (Invalid value for the "
                "parameter Policy)",
                f"remove {entry.text} here: a principal of another account can't be allowed to list queues",
            )


def _of_repository(subject: Subject) -> Iterator[Finding]:
    for statement in subject.statements:
        for name in ("Resource", "NotResource"):
            if name in statement.raw:
                yield Finding(
                    f"{statement.pointer}/{name}",
                    f"ECR rejects a repository policy with {name} (Invalid repository policy provided)",
                    f"remove {name}: the policy applies to the repository that it is attached to",
                    on_name=True,
                )


def resource_supported(subject: Subject) -> Iterator[Finding]:
    """Find resources of another service than the one whose resource the policy is attached to."""
    owner = _owner(subject)
    if owner is None or owner == "sts":
        return
    if subject.found.owner.get("type") in _REPOSITORIES:
        yield from _of_repository(subject)
        return
    own = _ACTIONS.get(owner, (owner,))
    for statement in subject.statements:
        for entry in statement.resources or statement.not_resources:
            if owner == "s3" and entry.text and not entry.text.strip("*"):
                yield Finding(
                    entry.pointer,
                    f"S3 rejects a bucket policy with the resource `{entry.text}` (Policy has invalid resource)",
                    "name the bucket, and its objects: arn:aws:s3:::example-bucket and arn:aws:s3:::example-bucket/*",
                    level=stored_by_s3.level(subject),
                )
            parts = entry.text.split(":", _PARTS)
            if parts[0] != "arn" or len(parts) <= _PARTS:
                continue
            service = parts[2]
            if service in own or not service or any(each in service for each in "*?$") or not service.islower():
                continue
            if catalog.service_exists(service):
                yield Finding(
                    entry.pointer,
                    f"{entry.text} is a resource of {service}, but the policy is that of a resource of {owner}",
                    'name the resource that the policy is attached to, or "*" where its service takes that',
                )


def _owner(subject: Subject) -> str | None:
    if subject.type == "trust":
        return "sts"
    owner = subject.found.owner.get("service", "").lower() if subject.type == "resource" else ""
    return owner if owner and catalog.service_exists(owner) else None
