"""A snapshot made of what AWS CLI commands printed: each file is recognized by its members."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from preflight.account.snapshots.redact import redacted
from preflight.declared.expressions import arn_part
from preflight.documents.text.document import Document
from preflight.documents.text.load import load
from preflight.documents.text.schema import validate
from preflight.errors import InputError, UsageError

_KINDS = {
    "UserDetailList": "iam:user",
    "GroupDetailList": "iam:group",
    "RoleDetailList": "iam:role",
    "Policies": "iam:policy",
}
_IAM = tuple(_KINDS)
# Lists that a command prints, the part of a region that they are, and the member that tells entries apart.
_LISTS = {
    "Endpoints": ("endpoints", "EndpointName"),
    "EndpointConfigs": ("endpoint_configs", "EndpointConfigName"),
    "Models": ("models", "ModelName"),
    "Quotas": ("quotas", "QuotaCode"),
    "Subnets": ("subnets", "SubnetId"),
    "SecurityGroups": ("security_groups", "GroupId"),
    "imageDetails": ("images", "imageDigest"),
    "repositories": ("repositories", "repositoryName"),
    "ScalableTargets": ("scalable_targets", "ResourceId"),
    "Functions": ("functions", "FunctionName"),
}
# Outputs that hold a part of what there is: the images of one repository, one described resource.
_PARTIAL = ("imageDetails",)
_MORE = ("NextToken", "nextToken", "NextMarker", "Marker")
_DOCUMENTS = ("PolicyDocument", "AssumeRolePolicyDocument", "Document")


def document_from(paths: Sequence[str], *, account: str | None, region: str | None) -> dict[str, Any]:
    """Return the snapshot document that files make together. `account` and `region` are for what does not say it.

    Raises `InputError` for a file that is none of the known outputs, or of another account than the others;
    `UsageError` where nothing says of which account or region something is.
    """
    made: dict[str, Any] = {"version": 1, "regions": {}}
    seen = _Seen(account, region)
    for path in paths:
        document = load(path)
        placed = list(_placed(document))
        if not placed:
            known = (
                "get-account-authorization-details, list- and describe- commands of SageMaker, list-service-quotas, ..."
            )
            raise InputError(path, "it is not the output of a supported AWS CLI command", mend=f"give one of {known}")
        for place in placed:
            place(made, seen, path)
    if seen.account is None:
        raise UsageError("no file names the account; add --account")
    for name, parts in made["regions"].items():
        partial = sorted(
            part for part, value in parts.items() if isinstance(value, list) and (name, part) not in seen.whole
        )
        if partial:
            parts["incomplete"] = partial
    partition = seen.partition or "aws"
    taken = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found: dict[str, Any] = redacted({**made, "taken_at": taken, "partition": partition, "account": seen.account})
    if seen.unused:
        found["unknown"] = seen.unused
    validate(Document(", ".join(paths), found), "snapshot")
    return found


Placement = Callable[[dict[str, Any], "_Seen", str], None]


class _Seen:
    """The account, partition and region that files say, and the regions and parts that they list whole."""

    def __init__(self, account: str | None, region: str | None) -> None:
        self.account, self.partition, self._region = account, None, region
        self.whole: set[tuple[str, str]] = set()
        # What is in the files and cannot be used, as entries of a snapshot's `unknown`.
        self.unused: list[dict[str, Any]] = []

    def arn(self, arn: object, path: str) -> None:
        """Take the account and partition of a resource's ARN. Raises `InputError` where they are others'."""
        text = arn if isinstance(arn, str) else None
        account, partition = arn_part(text, "account"), arn_part(text, "partition")
        if account is None or not account.isdigit():
            return
        if self.account is not None and account != self.account:
            raise InputError(
                path, f"it belongs to account {account}, the others to {self.account}", mend="give files of one account"
            )
        self.account = account
        self.partition = self.partition or partition  # type: ignore[assignment]

    def region(self, arns: Iterable[object], path: str) -> str:
        """Return the region of resources. Raises `UsageError` where nothing says it."""
        for arn in arns:
            found = arn_part(arn, "region") if isinstance(arn, str) else None
            if found:
                return found
        if self._region is None:
            raise UsageError(f"{path} doesn't name its region; add --region")
        return self._region


def _placed(document: Document) -> Iterator[Placement]:
    value = document.value
    if not isinstance(value, dict):
        return
    if any(name in value for name in _IAM) and not any(name in value for name in _LISTS):
        yield lambda made, seen, path: _iam(made, seen, path, value)
    more = any(value.get(name) for name in _MORE)
    for name, (part, key) in _LISTS.items():
        if isinstance(value.get(name), list):
            yield _listing(part, key, value[name], whole=name not in _PARTIAL and not more)
    if "EndpointName" in value and "EndpointStatus" in value:
        yield _listing("endpoints", "EndpointName", [value])
    elif "EndpointConfigName" in value and "ProductionVariants" in value:
        yield _listing("endpoint_configs", "EndpointConfigName", [value])
    elif "ModelName" in value and ("PrimaryContainer" in value or "Containers" in value):
        yield _listing("models", "ModelName", [value])
    elif isinstance(value.get("KeyMetadata"), dict):
        yield _listing("kms_keys", "KeyId", [value["KeyMetadata"]])
    elif isinstance(value.get("Quota"), dict):
        yield _listing("quotas", "QuotaCode", [value["Quota"]])
    elif "RegionOptStatus" in value and "RegionName" in value:
        yield (
            lambda made, _, __: (
                made["regions"].setdefault(value["RegionName"], {}).update(RegionOptStatus=value["RegionOptStatus"])
            )
        )


def _listing(part: str, key: str, entries: Sequence[Any], *, whole: bool = False) -> Placement:
    def place(made: dict[str, Any], seen: _Seen, path: str) -> None:
        found = [each for each in entries if isinstance(each, dict)]
        arns = [each[name] for each in found for name in each if name.lower().endswith("arn")]
        own = [arn for arn in arns if ":sagemaker:" in str(arn)]
        for arn in own:
            seen.arn(arn, path)
        region = seen.region([*own, *arns], path)
        listed = made["regions"].setdefault(region, {}).setdefault(part, [])
        if whole:
            seen.whole.add((region, part))
        by_name = {one[key]: one for one in reversed(listed) if isinstance(one.get(key), str)}
        for each in found:
            name = each.get(key)
            there = by_name.get(name) if isinstance(name, str) else None
            if there is None:
                listed.append(there := {})
                if isinstance(name, str):
                    by_name[name] = there
            there.update(each)

    return place


def _iam(made: dict[str, Any], seen: _Seen, path: str, value: Mapping[str, Any]) -> None:
    """Take the users, groups, roles and policies of one account: some files have examples of several."""
    iam = made.setdefault("iam", {})
    for name in _IAM:
        listed = value.get(name, [])
        if not isinstance(listed, list) or not all(
            isinstance(each, dict) and isinstance(each.get("Arn", ""), str) for each in listed
        ):
            raise InputError(
                path, f"{name} is not a list as AWS gives it", mend="give the complete output of the command"
            )
    named = Counter(
        account
        for name in _IAM
        for each in value.get(name, ())
        if (account := str(arn_part(each.get("Arn"), "account"))).isdigit()
    )
    own = seen.account if seen.account in named or not named else named.most_common(1)[0][0]
    for name in _IAM:
        kept = []
        for each in value.get(name, ()):
            arn = str(each.get("Arn", ""))
            account = str(arn_part(arn, "account"))
            if len(named) > 1 and account.isdigit() and account != own:
                seen.unused.append(_unused(name, arn, f"it belongs to account {account}, the others to {own}"))
                continue
            if name != "Policies" or ":iam::aws:" not in arn:
                seen.arn(arn, path)
            kept.append(each)
        iam.setdefault(name, []).extend(_decoded(kept, path))


def _unused(name: str, arn: str, reason: str) -> dict[str, Any]:
    kind = _KINDS[name]
    key = {"GroupName": arn.rpartition("/")[2]} if kind == "iam:group" else {f"{kind[4:].capitalize()}Arn": arn}
    return {
        "kind": kind,
        "region": "",
        "key": key,
        "reason": reason,
        "resolution": "give that account's files separately, with --account",
    }


def _decoded(value: Any, path: str) -> Any:
    """Return plain data with policy documents as objects: boto3 decodes them, other tools leave them URL-encoded."""
    if isinstance(value, list):
        return [_decoded(each, path) for each in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, each in value.items():
        if name in _DOCUMENTS and isinstance(each, str):
            try:
                found[name] = json.loads(unquote(each) if each.lstrip()[:1] == "%" else each)
            except ValueError:
                raise InputError(
                    path, f"a {name} in it is not valid JSON", mend="give the complete output of the command"
                ) from None
        else:
            found[name] = _decoded(each, path)
    return found
