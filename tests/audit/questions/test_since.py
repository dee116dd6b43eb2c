"""What changed between two snapshots, and what can't be compared since one of them lacks it."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.audit.questions.since import compared
from preflight.documents.text.document import Document
from preflight.errors import UsageError
from tests.audit.questions.test_who_can import (
    ACCOUNT,
    ARN,
    KEYS,
    NO_RESOURCES,
    OUTSIDE,
    REGION,
    ROOT,
    account,
    keys,
    objects,
    own,
    policy,
    role,
    trust,
)

MANAGED = f"{ARN}:policy/m"
DELEGATED = own("kms:*", Principal=ROOT)
ENDPOINT = {"EndpointName": "e", "EndpointStatus": "InService", "EndpointConfigName": "one"}
OF_OTHERS = {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}


def holding(*statements: dict[str, Any], known: bool = True) -> dict[str, Any]:
    """An account with a role that has a managed policy."""
    attached = {**role("x"), "AttachedManagedPolicies": [{"PolicyName": "m", "PolicyArn": MANAGED}]}
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": policy(*statements)}
    found = account(attached)
    if known:
        found["iam"]["Policies"] = [
            {"PolicyName": "m", "Arn": MANAGED, "DefaultVersionId": "v1", "PolicyVersionList": [version]}
        ]
    return found


def without(snapshot: dict[str, Any], *path: str) -> dict[str, Any]:
    *folders, name = path
    place = snapshot
    for each in folders:
        place = place[each]
    del place[name]
    return snapshot


def hosting(**more: Any) -> dict[str, Any]:
    return account(endpoints=[{**ENDPOINT, **more}])


def quotas(value: int) -> dict[str, Any]:
    other = {"QuotaName": "q", "QuotaCode": "L-2", "Value": 9}
    return account(quotas=[{"QuotaName": "q", "QuotaCode": "L-1", "Value": value}, other])


TWO_REGIONS = account(role("x", own("sagemaker:*")), endpoints=[], quotas=[])
TWO_REGIONS["regions"]["eu-west-1"] = TWO_REGIONS["regions"][REGION]
ONE_REGION = account(role("x", own("sagemaker:*")), endpoints=[], quotas=[])
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "a bucket becomes public": (account(buckets=policy(objects(ROOT))), account(buckets=policy(objects("*"))),
                                {"gained: *: s3:GetObject on arn:aws:s3:::b/example"}),
    "a public bucket is gone": (account(buckets=policy(objects("*"))), account(),
                                {"lost: *: s3:GetObject on arn:aws:s3:::b/example"}),
    "a bucket denies no more": (
        account(buckets=policy(objects("*", Effect="Deny"), objects("*", Effect="Deny", Action="s3:PutObject"))),
        account(buckets=policy(objects("*", Effect="Deny", Action="s3:PutObject"))),
        {"gained: the policy of arn:aws:s3:::b: denies no more on Statement[0]"},
    ),
    "a key is shared": (
        account(kms_keys=keys(policy(DELEGATED))),
        account(kms_keys=keys(policy(DELEGATED, own("kms:Decrypt", Principal=OUTSIDE)))),
        {f"gained: arn:aws:iam::999988887777:role/example: kms:Decrypt on {KEYS[0]}"},
    ),
    "what an identity-based policy says of keys": (
        account(role("x", own("kms:DescribeKey"))), account(role("x", own("kms:Decrypt"))),
        {f"gained: {ARN}:role/x: kms:Decrypt on *", f"lost: {ARN}:role/x: kms:DescribeKey on *"},
    ),
    "the organization's RCP": (
        account(rcp=policy(own("s3:*", Effect="Deny", Principal="*", Condition=OF_OTHERS))),
        account(rcp=policy(own("sqs:*", Effect="Deny", Principal="*", Condition=OF_OTHERS))),
        {"gained: resource control policies: s3:* on *", "lost: resource control policies: sqs:* on *"},
    ),
    "another role of the same name": (
        account(role("x", id_="AROA1XXXXXXXXXXXXXXXX")), account(role("x", id_="AROA2XXXXXXXXXXXXXXXX")),
        {f"changed: {ARN}:role/x: was deleted and created again on "},
    ),
    "tags that policies depend on": (
        account(role("x", own("ec2:*", Condition={"StringEquals": {"aws:PrincipalTag/a": "b"}}))),
        account({**role("x", own("ec2:*", Condition={"StringEquals": {"aws:PrincipalTag/a": "b"}})),
                 "Tags": [{"Key": "a", "Value": "b"}]}),
        {f"gained: {ARN}:role/x: more than before, perhaps on its tags changed, and its policies depend on them"},
    ),
    "trust without a condition": (
        account(role("x", by=trust(OUTSIDE, Condition={"StringEquals": {"sts:ExternalId": "s"}}))),
        account(role("x", by=trust(OUTSIDE))),
        {f"gained: {ARN}:role/x: be assumed by arn:aws:iam::999988887777:role/example on {ARN}:role/x"},
    ),
    "an endpoint's configuration": (
        hosting(), hosting(EndpointConfigName="two"),
        {f"changed: arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/e: endpoint configuration on "},
    ),
    "one of two quotas of a name": (quotas(4), quotas(2), {f"changed: q: quota on {REGION}"}),
    "the same in other words": (
        account(role("x", own("s3:GetObject"), own("s3:PutObject")), buckets=policy(objects("*", Sid="a"))),
        account(role("x", {"Action": ["s3:PutObject", "s3:GetObject"], "Resource": "*"}),
                buckets=policy(objects("*", Sid="b"))),
        set(),
    ),
    "a policy that the old one lacks": (holding(known=False), holding(own("s3:*")), {f"unknown: {ARN}:role/x"}),
    "a policy that the new one lacks": (holding(own("s3:*")), holding(known=False), {f"unknown: {ARN}:role/x"}),
    "users that were not read": (account(), without(account(), "iam", "UserDetailList"), {"unknown: users"}),
    "roles that were not read before": (without(account(role("x")), "iam", "RoleDetailList"), account(role("x")),
                                        {"unknown: roles"}),
    "the organization's policies": (
        without(account(role("x", own("ec2:*"))), "organization"), account(role("x", own("ec2:*"))),
        {"unknown: service control policies", "unknown: resource control policies"},
    ),
    "a region": (ONE_REGION, TWO_REGIONS, {"unknown: eu-west-1"}),
    "policies of buckets": (without(account(buckets=policy(objects("*"))), "regions", REGION, "buckets"),
                            account(buckets=policy(objects("*"))), {"unknown: buckets"}),
    "endpoints": (hosting(), account(), {f"unknown: endpoints of {REGION}"}),
    "neither has policies of resources": (
        {**account(), "regions": {REGION: {}}}, {**account(), "regions": {REGION: {}}}, set(),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_what_changed(old: dict[str, Any], new: dict[str, Any], expected: set[str]) -> None:
    found = set()
    for each in compared(Document("old.json", old), Document("new.json", new)):
        if each.is_unknown:
            found.add(f"unknown: {each.principal}")
        else:
            kind = "gained" if each.gained else "lost" if each.lost else "changed"
            found.add(f"{kind}: {each.principal}: {each.what} on {each.resource}")
    assert found == expected


def test_every_kind_of_resource_that_only_one_has() -> None:
    plain = {**account(), "regions": {REGION: {}}}
    found = list(compared(Document("old.json", plain), Document("new.json", account())))
    assert len(found) == len(NO_RESOURCES) and all(each.is_unknown for each in found)


def test_the_newer_one_is_not_the_old_one() -> None:
    old, new = ({**account(), "taken_at": f"2026-01-0{day}T00:00:00Z"} for day in (2, 1))
    with pytest.raises(UsageError, match=r"old\.json was taken after new\.json"):
        compared(Document("old.json", old), Document("new.json", new))
