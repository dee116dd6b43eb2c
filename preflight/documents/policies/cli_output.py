"""What AWS's commands print around a policy."""

from __future__ import annotations

from typing import Any

# What holds a policy in the answers of iam get-policy-version, get-role-policy and get-role, organizations
# describe-policy, s3api get-bucket-policy, ecr get-repository-policy (botocore's output shapes).
_WRAPPERS = (
    "PolicyVersion",
    "PolicyDocument",
    "Document",
    "AssumeRolePolicyDocument",
    "Role",
    "Policy",
    "policyText",
    "Content",
)


def next_wrapper(value: Any) -> str | None:
    """Return the member of an answer of AWS's in which the policy stands, perhaps within another; None for a policy,
    and for what is no such answer.
    """
    if not isinstance(value, dict) or "Statement" in value:
        return None
    return next((name for name in _WRAPPERS if isinstance(value.get(name), (dict, str))), None)
