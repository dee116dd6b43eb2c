"""What a plan says about itself must agree: account, region, partition and principal, whoever said them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from preflight.declared.partitions import partition_of
from preflight.documents.plans.plan import Plan
from preflight.errors import InputError, UsageError

_ACCOUNT = re.compile(r"[0-9]{12}")
# What could be a region; whether there is one of that name is for a check, which knows the partitions' regions.
_REGION = re.compile(r"[a-z]{2,}(-[a-z0-9]+)+")
_ZONE = re.compile(r"(?P<region>[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2})[a-z]")
_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}", re.ASCII)
_PRINCIPAL = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):"
    r"(?:iam::(?P<iam>[0-9]{12}):(?:(?:role|user)/\S*[^\s/]|root)|sts::(?P<sts>[0-9]{12}):assumed-role/[^/\s]+/[^/\s]+)"
)


def with_options(
    plan: Plan,
    *,
    principal: str | None = None,
    region: str | None = None,
    account: str | None = None,
    context: Mapping[str, str | list[str]] | None = None,
) -> Plan:
    """Return the plan with what the command line says in place of what the documents say.

    Raises `InputError` where account, region, partition and principal do not agree afterwards, naming the option or the
    file and place that said it; `UsageError` for a context key without a prefix.
    """
    given = {"principal": principal, "region": region, "account": account}
    said = {name: value for name, value in given.items() if value is not None}
    over = {key.casefold(): key for key in context or {}}
    kept = {key: value for key, value in plan.context.items() if key.casefold() not in over}
    settled = replace(plan, **said, context={**kept, **(context or {})})  # type: ignore[arg-type]
    require_consistent(settled, options=said)
    return settled


def context_of(options: Iterable[str]) -> dict[str, str | list[str]]:
    """Return the context keys of `--context key=value` options; a key given again has several values.

    Raises `UsageError` for an option without `=`, without a key, or with a key that has no prefix.
    """
    found: dict[str, tuple[str, list[str]]] = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"--context {option!r} is not key=value; write for example aws:SourceIp=10.0.0.1")
        _require_prefix(key.strip(), "--context ")
        found.setdefault(key.strip().casefold(), (key.strip(), []))[1].append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in found.values()}


def require_region(region: str, option: str) -> None:
    """Raise `UsageError` for a region of an option that has not the form of a region's name."""
    if not _REGION.fullmatch(region) or _ZONE.fullmatch(region):
        raise UsageError(f"{option} {region!r} is not a region name; {_region_mend(region)}")


def require_stack_name(name: str) -> None:
    """Raise `UsageError` for what can't be a stack's name
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html).
    """
    if not _STACK_NAME.fullmatch(name):
        raise UsageError(
            f"--stack-name {name!r} is not a stack name; use up to 128 letters, digits and hyphens, a letter first"
        )


def context_text(given: Any) -> str | list[str]:
    """Return a context value of a document as the text that AWS compares: true and 5 are "true" and "5"."""
    if isinstance(given, list):
        return [_text(each) for each in given]
    return _text(given)


def _text(given: Any) -> str:
    return given if isinstance(given, str) else json.dumps(given)


def require_consistent(plan: Plan, options: Mapping[str, str] | None = None) -> None:
    """Check the form of account, region and principal and that they agree.

    `options` are those that the command line said. Raises `InputError`, or `UsageError` for a context key.
    """
    options = options or {}
    for key in plan.context:
        _require_prefix(key, "the context key ", plan)
    if plan.account is not None and not _ACCOUNT.fullmatch(plan.account):
        raise _error(plan, "account", options, f"the account {plan.account!r} is not a 12-digit account ID",
                     "write all 12 digits in quotes, with leading zeros")  # fmt: skip
    if plan.region is not None and (not _REGION.fullmatch(plan.region) or _ZONE.fullmatch(plan.region)):
        raise _error(plan, "region", options, f"{plan.region!r} is not a region name", _region_mend(plan.region))
    if plan.principal is None:
        return
    match = _PRINCIPAL.fullmatch(plan.principal)
    if match is None:
        raise _error(plan, "principal", options, f"{plan.principal!r} is not the ARN of a role, a user or a role's "
                     "session", _principal_mend(plan.principal))  # fmt: skip
    account, partition = match["iam"] or match["sts"], match["partition"]
    if plan.account is not None and account != plan.account:
        raise _error(plan, "principal", options, f"the principal belongs to account {account}, but the plan is for "
                     f"account {plan.account}", "name a principal of that account, or correct the account")  # fmt: skip
    if plan.region is not None and partition != partition_of(plan.region):
        raise _error(plan, "principal", options, f"the principal is in partition {partition}, but Region "
                     f"{plan.region} is in {partition_of(plan.region)}", "make them agree")  # fmt: skip


def _error(plan: Plan, member: str, options: Mapping[str, str], problem: str, mend: str) -> InputError:
    """Return the error with the option that said the member, or the document and place where it stands."""
    if member in options:
        return InputError(f"--{member}", problem, mend=mend)
    for request in plan.requests:
        document = request.document
        if isinstance(document.value, dict) and member in document.value and "requests" in document.value:
            return InputError(document.path, problem, place=document.place(f"/{member}"), mend=mend)
    return InputError("the plan", problem, mend=mend)


def _require_prefix(key: str, label: str, plan: Plan | None = None) -> None:
    prefix, colon, name = key.partition(":")
    if prefix and colon and name:
        return
    problem, mend = f"{label}{key!r} has no prefix", "write for example aws:SourceIp or sagemaker:VpcSubnets"
    for document in [request.document for request in plan.requests] if plan else []:
        if isinstance(document.value, dict) and key in (document.value.get("context") or {}):
            raise InputError(document.path, problem, place=document.place("/context"), mend=mend)
    raise UsageError(f"{problem}; {mend}")


def _region_mend(region: str) -> str:
    if zone := _ZONE.fullmatch(region):
        return f"that is an availability zone; write {zone['region']}"
    if _REGION.fullmatch(region.strip().lower().replace("_", "-")):
        return f"write {region.strip().lower().replace('_', '-')}"
    return "write one such as us-east-1"


def _principal_mend(principal: str) -> str:
    if re.fullmatch(r"[\w+=,.@-]+", principal):
        return f"write the full ARN, such as arn:aws:iam::111122223333:role/{principal}"
    if ":assumed-role/" in principal:
        return "write arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION, or the ARN of the role"
    return "write one such as arn:aws:iam::111122223333:role/deployer"
