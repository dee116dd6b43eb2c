"""PRE405: can the KMS keys that the request relies on be used?"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.account.facts import Absent, Unknown
from preflight.declared.expressions import arn_part
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.readiness.dependency_results import found_or_why_not, not_known, said
from preflight.readiness.references import Reference
from preflight.readiness.step import Step

# What a key's KeyMetadata must say for it to encrypt data: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
_NEEDED = {"KeyUsage": "ENCRYPT_DECRYPT", "KeySpec": "SYMMETRIC_DEFAULT"}
_WAYS = {
    "Disabled": "Enable it: aws kms enable-key --key-id {key} --region {region}.",
    "PendingDeletion": "Keep it: aws kms cancel-key-deletion --key-id {key} --region {region}; then enable it.",
    "PendingImport": "Import its key material, or use another key.",
    "Unavailable": "Connect its custom key store, or use another key.",
}


def keys_usable(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of each KMS key whether it exists in the region, is enabled, and is of the sort that encrypts data."""
    found, otherwise = found_or_why_not(step, rule)
    yield from otherwise
    for reference in found:
        yield _key(step, rule, reference)


def _key(step: Step, rule: Rule, reference: Reference) -> Result:
    fact, what = reference.fact, f"{reference.label} ({reference.via})"
    named = reference.key["KeyId"]
    region = arn_part(named, "region")
    if region not in (None, step.region):
        return said(
            step,
            rule,
            reference,
            Kind.FAIL,
            f"{what} is in {region}, and a key can only be used in its own region",
            f"Use a key in {step.region}.",
        )
    if isinstance(fact, Absent):
        return said(
            step,
            rule,
            reference,
            Kind.FAIL,
            f"{what} does not exist in {step.region}",
            "Use the ID, ARN or alias of a key that exists.",
        )
    if isinstance(fact, Unknown):
        return not_known(step, rule, reference)
    key = fact.value
    state = key.get("KeyState") or ({True: "Enabled", False: "Disabled"}.get(key.get("Enabled", ...)))
    if state not in (None, "Enabled"):
        way = _WAYS.get(state, "Use another key.").format(key=key.get("KeyId", named), region=step.region)
        return said(step, rule, reference, Kind.FAIL, f"{what} is {state}", way)
    for member, needed in _NEEDED.items():
        if key.get(member, needed) != needed:
            message = f"{what} has {member} {key[member]}; encryption requires a key with {needed}"
            return said(step, rule, reference, Kind.FAIL, message, "Use a symmetric encryption key.")
    lacking = [name for name in _NEEDED if name not in key] + ([] if state else ["KeyState"])
    if lacking:
        message = f"{what} exists, but {' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not known"
        return said(step, rule, reference, Kind.OPEN, message, "Give them in the snapshot, as KMS DescribeKey does.")
    return said(step, rule, reference, Kind.PASS, f"{what} is enabled and encrypts data")
