"""The resources of an account that have policies of their own, as the kinds of `rules/resources/` declare them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from preflight.account.facts import Ask, Fact, Known, Unknown
from preflight.account.snapshots.recorder import Recorder
from preflight.audit.scene import Scene
from preflight.declared.resource_kinds import load_kind

KINDS = (
    "s3:bucket",
    "kms:key",
    "sqs:queue",
    "sns:topic",
    "ecr:repository",
    "secretsmanager:secret",
    "lambda:function",
)
# Names of buckets are shared by all regions: the list is asked for by region.
_SCOPED = {"s3:bucket": "BucketRegion"}
_BATCH = 200
BLOCKED_IN_BUCKET = "s3:bucket-public-access-block"


@dataclass(frozen=True, slots=True)
class SharedResource:
    """A resource that is listed, `called` as messages call it, and its policy: a document, Absent, or Unknown where the
    facts don't have it.
    """

    kind: str
    region: str
    called: str
    arn: str
    policy: Fact[Any]
    key: Mapping[str, str]


def collect_shared(recorder: Recorder, region: str, account: str, of: Sequence[str] = KINDS) -> None:
    """Read every resource of a region that may have a policy, and its policy; of buckets what blocks public access."""
    recorder.read_many([*(_list_of(kind, region) for kind in of), blocked_in_account(region, account)])
    for kind in of:
        listed = recorder.read(_list_of(kind, region))
        keys = [load_kind(kind).key_in(each) for each in listed.value] if isinstance(listed, Known) else []
        kinds = [kind, _policy_kind(kind), *([BLOCKED_IN_BUCKET] if kind == "s3:bucket" else [])]
        asks = [Ask.one(each, region, key) for key in keys for each in kinds]
        for start in range(0, len(asks), _BATCH):
            recorder.read_many(asks[start : start + _BATCH])


def blocked_in_account(region: str, account: str) -> Ask:
    """Return the question what Block Public Access blocks in all buckets of an account."""
    return Ask.one("s3:account-public-access-block", region, {"AccountId": account})


def shared_resources(scene: Scene) -> Iterator[SharedResource]:
    """Give every resource that the facts list and that may have a policy."""
    for region in scene.regions:
        for kind in KINDS:
            declared = load_kind(kind)
            for entry in scene.account.listed(kind, region):
                key = declared.key_in(entry)
                policy = scene.account.read(Ask.one(_policy_kind(kind), region, key))
                if isinstance(policy, Unknown) and scene.account.holds_names_only(kind, region):
                    continue
                if isinstance(policy, Known) and isinstance(policy.value, str):
                    policy = _parsed(policy.value)
                arn = declared.arn_in(entry, partition=scene.partition, region=region, account=scene.account_id)
                yield SharedResource(kind, region, f"{declared.label} {_name(arn)}", arn, policy, key)


def unlisted(scene: Scene) -> list[str]:
    """Return the kinds of which the facts of some region don't list all, by their labels in the plural."""
    return [
        plural(load_kind(kind).label)
        for kind in KINDS
        if any(not lists_all(scene, kind, region) for region in scene.regions)
    ]


def lists_all(scene: Scene, kind: str, region: str) -> bool:
    """Say whether the facts list all of a kind in a region, to read their policies."""
    known = scene.once(_whole_lists)
    if (kind, region) not in known:
        whole = isinstance(scene.account.read(_list_of(kind, region)), Known)
        known[kind, region] = whole and not scene.account.holds_names_only(kind, region)
    return known[kind, region]


def _whole_lists(_: Scene) -> dict[tuple[str, str], bool]:
    return {}


def plural(label: str) -> str:
    """Return a label for several: `keys`, `repositories`."""
    return f"{label[:-1]}ies" if label.endswith("y") and label[-2] not in "aeiou" else f"{label}s"


def _list_of(kind: str, region: str) -> Ask:
    return Ask.all(kind, region, **({_SCOPED[kind]: region} if kind in _SCOPED else {}))


def _policy_kind(kind: str) -> str:
    return str(load_kind(kind).section("resource-policy")["kind"])


def _name(arn: str) -> str:
    """Return the name in an ARN, without the type before it: `key/…`, `secret:…`."""
    name = arn.split(":", 5)[-1]
    return name.partition("/")[2] or name.partition(":")[2] or name


def _parsed(text: str) -> Fact[Any]:
    try:
        return Known(json.loads(text))
    except ValueError as error:
        return Unknown(f"it is not JSON: {error}")
