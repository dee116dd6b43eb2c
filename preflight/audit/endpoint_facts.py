"""The endpoints of an account, and what they are made of, as far as the facts list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from preflight.account.facts import Ask, Known
from preflight.audit.scene import Scene

Listed = Sequence[Mapping[str, Any]]


def endpoints_of(scene: Scene) -> dict[str, Listed]:
    """Return the endpoints of each region whose endpoints are known."""
    return described(scene, "sagemaker:endpoint")


def arn(scene: Scene, region: str, kind: str, name: str) -> str:
    """Return the ARN of a SageMaker resource, in which names are in lower case."""
    return f"arn:{scene.partition}:sagemaker:{region}:{scene.account_id}:{kind}/{name.lower()}"


def variants(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the variants of an endpoint or a configuration, shadow variants among them."""
    return [*(config.get("ProductionVariants") or ()), *(config.get("ShadowProductionVariants") or ())]


def described(scene: Scene, kind: str, **scope: str) -> dict[str, Listed]:
    """Return the resources of a kind in each region where they are known."""
    facts = {region: scene.account.read(Ask.all(kind, region, **scope)) for region in scene.regions}
    return {region: fact.value for region, fact in facts.items() if isinstance(fact, Known)}
