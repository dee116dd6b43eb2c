"""ACC130 to ACC140: which endpoints are in trouble, would be at their next update, or are not needed by anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from preflight.account.facts import Ask, Known, Unknown
from preflight.audit.endpoint_facts import Listed, arn, described, endpoints_of, variants
from preflight.audit.scene import Scene
from preflight.documents.plans.plan import Plan, PlannedRequest
from preflight.documents.text.document import Document
from preflight.engine.result import Kind, Level, Result
from preflight.engine.rule import Rule

_UPDATE = "sagemaker:UpdateEndpoint"
# What an update needs beside permissions of whoever makes it, a free name and quotas.
_NEEDS = ("PRE12", "PRE210", "PRE401", "PRE402", "PRE403", "PRE404", "PRE405", "PRE406", "PRE408")
_IGNORED = ("PRE122",)
_SERVING = ("InService",)
_AT_WORK = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
_SHOWN = 3
_DOCUMENT = "the audited account"


def updatable(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say of each endpoint whether all that its next update needs is there, from its config to its roles."""
    from preflight.readiness.check import check

    sound = 0
    for region, endpoints in scene.once(endpoints_of).items():
        for endpoint in endpoints:
            name, config = endpoint["EndpointName"], endpoint.get("EndpointConfigName")
            if not config or endpoint.get("EndpointStatus") == "Deleting":
                continue
            parameters = {"EndpointName": name, "EndpointConfigName": config}
            request = PlannedRequest(_UPDATE, parameters, Document(_DOCUMENT, parameters))
            plan = Plan((request,), region=region, account=scene.account_id)
            found = check(plan, scene.account, select=_NEEDS, ignore=_IGNORED).results
            gone = [each for each in found if each.kind is Kind.FAIL and each.level is Level.ERROR]
            unknown = [each for each in found if each.kind is Kind.OPEN]
            about = gone or unknown
            if not about:
                sound += 1
                continue
            said = "; ".join(each.message for each in about[:_SHOWN])
            more = f"; and {len(about) - _SHOWN} more" if len(about) > _SHOWN else ""
            lead = "would fail its next update" if gone else "might fail its next update"
            yield rule.result(
                Kind.FAIL if gone else Kind.OPEN,
                f"endpoint {name} in {region} {lead}: {said}{more}",
                subject=arn(scene, region, "endpoint", name),
                evidence=[ref for each in about for ref in each.evidence],
                remedy=about[0].remedy,
            )
    if sound:
        yield rule.result(Kind.PASS, f"{sound} endpoint{'s have' if sound > 1 else ' has'} all that an update needs")


def in_service(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say of each endpoint that serves nobody, and is not at work on it, why."""
    serving = 0
    for region, endpoints in scene.once(endpoints_of).items():
        for endpoint in endpoints:
            status = endpoint.get("EndpointStatus", "of unknown status")
            if status in (*_SERVING, *_AT_WORK):
                serving += 1
                continue
            reason = f": {endpoint['FailureReason']}" if endpoint.get("FailureReason") else ""
            name = endpoint["EndpointName"]
            yield rule.result(
                Kind.FAIL,
                f"endpoint {name} in {region} is {status}{reason}",
                subject=arn(scene, region, "endpoint", name),
                remedy=f"Fix or delete it: aws sagemaker delete-endpoint --endpoint-name {name} --region {region}.",
            )
    if serving:
        yield rule.result(
            Kind.PASS, f"{serving} endpoint{'s are' if serving > 1 else ' is'} in service or at work on it"
        )


def configs_used(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which endpoint configurations no endpoint uses."""
    using = scene.once(endpoints_of)
    for region, configs in described(scene, "sagemaker:endpoint-config").items():
        if region not in using:
            continue
        used = {each.get("EndpointConfigName") for each in using[region]}
        used |= {(each.get("PendingDeploymentSummary") or {}).get("EndpointConfigName") for each in using[region]}
        yield from _unused(scene, rule, region, "endpoint-config", "EndpointConfigName", configs, used)


def models_used(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which models no endpoint configuration names."""
    configs = described(scene, "sagemaker:endpoint-config")
    for region, models in described(scene, "sagemaker:model").items():
        if region in configs:
            used = {each.get("ModelName") for config in configs[region] for each in variants(config)}
            yield from _unused(scene, rule, region, "model", "ModelName", models, used)


def several_instances(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which endpoints run a variant on one instance, which AWS may replace at any time."""
    for region, name, variant in _running(scene):
        count = variant.get("DesiredInstanceCount", variant.get("CurrentInstanceCount"))
        if count == 1:
            yield rule.result(
                Kind.FAIL,
                f"variant {variant.get('VariantName')} of endpoint {name} in {region} runs on one instance",
                subject=arn(scene, region, "endpoint", name),
                remedy="Run it on two or more, which AWS spreads over Availability Zones.",
            )


def scales(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which endpoints run variants on instances that nothing scales."""
    targets = described(scene, "application-autoscaling:scalable-target", ServiceNamespace="sagemaker")
    for region, name, variant in _running(scene):
        if region not in targets or variant.get("ManagedInstanceScaling", {}).get("Status") == "ENABLED":
            continue
        resource = f"endpoint/{name}/variant/{variant.get('VariantName')}"
        if not any(each.get("ResourceId", "").lower() == resource.lower() for each in targets[region]):
            yield rule.result(
                Kind.FAIL,
                f"variant {variant.get('VariantName')} of endpoint {name} in {region} does not scale",
                subject=arn(scene, region, "endpoint", name),
                remedy=f"Register {resource} with Application Auto Scaling, or leave it where the load never changes.",
            )


def sts_active(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say of each region with endpoints whether STS, which SageMaker needs to read their models, is active there."""
    for region, endpoints in scene.once(endpoints_of).items():
        if not endpoints:
            continue
        fact = scene.account.read(Ask.one("sts:regional-endpoint", "", {"RegionName": region}))
        if isinstance(fact, Known):
            active = bool(fact.value["active"])
            yield rule.result(
                Kind.PASS if active else Kind.FAIL,
                f"STS is {'active' if active else 'not active'} in {region}, which has {len(endpoints)} endpoints",
                remedy="" if active else f"Activate {region} in the account settings of IAM.",
            )
        else:
            reason, remedy = (fact.reason, fact.remedy) if isinstance(fact, Unknown) else (fact.detail, "")
            yield rule.result(Kind.OPEN, f"Can't determine whether STS is active in {region}: {reason}", remedy=remedy)


def _running(scene: Scene) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Give the variants of endpoints in service that run on instances of their own."""
    wanted = scene.settings.production.items()
    for region, endpoints in scene.once(endpoints_of).items():
        for endpoint in endpoints:
            tags = {each["Key"]: each["Value"] for each in endpoint.get("Tags") or ()}
            if endpoint.get("EndpointStatus") not in _SERVING or not wanted <= tags.items():
                continue
            for variant in variants(endpoint):
                if variant.get("CurrentInstanceCount") or variant.get("DesiredInstanceCount"):
                    yield region, endpoint["EndpointName"], variant


def _unused(
    scene: Scene, rule: Rule, region: str, kind: str, member: str, listed: Listed, used: set[Any]
) -> Iterator[Result]:
    label = kind.replace("-config", " configuration")
    spare = [each[member] for each in listed if each[member] not in used]
    for name in spare:
        yield rule.result(
            Kind.FAIL,
            f"{label} {name} in {region} isn't used by any known resource",
            subject=arn(scene, region, kind, name),
            remedy=f"Delete it if it isn't needed: aws sagemaker delete-{kind} --{kind}-name {name} --region {region}.",
        )
    if listed and not spare:
        yield rule.result(Kind.PASS, f"every {label} of {region} ({len(listed)}) is in use")
