"""PRE403: is the data of models where it is said to be, can it be read, and is it in the region?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from preflight.account.facts import Absent, Known, Unknown
from preflight.engine.result import Kind, Level, Result
from preflight.engine.rule import Rule
from preflight.readiness.dependency_results import faults, found_or_why_not, not_known, said
from preflight.readiness.references import Reference, references
from preflight.readiness.step import Step

# Objects in these storage classes are not readable before they are restored:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/archived-objects.html
_ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")


def artifacts_ready(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of each object or prefix that holds model data, and of each bucket that is written to, whether it will do."""
    found, otherwise = found_or_why_not(step, rule)
    wrong = list(faults(step, rule)) if found or otherwise else []
    yield from wrong or otherwise
    objects = [each for each in found if each.kind == "s3:object"]
    holding = {each.key["Bucket"] for each in objects}
    for each in objects:
        yield _object(step, rule, each)
    for each in found:
        if each.kind == "s3:bucket" and each.key["Bucket"] not in holding:
            yield _destination(step, rule, each)


def _object(step: Step, rule: Rule, reference: Reference) -> Result:
    name = f"s3://{reference.key['Bucket']}/{reference.key.get('Key') or reference.key.get('Prefix') or ''}"
    bucket, fact = _bucket(step, reference), reference.fact
    region = _region(bucket) or _region(fact)
    what = f"{name} ({reference.via})"
    if isinstance(bucket, Absent):
        return said(
            step,
            rule,
            reference,
            Kind.FAIL,
            f"the bucket of {what} does not exist",
            "Correct the name of the bucket, or upload what is missing.",
        )
    if region is not None and region != step.region:
        return said(
            step,
            rule,
            reference,
            Kind.FAIL,
            f"{what} is in a bucket in {region}; it is read only from buckets in {step.region}",
            f"Copy it to a bucket in {step.region}: aws s3 cp {name} s3://BUCKET/… --source-region {region} "
            f"--region {step.region}{' --recursive' if name.endswith('/') else ''}.",
        )
    if isinstance(fact, Absent):
        missing = "holds no object" if name.endswith("/") or "Prefix" in reference.key else "does not exist"
        remedy = "Upload it, or correct the name; object keys are case-sensitive."
        return said(step, rule, reference, Kind.FAIL, f"{what} {missing}", remedy)
    if isinstance(fact, Unknown):
        return not_known(step, rule, reference)
    storage = fact.value.get("StorageClass")
    if storage in _ARCHIVED and 'ongoing-request="false"' not in str(fact.value.get("Restore", "")):
        return said(
            step,
            rule,
            reference,
            Kind.FAIL,
            f"{what} is archived (storage class {storage}) and cannot be read",
            "Restore it, or upload it again in another storage class.",
        )
    if region is None:
        remedy = bucket.remedy if isinstance(bucket, Unknown) else "Add BucketRegion to the snapshot."
        reason = bucket.reason if isinstance(bucket, Unknown) else "its region is not given"
        return said(
            step,
            rule,
            reference,
            Kind.OPEN,
            f"{what} exists, but can't determine whether its bucket is in {step.region}: {reason}",
            remedy,
        )
    return said(step, rule, reference, Kind.PASS, f"{what} exists, in {region}")


def _destination(step: Step, rule: Rule, reference: Reference) -> Result:
    """Judge a bucket that is only written to.

    AWS does not document that it must be in the same region; where users report that it must, that is declared.
    """
    fact, what = reference.fact, f"bucket {reference.name} ({reference.via})"
    if isinstance(fact, Unknown):
        return not_known(step, rule, reference)
    if isinstance(fact, Absent):
        return said(step, rule, reference, Kind.FAIL, f"{what} does not exist", "Create it, or use another one.")
    region = _region(fact)
    if region is None and reference.same_region:
        message = f"{what} exists, but can't determine whether it is in {step.region}: its region is not given"
        return said(step, rule, reference, Kind.OPEN, message, "Add BucketRegion to the snapshot.")
    if region not in (None, step.region) and reference.same_region:
        message = f"{what} is in {region}; it must be in {step.region}, as the job is"
        return said(step, rule, reference, Kind.FAIL, message, f"Use a bucket in {step.region}.")
    if region not in (None, step.region):
        return said(
            step,
            rule,
            reference,
            Kind.FAIL,
            f"{what} is in {region}; AWS does not document that SageMaker writes to another region",
            f"Use a bucket in {step.region}.",
            Level.WARNING,
        )
    return said(step, rule, reference, Kind.PASS, f"{what} exists{f', in {region}' if region else ''}")


def _bucket(step: Step, reference: Reference) -> Any:
    name = reference.key["Bucket"]
    buckets = (each for each in references(step) if each.kind == "s3:bucket" and each.key["Bucket"] == name)
    return next((each.fact for each in buckets), None)


def _region(fact: Any) -> str | None:
    return fact.value.get("BucketRegion") if isinstance(fact, Known) else None
