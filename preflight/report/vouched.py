"""What the user vouched for, in words: a verdict that rests on it says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from preflight.engine.result import Report


def vouched(report: Report) -> list[str]:
    """Return what the user vouched for, in a few words each."""
    return list(_said(report.vouched))


def _said(given: Mapping[str, Any]) -> Iterator[str]:
    if paths := given.get("session_policies"):
        yield f"session {'policies' if len(paths) > 1 else 'policy'} {', '.join(paths)}"
    if tags := given.get("session_tags"):
        yield f"session tags {', '.join(f'{key}={value}' for key, value in tags.items())}"
    if "source_identity" in given:
        yield f"source identity {given['source_identity']}"
    if regions := given.get("sts_active"):
        yield f"STS is active in {', '.join(regions)}"
    if patterns := given.get("allow_unchecked"):
        yield f"{', '.join(patterns)} may go unchecked"
    if "service_role" in given:
        yield f"CloudFormation deploys with {given['service_role']}"
