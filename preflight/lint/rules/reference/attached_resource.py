"""What belongs in a policy that is attached to a resource of a service: its own actions, its own resources.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight import catalog
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

_PARTS = 3


def action_supported(subject: Subject) -> Iterator[Finding]:
    """Find actions of another service than the one whose resource the policy is attached to."""
    owner = _owner(subject)
    if owner is None:
        return
    own = _ACTIONS.get(owner, (owner,))
    for statement in subject.statements:
        for entry in statement.actions or statement.not_actions:
            service = entry.text.partition(":")[0].lower()
            if ":" not in entry.text or "*" in service or "?" in service or service in own:
                continue
            if catalog.service_exists(service):
                what = "a role's trust policy" if owner == "sts" else f"the policy of a resource of {owner}"
                yield Finding(
                    entry.pointer,
                    f"{entry.text} is an action of {service}, which {what} cannot hold",
                    f"remove it here; allow it in an identity policy, or in the policy of a resource of {service}",
                )


def resource_supported(subject: Subject) -> Iterator[Finding]:
    """Find resources of another service than the one whose resource the policy is attached to."""
    owner = _owner(subject)
    if owner is None or owner == "sts":
        return
    own = _ACTIONS.get(owner, (owner,))
    for statement in subject.statements:
        for entry in statement.resources or statement.not_resources:
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
