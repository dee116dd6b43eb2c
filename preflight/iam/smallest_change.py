"""The smallest statement that allows a request, in the form that is valid in the type of policy it is added to.

An Allow in an identity policy does not help where a boundary, a session policy or a service control policy withholds
the permission, and each type of policy has elements of its own: a resource-based policy names a principal, a trust
policy has no resource, neither has a repository's.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html,
https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html,
https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from preflight.iam.access_denied import TRUST
from preflight.iam.request import PolicyType

_WITHOUT_RESOURCE = ("ecr", "ecr-public")
"""Services whose resource-based policies have no Resource element: the policy is the repository's."""
_GATEWAY = ("s3", "dynamodb")
"""Services with gateway endpoints, whose policies name a principal by aws:PrincipalArn alone.

https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
"""


def allowing(
    policy_type: PolicyType | str,
    *,
    principal: str,
    action: str,
    resource: str,
    condition: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the statement to add to a policy of a type, so that it allows `action` on `resource` to `principal`.

    `principal` is an ARN or a service principal; that of a session becomes its role, which is what outlasts it.
    """
    statement: dict[str, Any] = {"Effect": "Allow"}
    if policy_type in (PolicyType.RESOURCE, PolicyType.VPC_ENDPOINT, TRUST):
        statement["Principal"] = principal_element(principal)
    service = action.partition(":")[0]
    conditions = dict(condition or {})
    if policy_type is PolicyType.VPC_ENDPOINT and service in _GATEWAY and "AWS" in statement["Principal"]:
        arn = statement["Principal"]["AWS"]
        statement["Principal"] = "*"
        conditions["ArnEquals"] = {**conditions.get("ArnEquals", {}), "aws:PrincipalArn": arn}
    statement["Action"] = action
    in_repository = policy_type is PolicyType.RESOURCE and service in _WITHOUT_RESOURCE
    if policy_type != TRUST and not in_repository:
        # A key policy is about its own key alone.
        own_key = policy_type is PolicyType.RESOURCE and action.startswith("kms:")
        statement["Resource"] = "*" if own_key else resource
    if conditions:
        statement["Condition"] = {operator: dict(keys) for operator, keys in conditions.items()}
    return statement


def principal_element(principal: str) -> Any:
    """Return the Principal element for a principal: `{"AWS": …}`, `{"Service": …}`, `{"Federated": …}` or `*`."""
    if principal in ("*", "anonymous", ""):
        return "*"
    if not principal.startswith("arn:"):
        return {"Service": principal}
    parts = principal.split(":", 5)
    resource = parts[5] if len(parts) == 6 else ""
    if parts[2] == "sts" and resource.startswith("assumed-role/"):
        return {"AWS": f"arn:{parts[1]}:iam::{parts[4]}:role/{resource.split('/')[1]}"}
    if resource.startswith(("saml-provider/", "oidc-provider/")):
        return {"Federated": principal}
    return {"AWS": principal}
