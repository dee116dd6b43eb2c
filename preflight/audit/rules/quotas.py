"""ACC150: how much of each hosting quota is in use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preflight.account.facts import Ask, Known, Unknown
from preflight.audit.scene import Scene
from preflight.declared.operations import load_operation
from preflight.documents.plans.plan import Plan, PlannedRequest
from preflight.documents.text.document import Document
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.readiness.capacity.usage import in_use
from preflight.readiness.step import Step

_CREATE = "sagemaker:CreateEndpoint"


@dataclass(frozen=True, slots=True)
class Headroom:
    """A quota and what is in use of it: at least `used`; at most `most`, None where that cannot be told."""

    region: str
    name: str
    limit: float
    used: int
    most: int | None
    unit: str

    @property
    def part(self) -> float:
        """The part that is in use, from 0; 1 and more is all of it."""
        return self.used / self.limit if self.limit else float(self.used > 0)


def headrooms(scene: Scene) -> tuple[list[Headroom], list[tuple[str, Unknown]]]:
    """Return every hosting quota that the account lists with its use, and the regions whose quotas are not known."""
    found: list[Headroom] = []
    unknown: list[tuple[str, Unknown]] = []
    for region in scene.regions:
        step = _step(scene, region)
        fact = scene.account.read(Ask.all("service-quotas:quota", region, ServiceCode="sagemaker"))
        if not isinstance(fact, Known):
            reason = fact if isinstance(fact, Unknown) else Unknown(fact.detail)
            unknown.append((region, reason))
            continue
        usage = in_use(step)
        for quota in step.operation.declared["quotas"]:
            for entry, of in _matching(quota, fact.value):
                amount = usage.amount(step.operation.kind, quota["measure"], of)
                found.append(
                    Headroom(region, entry["QuotaName"], float(entry["Value"]), amount.low, amount.high, quota["unit"])
                )
    return found, unknown


def headroom(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say of each hosting quota that is in use whether as much is free as the settings want."""
    found, unknown = scene.once(headrooms)
    wanted = scene.settings.headroom
    for region, reason in unknown:
        yield rule.result(Kind.OPEN, f"the quotas of {region} are not known: {reason.reason}", remedy=reason.remedy)
    for each in found:
        if not each.used and each.most is not None and not each.most:
            continue
        free = each.limit - each.used
        said = f"'{each.name}' in {each.region}: {each.used} of {each.limit:g} {each.unit} in use"
        if each.part > 1 - wanted:
            yield rule.result(
                Kind.FAIL,
                f"{said}, {max(free, 0):g} free",
                subject=each.name,
                remedy=f"Request more of it in Service Quotas of {each.region}, or delete what is not needed.",
            )
        elif each.most is None or each.most > each.limit * (1 - wanted):
            yield rule.result(
                Kind.OPEN, f"{said} at least; how much more is not known", subject=each.name,
                remedy="Look at the endpoints whose configuration is gone or cannot be read.",
            )  # fmt: skip
        else:
            yield rule.result(Kind.PASS, f"{said}, {free:g} free", subject=each.name)


def _step(scene: Scene, region: str) -> Step:
    """Return a step whose request draws on every quota of endpoints; it names nothing that is there."""
    parameters = {"EndpointName": "preflight-audit", "EndpointConfigName": "preflight-audit"}
    request = PlannedRequest(_CREATE, parameters, Document("the audit", parameters))
    return Step(
        plan=Plan((request,), region=region, account=scene.account_id),
        request=request,
        operation=load_operation(_CREATE),
        account=scene.account,
        region=region,
        account_id=scene.account_id,
        partition=scene.partition,
        principal=None,
    )


def _matching(
    quota: Mapping[str, Any], listed: list[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """Give the listed quotas that one of an operation is, each with the type that it is about."""
    if "like" in quota:
        yield from ((each, None) for each in listed if re.fullmatch(quota["like"], each["QuotaName"]))
        return
    head, variable, tail = quota["name"].partition("${Type}")
    for each in listed:
        name = each["QuotaName"]
        if not variable and name == head:
            yield each, None
        elif variable and name.startswith(head) and name.endswith(tail) and len(name) > len(head) + len(tail):
            yield each, name[len(head) : len(name) - len(tail)]
