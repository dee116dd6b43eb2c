"""What exists in AWS, as proofs take it."""

from __future__ import annotations

from functools import cache

from preflight import catalog
from preflight.iam.proof import KnownNames


@cache
def _forms(service: str, name: str) -> tuple[str, ...]:
    found = catalog.action(service, name)
    if found is None:
        return ()
    types = (catalog.resource_type(service, each.name) for each in found.resources)
    return tuple(each.arn for each in types if each is not None)


KNOWN = KnownNames(catalog.services, catalog.actions, _forms)
"""The services, actions and resource types of AWS's Service Authorization Reference."""
