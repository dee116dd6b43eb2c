"""What differs from service to service when AWS decides: `rules/authorization/service-rules.json`, with its sources."""

from __future__ import annotations

from functools import cache

from preflight.data_files import declared_json

LIST_BUCKETS = "s3:listallmybuckets"
"""The action on no bucket in particular that AWS's examples allow on `arn:aws:s3:::*`.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_s3_rw-bucket-console.html
"""


@cache
def rcp_services() -> frozenset[str]:
    """Return the prefixes of the services that resource control policies bear on, or may bear on.

    Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    declared = declared_json("authorization/resource-control-policies")
    return frozenset({*declared["services"], *declared["in_doubt"]})


def rcp_doubt(service: str) -> str:
    """Say why it is not known whether resource control policies bear on one of those services; empty if it is."""
    why: str = declared_json("authorization/resource-control-policies")["in_doubt"].get(service, "")
    return why


@cache
def rcp_spares() -> frozenset[str]:
    """Return the actions of those services, in lower case, that resource control policies leave alone."""
    return frozenset(each.lower() for each in declared_json("authorization/resource-control-policies")["unrestricted"])


@cache
def _names(rule: str) -> frozenset[str]:
    return frozenset(each.lower() for each in declared_json("authorization/service-rules")[rule]["names"])


def unsigned_services() -> frozenset[str]:
    """Return the services that take requests which nobody signed, as far as the resource's policy allows them."""
    return _names("unsigned")


def no_permission_needed() -> frozenset[str]:
    """Return the actions, in lower case, that need no permission and that no policy can take away."""
    return _names("no_permission_needed")


def kept_by_root() -> frozenset[str]:
    """Return the actions on a bucket that its policy cannot deny to the root user of the bucket's account."""
    return _names("kept_by_root")


def on_an_unknown_key(action: str, resource: str) -> bool:
    """Whether an action, in lower case, is on a KMS key that the resource does not name: by an alias, or by `*`.

    An alias is not the key, and a policy that names one as its resource does not mean the key that it stands for.
    Source: https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    return action.startswith("kms:") and ":key/" not in resource and action not in _names("without_a_key")


def resource_policy_rules(action: str, resource: str) -> bool:
    """Whether the resource's own policy must allow, whatever identity policies say: roles' trust and KMS keys.

    `action` is in lower case. Sources: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html and
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    """
    if action.startswith("kms:"):
        return ":key/" in resource or action not in _names("without_a_key")
    return action.startswith("sts:") and ":role/" in resource
