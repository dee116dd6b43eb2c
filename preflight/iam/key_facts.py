"""Facts about condition keys that decisions rest on: which hold several values, and whose requests carry them.

They are declared in `rules/authorization/condition-keys.json`, which `tools/authorization_data.py` renews.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from preflight.data_files import declared_json


@cache
def _multivalued() -> frozenset[str]:
    declared = declared_json("authorization/condition-keys")
    return frozenset({*declared["multivalued"], *map(str.lower, declared["global_multivalued"]["keys"])})


@cache
def _multivalued_families() -> tuple[str, ...]:
    return tuple(declared_json("authorization/condition-keys")["multivalued_families"])


@cache
def carried_by_sessions() -> frozenset[str]:
    """Return the keys of a service, in lower case, that role sessions carry in requests to every service."""
    return frozenset(map(str.lower, declared_json("authorization/condition-keys")["carried_by_sessions"]["keys"]))


@cache
def _prefixes() -> frozenset[str]:
    """Return the prefixes of AWS's own condition keys, but for `aws:`."""
    return frozenset(declared_json("authorization/condition-keys")["prefixes"])


@cache
def _with_keys_of() -> Mapping[str, frozenset[str]]:
    """Return the services whose requests carry keys of others, with the prefixes of those."""
    declared = declared_json("authorization/condition-keys")
    found, also = declared["with_keys_of"], declared["also_with_keys_of"]
    return {service: frozenset({*found.get(service, ()), *also.get(service, ())}) for service in {*found, *also}}


def is_multivalued(key: str) -> bool:
    """Whether a key, in lower case, may hold several values, so that it needs `ForAllValues` or `ForAnyValue`.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    return key in _multivalued() or key.startswith(_multivalued_families())


def of_another_service(key: str, service: str) -> bool:
    """Whether a key, in lower case, is one that requests to `service` (`s3`) never carry.

    Keys without a known service's prefix (identity providers', `aws:`) and those that travel in sessions are not.
    """
    prefix = key.partition(":")[0]
    if prefix not in _prefixes() or key in carried_by_sessions() or prefix in _with_keys_of().get(service, ()):
        return False
    return not (prefix.startswith(service) or service.startswith(prefix))
