"""PRE404: are the container images there, in a registry of the region?"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.account.facts import Absent, Unknown
from preflight.declared.registries import is_of_aws
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.readiness.dependency_results import faults, found_or_why_not, said, sentence
from preflight.readiness.references import Reference
from preflight.readiness.size_limits import broken_bounds
from preflight.readiness.step import Step


def images_exist(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of each image in ECR whether it exists in the region, and of other images what can be said of them."""
    found, otherwise = found_or_why_not(step, rule)
    wrong = list(faults(step, rule)) if found or otherwise else []
    yield from wrong or otherwise
    for reference in found:
        yield _image(step, rule, reference)


def _image(step: Step, rule: Rule, reference: Reference) -> Result:
    fact = reference.fact
    what = f"image {reference.name} ({reference.via})"
    if reference.region != step.region:
        return said(
            step,
            rule,
            reference,
            Kind.FAIL,
            f"{what} is in {reference.region}; images are pulled only from ECR in {step.region}",
            f"Use the registry of {step.region}: replicate or push the image there, and name it by its URI there.",
        )
    if isinstance(fact, Absent):
        return said(
            step,
            rule,
            reference,
            Kind.FAIL,
            f"{what} does not exist in {reference.region}{f': {fact.detail}' if fact.detail else ''}",
            "Push it, or correct the repository and the tag; an image without a tag is taken to be `latest`.",
        )
    if isinstance(fact, Unknown):
        aws = is_of_aws(reference.key.get("registryId", ""))
        whose = "is of one of AWS's own registries and " if aws else ""
        return said(
            step, rule, reference, Kind.OPEN, f"{what} {whose}cannot be read: {fact.reason}", sentence(fact.resolution)
        )
    for bound in broken_bounds(step, reference):
        return said(step, rule, reference, Kind.FAIL, f"{what} is too large: {bound['says']}", bound["remedy"])
    return said(step, rule, reference, Kind.PASS, f"{what} exists in {reference.region}")
