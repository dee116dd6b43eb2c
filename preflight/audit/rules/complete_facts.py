"""ACC100: is everything known that the audit rests on?"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.account.facts import Ask, Known, Unknown
from preflight.account.principals import ORGANIZATION_POLICIES, policy_levels
from preflight.audit.scene import REGIONS, Scene
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule

_LISTED = ("sagemaker:endpoint", "sagemaker:endpoint-config", "sagemaker:model")


def complete(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say of each part of the facts that is not known what would settle it."""
    missing = list(_missing(scene))
    for what, unknown in missing:
        yield rule.result(Kind.OPEN, f"{what}: {unknown.reason}", subject=scene.account_id, remedy=unknown.remedy)
    if not missing:
        yield rule.result(Kind.PASS, "all facts that the audit needs are known", subject=scene.account_id)


def _missing(scene: Scene) -> Iterator[tuple[str, Unknown]]:
    for unknown in scene.holders.unknown:
        yield "the account's users and roles are not known", unknown
    asks = [policy_levels(scene.account_id, each) for each in ORGANIZATION_POLICIES]
    for label, fact in zip(ORGANIZATION_POLICIES.values(), scene.account.read_many(asks), strict=True):
        if isinstance(fact, Unknown):
            yield f"the {label} are not known, and may take away what is reported as allowed", fact
    if scene.account.was_refused(REGIONS) and isinstance(regions := scene.account.read(REGIONS), Unknown):
        yield f"Regions other than {', '.join(scene.regions)} were not looked at", regions
    for holder in scene.holders.by_arn.values():
        for policy_type, reason in holder.policies.unknown.items():
            yield f"policies of {holder.kind} {holder.name} are not known", Unknown(f"{policy_type.value}: {reason}")
    if not scene.regions:
        yield (
            "endpoints, models and quotas are not known",
            Unknown("the facts have no Region", "take a snapshot of a Region: preflight snapshot --region REGION"),
        )
    for region in scene.regions:
        listed = scene.account.read_many([Ask.all(kind, region) for kind in _LISTED])
        for kind, fact in zip(_LISTED, listed, strict=True):
            if not isinstance(fact, Known):
                label = kind.partition(":")[2].replace("-", " ")
                unknown = fact if isinstance(fact, Unknown) else Unknown(fact.detail)
                yield f"the {label}s of {region} are not known", unknown
