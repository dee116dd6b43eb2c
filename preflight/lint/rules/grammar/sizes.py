"""How long a policy may be.

IAM does not count white space; other services count every character as it is sent, and a policy is judged here as the
shortest text of it unless its own text is known. Sources: the quotas pages named at each number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from preflight.engine.result import Level
from preflight.iam.limits import INLINE, MANAGED
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.subject import Subject

_TRUST, _TRUST_AT_MOST = 2048, 8192
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_SESSION: Final = 2048
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
_ORGANIZATION: Final[Mapping[str, int]] = {"scp": 10_240, "rcp": 5120}
# https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
_ENDPOINT: Final = 20_480
# S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html; KMS:
# https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html; SES, EFS: the documentation of
# sesv2 CreateEmailIdentityPolicy and efs PutFileSystemPolicy; the others: the shapes of botocore's models
# (secretsmanager and lambda PutResourcePolicy, ecr SetRepositoryPolicy, codeartifact PutRepositoryPermissionsPolicy,
# sagemaker PutModelPackageGroupPolicy, s3tables PutTableBucketPolicy, cloudtrail and bedrock PutResourcePolicy).
_RESOURCE: Final[Mapping[str, int]] = {
    "bedrock": 20_480,
    "cloudtrail": 8192,
    "codeartifact": 7168,
    "ecr": 10_240,
    "elasticfilesystem": 20_000,
    "kms": 32_768,
    "lambda": 20_480,
    "s3": 20_480,
    "s3tables": 20_480,
    "sagemaker": 20_480,
    "secretsmanager": 20_480,
    "ses": 4096,
    "sqs": 8192,
}
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
_QUEUE_STATEMENTS, _QUEUE_ACTIONS, _QUEUE_PRINCIPALS = 20, 7, 50


def identity(subject: Subject) -> Iterator[Finding]:
    """Find policies of identities, boundaries and session policies that are longer than AWS stores."""
    owner = subject.found.owner.get("kind", "")
    if subject.type == "session":
        most, what = _SESSION, "a session policy"
    elif owner in INLINE:
        most, what = INLINE[owner], f"the inline policies of a {owner} together"
    else:
        most, what = MANAGED, "a managed policy"
    size = _size(subject, most)
    if size <= most:
        return
    # AWS's own managed policies may be longer; of a file nobody knows what it will be.
    certain = subject.type == "session" or (bool(owner) and ":iam::aws:policy/" not in subject.found.name)
    problem = _too_long(size, most, what)
    if not owner and subject.type == "identity" and size <= INLINE["role"]:
        problem += f"; inline policies of a role may have {INLINE['role']:,}"
    yield Finding("", problem, level=Level.ERROR if certain else None)


def trust(subject: Subject) -> Iterator[Finding]:
    """Find trust policies that are longer than AWS stores."""
    size = _size(subject, _TRUST)
    if size > _TRUST_AT_MOST:
        yield Finding("", _too_long(size, _TRUST_AT_MOST, "a trust policy, with a raised quota"), level=Level.ERROR)
    elif size > _TRUST:
        yield Finding("", _too_long(size, _TRUST, "a trust policy by default"))


def organization(subject: Subject) -> Iterator[Finding]:
    """Find policies of an organization that are longer than AWS stores; these count white space too."""
    most = _ORGANIZATION[subject.type]
    what = f"{'a service' if subject.type == 'scp' else 'a resource'} control policy"
    size = _size(subject, most)
    if size > most:
        yield Finding("", _too_long(size, most, what))
        return
    as_it_stands = len(_own_text(subject))
    if as_it_stands > most:
        problem = f"{_too_long(as_it_stands, most, what)}; {size:,} of them aren't whitespace"
        remedy = "remove the whitespace before you call the API, which counts it (the console removes it for you)"
        yield Finding("", problem, remedy, level=Level.WARNING)


def resource(subject: Subject) -> Iterator[Finding]:
    """Find policies of resources that are longer than their service stores."""
    service = subject.found.owner.get("service", "")
    if service == "sqs" and subject.type == "resource":
        yield from _queue(subject)
    most = _ENDPOINT if subject.type == "vpc-endpoint" else _RESOURCE.get(service)
    if most is None:
        return
    what = "the policy of a VPC endpoint" if subject.type == "vpc-endpoint" else f"such a policy of {service}"
    size = _size(subject, most)
    if size > most:
        yield Finding("", _too_long(size, most, what))


def _queue(subject: Subject) -> Iterator[Finding]:
    """Find more of something than SQS takes in the policy of a queue (OverLimit)."""
    if len(subject.statements) > _QUEUE_STATEMENTS:
        problem = f"the policy has {len(subject.statements)} statements, and SQS takes {_QUEUE_STATEMENTS} (OverLimit)"
        yield Finding("", problem, level=Level.ERROR)
    for view in subject.statements:
        for name, many, most in (
            ("Action", len(view.actions), _QUEUE_ACTIONS),
            ("Principal", len(view.principals), _QUEUE_PRINCIPALS),
        ):
            if many > most:
                problem = (
                    f"{view.cited} has {many} {name.lower()}s, and SQS takes {most} in a queue's policy (OverLimit)"
                )
                remedy = f"split the statement, or use patterns: {name} can have {most} entries"
                yield Finding(f"{view.pointer}/{name}", problem, remedy, level=Level.ERROR)


def _too_long(size: int, most: int, what: str) -> str:
    return f"the policy has {size:,} characters, and {what} may have {most:,}"


def _own_text(subject: Subject) -> str:
    """Return the text of the policy where it is one of its own in JSON; empty where it is not."""
    found = subject.found
    if found.text is not None:
        return found.text
    return found.document.text if not found.pointer and found.document.syntax == "json" else ""


def _size(subject: Subject, most: int) -> int:
    """Return the number of characters that aren't whitespace; 0 where they are certainly few enough."""
    text = _own_text(subject)
    if text and len(text) <= most:
        return 0
    if not text:
        import json

        try:
            text = json.dumps(subject.value, separators=(",", ":"), ensure_ascii=False, default=str)
        except (ValueError, RecursionError):
            return 0
    return len(text) - sum(map(text.count, " \n\r\t"))
