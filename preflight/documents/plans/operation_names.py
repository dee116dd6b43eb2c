"""Which operations a request can be for, how people name them, and which one a bare request is meant for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from preflight.data_files import folder
from preflight.documents.text.document import Document
from preflight.documents.text.schema import load_schema, suggestion
from preflight.errors import InputError, UsageError

_CREATES = "Create"
# No request has more: of a larger document no slips are looked for, which takes a while for each name.
_MOST_MEMBERS = 500
_NOT_AT_ALL = (0, False, 0)


@cache
def known_operations() -> tuple[str, ...]:
    """Return the operations that `rules/operations/` declares and whose request `schemas/requests/` describes."""
    files = (folder("schemas") / "requests").glob("*.schema.json")
    named = (file.name.removesuffix(".schema.json").split(".", 1) for file in files)
    declared = folder("rules") / "operations"
    return tuple(
        sorted(f"{service}:{name}" for service, name in named if (declared / service / f"{kebab(name)}.yaml").is_file())
    )


def kebab(name: str) -> str:
    """Return the name of an operation as the AWS CLI writes it: `create-endpoint` for `CreateEndpoint`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def schema_name(operation: str) -> str:
    """Return the name under which `schemas/` has the request of `service:Operation`."""
    return f"requests/{operation.replace(':', '.')}"


def operation_named(text: str) -> str:
    """Return `service:Operation` for the ways people write it: with or without service, as AWS's API or CLI does.

    Raises `UsageError` with the nearest known name and the list of all.
    """
    service, _, name = text.strip().replace(" ", ":").rpartition(":")
    for known in known_operations():
        known_service, known_name = known.split(":")
        if _folded(name) == _folded(known_name) and service.casefold() in ("", known_service):
            return known
    if service and (call := botocore_operation(service, name)):
        return call
    short = {kebab(known.split(":")[1]): known for known in known_operations()}
    near = suggestion(kebab(name), short)
    raise UsageError(f"unknown operation {text!r}; {near + ' ' if near else ''}known: {', '.join(sorted(short))}")


def botocore_operation(service: str, name: str) -> str | None:
    """Return `service:Operation` of a call that botocore knows, however its name is written; None for any other."""
    from preflight.declared.call_permissions import operations

    wanted = _folded(name)
    return next((f"{service}:{each}" for each in operations(service.lower()) if _folded(each) == wanted), None)


def recognized(document: Document) -> str:
    """Return the operation that a bare request is meant for, by its members.

    Only operations that create are recognized: what deletes or changes has to be named. A misspelt or missing member
    does not keep the nearest operation from being found; what is wrong with it is said when it is validated. Raises
    `InputError` where two are equally near, or none is.
    """
    creating = [each for each in known_operations() if each.split(":")[1].startswith(_CREATES)]
    schemas = {operation: load_schema(schema_name(operation)) for operation in creating}
    exact = [operation for operation, schema in schemas.items() if _fits(document.value, schema)]
    if len(exact) == 1:
        return exact[0]
    nearness = {operation: _nearness(document.value, schema) for operation, schema in schemas.items()}
    best = max(nearness.values())
    nearest = [operation for operation, value in nearness.items() if value == best]
    if best > _NOT_AT_ALL and len(nearest) == 1:
        return nearest[0]
    among = nearest if best > _NOT_AT_ALL else known_operations()
    names = " or ".join(kebab(each.split(":")[1]) for each in among)
    raise InputError(
        document.path,
        "can't determine the operation from the request's members",
        place=document.place(""),
        mend=f"say --operation {names}",
    )


def _fits(value: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    return (
        bool(value) and value.keys() <= schema["properties"].keys() and value.keys() >= set(schema.get("required", ()))
    )


def _nearness(value: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[int, bool, int]:
    """Return how well members fit a request: known ones less unknown ones, whether the first required one is there,
    which names what is created, and required ones less missing ones.
    """
    known, required = schema["properties"], schema.get("required", ())
    few = len(value) <= _MOST_MEMBERS
    fitting = sum(2 if name in known else 1 if few and _misspelt(name, known) else -1 for name in value)
    if fitting <= 0:
        return 0, False, 0
    return fitting, bool(required) and required[0] in value, sum(1 if name in value else -1 for name in required)


def _misspelt(name: str, known: Mapping[str, Any]) -> bool:
    from difflib import get_close_matches

    return bool(get_close_matches(name.casefold(), [each.casefold() for each in known], n=1, cutoff=0.85))


def _folded(name: str) -> str:
    return name.replace("-", "").replace("_", "").casefold()
