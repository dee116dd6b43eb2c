"""What a plan says about itself must agree: account, region and partition, in its members and in its ARNs."""

from __future__ import annotations

import re

from preflight.documents.plan import Plan
from preflight.errors import InputError, UsageError
from preflight.iam.arn import Arn

_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
_PRINCIPAL = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?:iam::(?P<iam>[0-9]{12}):(?:(?:role|user)/\S+|root)"
    r"|sts::(?P<sts>[0-9]{12}):assumed-role/[^/\s]+/[^/\s]+)"
)
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b",
               "eu-isoe-": "aws-iso-e", "us-isof-": "aws-iso-f", "eusc-": "aws-eusc"}  # fmt: skip


def partition_of(region: str) -> str:
    """Return the partition of a region by its name, as botocore's partitions.json tells them apart."""
    return next((partition for start, partition in _PARTITIONS.items() if region.startswith(start)), "aws")


def require_consistent(plan: Plan) -> None:
    """Check the form of account, region and principal and that they agree. Raises `InputError` or `UsageError`."""
    path = plan.requests[0].document.path if plan.requests else "the plan"
    if plan.account is not None and not _ACCOUNT.fullmatch(plan.account):
        raise InputError(path, f"the account {plan.account!r} is not twelve digits",
                         mend="write all twelve, in quotes (YAML drops leading zeros)")  # fmt: skip
    if plan.region is not None and not _REGION.fullmatch(plan.region):
        raise InputError(path, f"{plan.region!r} is no region name", mend="write one such as us-east-1")
    for key in plan.context:
        if ":" not in key:
            raise UsageError(f"the context key {key!r} has no prefix; write for example aws:SourceIp")
    if plan.principal is None:
        return
    match = _PRINCIPAL.fullmatch(plan.principal)
    if match is None:
        raise InputError(path, f"the principal {plan.principal!r} is not the ARN of a role, user or role session",
                         mend="write one such as arn:aws:iam::111122223333:role/deployer")  # fmt: skip
    account = match["iam"] or match["sts"]
    if plan.account is not None and account != plan.account:
        raise InputError(path, f"the principal is of account {account}, the plan of account {plan.account}",
                         mend="make them agree, or leave out the account")  # fmt: skip
    if plan.region is not None and match["partition"] != partition_of(plan.region):
        raise InputError(path, f"the principal is of partition {match['partition']}, the region {plan.region} of "
                         f"{partition_of(plan.region)}", mend="make them agree")  # fmt: skip


def principal_account(principal: str) -> str:
    """Return the account of a principal's ARN."""
    return Arn.parse(principal).account
