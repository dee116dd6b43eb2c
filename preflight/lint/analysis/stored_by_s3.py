"""What S3 refuses to store as the policy of a bucket, beyond what IAM refuses everywhere.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html and the messages of that call:
"Policy has invalid resource", "Action does not apply to any resource(s) in statement", "Conditions do not apply to
combination of actions and resources in statement".
"""

from __future__ import annotations

from preflight.engine.result import Level
from preflight.lint.policy.subject import Subject


def of_bucket(subject: Subject) -> bool:
    """Whether a policy is that of a bucket, as far as it can be told."""
    return subject.type == "resource" and subject.found.owner.get("service") == "s3"


def level(subject: Subject) -> Level | None:
    """Return the level of what S3 refuses: an error, or a warning where the policy may be that of a VPC endpoint, as
    those that stand alone and name no caller may; None for other policies.
    """
    if not of_bucket(subject):
        return None
    if "address" in subject.found.owner or "NotPrincipal" in subject.elements:
        return Level.ERROR
    everyone = any(each.text == "*" for view in subject.statements for each in view.principals)
    return Level.WARNING if everyone else Level.ERROR
