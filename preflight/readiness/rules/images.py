"""PRE404: are the container images there, in a registry of the region?"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.account.facts import Absent, Unknown
from preflight.declared.registries import is_of_aws
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.readiness.dependency_results import faults, found_or_why_not, said
from preflight.readiness.references import Reference, references
from preflight.readiness.size_limits import size_limits
from preflight.readiness.step import Step


def images_exist(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of each image in ECR whether it exists in the region, and of other images what can be said of them."""
    found, otherwise = found_or_why_not(step, rule)
    wrong = list(faults(step, rule)) if found or otherwise else []
    yield from wrong or otherwise
    for reference in found:
        yield _image(step, rule, reference)
    # That an image behind a planned model is there is told with the model; what this request demands of it is not.
    for reference in references(step):
        if reference.rule == rule.id and reference.covered and (result := _size(step, rule, reference)) is not None:
            yield result


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
            "Push it, or correct the repository and the tag; an image without a tag means `latest`.",
        )
    if isinstance(fact, Unknown):
        aws = is_of_aws(reference.key.get("registryId", ""))
        whose = "is of one of AWS's own registries and " if aws else ""
        return said(step, rule, reference, Kind.OPEN, f"{what} {whose}cannot be read: {fact.reason}", fact.remedy)
    size = _size(step, rule, reference)
    if size is not None:
        return size
    return said(step, rule, reference, Kind.PASS, f"{what} exists in {reference.region}")


def _size(step: Step, rule: Rule, reference: Reference) -> Result | None:
    """Return what is wrong with an image's size, or that it is not known where something sets a limit; else None."""
    what = f"image {reference.name} ({reference.via})"
    unknown = None
    for bound, amount in size_limits(step, reference):
        if amount is None:
            unknown = said(
                step,
                rule,
                reference,
                Kind.OPEN,
                f"{what} exists, but its size is not known: {bound['says']}",
                f"Allow ecr:DescribeImages, or give {bound['amount']} of the image in the snapshot.",
            )
        elif amount > bound["most"]:
            return said(step, rule, reference, Kind.FAIL, f"{what} is too large: {bound['says']}", bound["remedy"])
    return unknown
