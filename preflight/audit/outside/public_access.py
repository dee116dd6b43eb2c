"""What S3 Block Public Access leaves of a bucket's public policy.

RestrictPublicBuckets, of the bucket or of its account, keeps everyone but the account's own principals and AWS services
away from a bucket whose policy is public. The other settings are about access control lists, and about policies that
are put later.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from preflight.account.facts import Ask, Fact, Known, Unknown
from preflight.audit.outside.shared_resources import BLOCKED_IN_BUCKET, SharedResource, blocked_in_account
from preflight.audit.scene import Scene

_RESTRICTED = "RestrictPublicBuckets"


def restricted(scene: Scene, bucket: SharedResource) -> str | Unknown:
    """Say by whose setting public access to a bucket is restricted; empty where neither does."""
    settings = list(_settings(scene, bucket))
    for whose, fact in settings:
        if isinstance(fact, Known) and fact.value.get(_RESTRICTED):
            return whose
    unread = [whose for whose, fact in settings if isinstance(fact, Unknown)]
    return Unknown(f"the facts don't have the setting of the {' and the '.join(unread)}") if unread else ""


def _settings(scene: Scene, bucket: SharedResource) -> Iterator[tuple[str, Fact[Any]]]:
    yield "bucket", scene.account.read(Ask.one(BLOCKED_IN_BUCKET, bucket.region, bucket.key))
    # It is one setting for all regions: what one of them says holds.
    facts = [scene.account.read(blocked_in_account(region, scene.account_id)) for region in scene.regions]
    yield "account", next((each for each in facts if not isinstance(each, Unknown)), facts[0])
