"""ACC136 to ACC139 and ACC141: how models are hosted: isolation, VPC, encryption, data capture, monitoring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from preflight.account.facts import Ask, Known
from preflight.audit.endpoint_facts import arn, described, endpoints_of, variants
from preflight.audit.scene import Scene
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule

_Fault = Callable[[Mapping[str, Any]], bool]


def network_isolation(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which models' containers can make outbound calls."""
    yield from _models(
        scene, rule, lambda model: not model.get("EnableNetworkIsolation"), "has no network isolation",
        "Create the model again with EnableNetworkIsolation, where its containers need no other service.",
    )  # fmt: skip


def in_vpc(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which models' containers reach their data through the internet rather than through a VPC."""
    yield from _models(
        scene, rule, lambda model: not (model.get("VpcConfig") or {}).get("Subnets"), "is not connected to a VPC",
        "Create the model again with VpcConfig, and give the VPC an endpoint for S3.",
    )  # fmt: skip


def encrypted(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which configurations leave the volumes of instances to a key of AWS."""
    yield from _configs(
        scene, rule, lambda config: not config.get("KmsKeyId") and _on_instances(config),
        "names no key of yours for the volumes of its instances",
        "Create a configuration with KmsKeyId, and move the endpoint to it. Instances with local storage encrypt that "
        "by themselves.",
    )  # fmt: skip


def captures(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which configurations capture neither requests nor predictions."""
    yield from _configs(
        scene, rule, lambda config: not (config.get("DataCaptureConfig") or {}).get("EnableCapture"),
        "captures no data", "Create a configuration with DataCaptureConfig, and move the endpoint to it.",
    )  # fmt: skip


def monitored(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which endpoints no monitoring schedule watches."""
    sound, unread = 0, []
    for region, endpoints in scene.once(endpoints_of).items():
        fact = scene.account.read(Ask.all("sagemaker:monitoring-schedule", region))
        if not isinstance(fact, Known):
            unread += [region] if endpoints else []
            continue
        watched = {str(each.get("EndpointName", "")).lower() for each in fact.value
                   if each.get("MonitoringScheduleStatus") != "Stopped"}  # fmt: skip
        for endpoint in endpoints:
            name = endpoint["EndpointName"]
            if name.lower() in watched:
                sound += 1
                continue
            yield rule.result(
                Kind.FAIL,
                f"endpoint {name} in {region} has no monitoring schedule",
                subject=arn(scene, region, "endpoint", name),
                remedy="Capture its data, and create a monitoring schedule (sagemaker:CreateMonitoringSchedule).",
            )
    if unread:
        yield rule.result(
            Kind.NOT_APPLICABLE,
            f"Not checked: which endpoints of {', '.join(unread)} are monitored: the facts don't list monitoring "
            "schedules",
            remedy="Take the snapshot with permission to list them (sagemaker:ListMonitoringSchedules).",
        )
    if sound:
        yield rule.result(Kind.PASS, f"{sound} endpoint{'s are' if sound > 1 else ' is'} monitored")


def _models(scene: Scene, rule: Rule, fault: _Fault, said: str, remedy: str) -> Iterator[Result]:
    yield from _each(scene, rule, ("sagemaker:model", "model", "ModelName"), fault, said, remedy)


def _configs(scene: Scene, rule: Rule, fault: _Fault, said: str, remedy: str) -> Iterator[Result]:
    kind = ("sagemaker:endpoint-config", "endpoint-config", "EndpointConfigName")
    yield from _each(scene, rule, kind, fault, said, remedy)


def _each(
    scene: Scene, rule: Rule, kind: tuple[str, str, str], fault: _Fault, said: str, remedy: str
) -> Iterator[Result]:
    asked, type_, member = kind
    label, sound = type_.replace("endpoint-config", "endpoint configuration"), 0
    for region, listed in described(scene, asked).items():
        for each in listed:
            if not fault(each):
                sound += 1
                continue
            yield rule.result(
                Kind.FAIL,
                f"{label} {each[member]} in {region} {said}",
                subject=arn(scene, region, type_, each[member]),
                remedy=remedy,
            )
    if sound:
        yield rule.result(Kind.PASS, f"{sound} {label}{'s are' if sound > 1 else ' is'} as this rule asks")


def _on_instances(config: Mapping[str, Any]) -> bool:
    return any(each.get("InstanceType") for each in variants(config))
